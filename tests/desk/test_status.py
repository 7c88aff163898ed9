from __future__ import annotations

import pytest
from django.urls import reverse

from tests.conftest import MONDAY_AT_TEN
from tests.desk.pages import words
from tests.factories import a_ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]


def post(client, name, ticket, **data):
    target = reverse(f"desk:{name}_create", args=[ticket.number])
    response = client.post(target, data, follow=True)
    ticket.refresh_from_db()
    return response


def test_one_press_puts_the_ticket_on_hold_for_a_named_reason(as_aiko):
    ticket = a_ticket()

    seen = words(post(as_aiko, "status", ticket, status="on_hold", reason="Another company"))

    assert ticket.status == "on_hold"
    assert "Aiko put the ticket on hold: Another company" in seen


def test_a_typed_reason_counts_before_the_one_of_a_button(as_aiko):
    ticket = a_ticket()

    post(as_aiko, "status", ticket, status="on_hold", reason="", typed_reason="Parts from Osaka")

    assert ticket.hold_reason == "Parts from Osaka"


def test_a_hold_without_a_reason_says_what_is_missing(as_aiko):
    ticket = a_ticket()

    seen = words(post(as_aiko, "status", ticket, status="on_hold", typed_reason=" "))

    assert "Say what the ticket waits for." in seen
    assert ticket.status == "new"


@pytest.mark.parametrize(
    "data", [{}, {"status": "resolved"}, {"status": "merged"}, {"status": "on_hold\x00"}]
)
def test_a_state_that_cannot_be_given_is_refused_in_words(as_aiko, data):
    ticket = a_ticket()

    response = post(as_aiko, "status", ticket, **data)

    assert response.status_code == 422
    assert "Choose a state from the list" in words(response)
    assert ticket.status == "new"


def test_spam_is_out_of_the_queue_and_can_be_brought_back(as_aiko):
    ticket = a_ticket()

    post(as_aiko, "status", ticket, status="spam")
    assert ticket.subject not in words(as_aiko.get("/desk/"))
    assert ticket.subject in words(as_aiko.get("/desk/?state=spam"))

    post(as_aiko, "status", ticket, status="open")
    assert ticket.subject in words(as_aiko.get("/desk/"))


def test_another_priority_moves_the_targets_and_not_the_promise(as_aiko):
    ticket = a_ticket()
    reply = ticket.clock.commitments.get(kind="first_reply")
    before, promise = reply.due_at, ticket.next_contact_at

    seen = words(post(as_aiko, "priority", ticket, priority="urgent"))

    reply.refresh_from_db()
    assert reply.due_at < before
    assert ticket.next_contact_at == promise == MONDAY_AT_TEN.replace(hour=14)
    assert "Aiko changed the priority from Normal to Urgent." in seen


def test_a_priority_that_does_not_exist_is_refused_in_words(as_aiko):
    ticket = a_ticket()

    response = post(as_aiko, "priority", ticket, priority="critical")

    assert response.status_code == 422
    assert "Choose a priority from the list." in words(response)
    assert ticket.priority == "normal"
