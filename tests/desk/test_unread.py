"""A row is bold until one has seen everything that was said; each agent for themselves."""

from __future__ import annotations

import pytest

from tests.conftest import signed_in
from tests.desk.pages import words
from tests.factories import a_customer, a_ticket
from tests.html import Page
from tickets.models import ReadMark
from tickets.services.handling import assign
from tickets.services.replying import add_note, receive_reply

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]
QUEUE = "/desk/"


def unread(client):
    page = Page(client.get(QUEUE).text)
    return [row["id"] for row in page.all("li") if "ticket-row--unread" in row.get("class", "")]


def row(ticket):
    return f"row-{ticket.number}"


def test_a_ticket_is_unread_until_it_is_opened_and_again_when_something_is_said(as_aiko, ben):
    ticket, other = a_ticket(), a_ticket()
    assert unread(as_aiko) == [row(ticket), row(other)]
    assert "Unread" in words(as_aiko.get(QUEUE))

    as_aiko.get(f"/desk/tickets/{ticket.number}/")
    assert unread(as_aiko) == [row(other)]

    receive_reply(ticket, body="まだです。")
    assert row(ticket) in unread(as_aiko)
    as_aiko.get(f"/desk/tickets/{ticket.number}/")
    add_note(ticket, body="memo", agent=ben)
    assert row(ticket) in unread(as_aiko)


def test_each_agent_reads_for_themselves(as_aiko, ben):
    ticket = a_ticket()

    as_aiko.get(f"/desk/tickets/{ticket.number}/")

    assert unread(as_aiko) == []
    assert unread(signed_in(ben)) == [row(ticket)]


def test_what_is_merely_moved_stays_read(as_aiko, aiko, ben):
    ticket = a_ticket()
    as_aiko.get(f"/desk/tickets/{ticket.number}/")

    assign(ticket, to=ben, by=aiko)

    assert unread(as_aiko) == []


def test_ones_own_words_are_read_even_when_one_goes_on_to_the_next(as_aiko):
    ticket = a_ticket()
    form = Page(as_aiko.get(f"/desk/tickets/{ticket.number}/").text).form("/replies/")

    sent = {**form.sent_with("outcome", "promise"), "body": "調べます。", "and_next": "yes"}
    as_aiko.post(form.action, sent)

    assert unread(as_aiko) == []


def test_opening_twice_keeps_one_mark_and_rows_ask_no_questions(
    as_aiko, django_assert_max_num_queries
):
    customer = a_customer()
    tickets = [a_ticket(customer=customer) for _ in range(20)]
    for _ in range(2):
        as_aiko.get(f"/desk/tickets/{tickets[0].number}/")
    assert ReadMark.objects.count() == 1

    with django_assert_max_num_queries(10):
        as_aiko.get(QUEUE)


def test_an_open_queue_offers_the_list_when_a_ticket_was_read_elsewhere(as_aiko):
    ticket = a_ticket()
    part = as_aiko.get(QUEUE, headers={"HX-Request": "true"})

    as_aiko.get(f"/desk/tickets/{ticket.number}/")

    again = {"HX-Request": "true", "If-None-Match": part["ETag"]}
    assert as_aiko.get(QUEUE, headers=again).status_code == 200
