"""Logging a call on a ticket, as somebody at the telephone sees it."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.conftest import MONDAY_AT_TEN, signed_in
from tests.desk.pages import words
from tests.factories import a_ticket
from tests.html import Page
from tickets import links
from tickets.models import Message, TicketEvent
from tickets.services.replying import receive_reply

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]
AT_FOUR = MONDAY_AT_TEN.replace(hour=16)


def call(client, ticket, *, form=None, **fields):
    """Fill in the page's own form and press a button of it."""
    form = form or form_of(client.get(reverse("desk:ticket", args=[ticket.number])))
    outcome = fields.pop("outcome", "promise")
    written = {"body": "再起動を案内。", "promise": AT_FOUR.isoformat(), **fields}
    sent = {**form.sent_with("outcome", outcome), **written}
    return client.post(form.action, sent)


def form_of(response):
    return Page(response.content.decode()).form("/calls/")


def test_a_call_stands_on_the_ticket_with_a_telephone(aiko):
    client, ticket = signed_in(aiko), a_ticket()

    page = client.get(call(client, ticket).headers["Location"])

    assert "Telephone call" in words(page)
    assert "再起動を案内。" in words(page)
    ticket.refresh_from_db()
    assert (ticket.next_contact_at, ticket.assignee) == (AT_FOUR, aiko)


@pytest.mark.parametrize(
    ("outcome", "status"), [("ask", "pending_customer"), ("solve", "resolved")]
)
def test_a_call_may_end_otherwise(aiko, outcome, status):
    client, ticket = signed_in(aiko), a_ticket()

    call(client, ticket, outcome=outcome)

    ticket.refresh_from_db()
    assert ticket.status == status


def test_a_call_that_reached_nobody_needs_no_words_and_no_time(aiko):
    client, ticket = signed_in(aiko), a_ticket()
    promised = ticket.next_contact_at

    page = client.get(call(client, ticket, outcome="missed", body="").headers["Location"])

    assert f"{aiko.name} called and did not reach the customer." in words(page)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.next_contact_at) == ("new", promised)


def test_a_double_click_logs_one_call(aiko):
    client, ticket = signed_in(aiko), a_ticket()
    form = form_of(client.get(reverse("desk:ticket", args=[ticket.number])))

    for outcome in ("missed", "missed", "promise", "promise"):
        call(client, ticket, form=form, outcome=outcome)

    assert Message.objects.filter(direction="outbound").count() == 1
    assert TicketEvent.objects.filter(kind="call_missed").count() == 1


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"body": ""}, "Write what was said first."),
        ({"promise": ""}, "Say when the customer will hear from you next."),
        ({"promise": MONDAY_AT_TEN.isoformat()}, "This time is in the past."),
        ({"outcome": "missed", "body": "x" * 301}, "300 characters"),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_stays(aiko, fields, complaint):
    client, ticket = signed_in(aiko), a_ticket()

    response = call(client, ticket, **fields)

    assert response.status_code == 422
    assert complaint in words(response)
    assert form_of(response).fields["body"] == fields.get("body", "再起動を案内。")
    checked = [each for each in Page(response.text).all("input") if each.get("name") == "writing"]
    assert [each["value"] for each in checked if "checked" in each] == ["call"]
    assert not Message.objects.filter(direction="outbound").exists()


def test_a_word_of_the_customers_in_between_is_shown_first(aiko):
    client, ticket = signed_in(aiko), a_ticket()
    form = form_of(client.get(reverse("desk:ticket", args=[ticket.number])))
    receive_reply(ticket, body="解決しました！")

    response = call(client, ticket, form=form, outcome="solve")

    assert response.status_code == 409
    assert "The call was not logged" in words(response)
    assert form_of(response).fields["body"] == "再起動を案内。"
    call(client, ticket, form=form_of(response), outcome="solve")
    ticket.refresh_from_db()
    assert ticket.status == "resolved"


def test_the_customer_reads_the_call_on_their_page(aiko):
    client, ticket = signed_in(aiko), a_ticket()
    call(client, ticket)

    page = words(client.get(f"/r/{links.token_of(ticket.links.get())}/"))

    assert "再起動を案内。" in page
