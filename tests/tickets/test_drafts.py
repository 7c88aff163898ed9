from __future__ import annotations

from uuid import uuid4

import pytest
from django.urls import reverse

from tests.conftest import signed_in
from tests.desk.pages import words
from tests.factories import a_ticket
from tickets.links import token_of
from tickets.models import Draft, Message
from tickets.services.replying import Reply, reply_to_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]


def save(client, ticket, body, *, kind="reply", key=None):
    data = {"kind": kind, "body": body, "submission_key": key or uuid4()}
    return client.post(reverse("desk:draft_save", args=[ticket.number]), data)


def page(client, ticket):
    return client.get(reverse("desk:ticket", args=[ticket.number]))


def test_what_was_written_is_there_again_on_another_day_and_device(as_aiko, aiko):
    ticket = a_ticket()

    assert save(as_aiko, ticket, "Half a sentence").status_code == 204
    save(as_aiko, ticket, "Half a sentence, and more")

    assert ">\nHalf a sentence, and more</textarea>" in page(signed_in(aiko), ticket).text
    assert Draft.objects.count() == 1


def test_colleagues_see_who_is_writing_what(as_aiko, ben):
    ticket = a_ticket()
    save(as_aiko, ticket, "I know this printer")

    seen = words(page(signed_in(ben), ticket))

    assert "Aiko is writing a reply" in seen
    assert "I know this printer" in seen


def test_a_reply_and_a_note_are_two_drafts(as_aiko):
    ticket = a_ticket()
    save(as_aiko, ticket, "To the customer")
    save(as_aiko, ticket, "Among ourselves", kind="note")

    text = page(as_aiko, ticket).text
    assert "To the customer</textarea>" in text
    assert "Among ourselves</textarea>" in text


def test_emptied_it_is_gone(as_aiko):
    ticket = a_ticket()
    save(as_aiko, ticket, "No")
    save(as_aiko, ticket, "  ")

    assert not Draft.objects.exists()


def test_sent_it_is_gone_and_a_copy_that_comes_too_late_stays_away(as_aiko, aiko):
    ticket, key = a_ticket(), uuid4()
    save(as_aiko, ticket, "All done.", key=key)
    reply_to_customer(ticket, Reply(body="All done.", solves=True, submission_key=key), agent=aiko)
    assert not Draft.objects.exists()

    save(as_aiko, ticket, "All done.", key=key)

    assert not Draft.objects.exists()


def test_the_same_draft_changed_on_two_devices_loses_neither_text(as_aiko):
    ticket, key = a_ticket(), uuid4()
    save(as_aiko, ticket, "From the office", key=key)
    target = reverse("desk:reply_create", args=[ticket.number])
    as_aiko.post(target, {"body": "From the office", "outcome": "solve", "submission_key": key})

    answer = as_aiko.post(
        target, {"body": "From the train", "outcome": "solve", "submission_key": key}
    )

    assert answer.status_code == 409
    assert "From the train" in answer.text
    # Under a new key it can be sent.
    assert str(key) not in answer.text
    assert Message.objects.filter(direction="outbound").count() == 1


@pytest.mark.parametrize(
    "data", [{}, {"kind": "letter"}, {"kind": "reply", "body": "x", "submission_key": "?"}]
)
def test_what_is_no_draft_is_refused(as_aiko, data):
    ticket = a_ticket()

    answer = as_aiko.post(reverse("desk:draft_save", args=[ticket.number]), data)

    assert answer.status_code == 422
    assert not Draft.objects.exists()


def test_the_customer_never_sees_a_draft(as_aiko, client):
    ticket = a_ticket()
    save(as_aiko, ticket, "Not for your eyes")

    assert "Not for your eyes" not in client.get(f"/r/{token_of(ticket.links.get())}/").text
