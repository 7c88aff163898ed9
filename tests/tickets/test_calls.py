from __future__ import annotations

from uuid import uuid4

import pytest
from django.utils import translation

from accounts.models import Agent
from mail.models import OutboundEmail
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_ticket
from tickets.exceptions import PromiseMissing
from tickets.models import Channel, Draft, Message, Ticket, TicketEvent
from tickets.selectors import timeline
from tickets.services.drafting import save_draft
from tickets.services.replying import Reply, log_missed_call, reply_to_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]
AT_THREE = MONDAY_AT_TEN.replace(hour=15)


def a_call(**fields):
    return Reply(**{"body": "再起動で直るか試す。", "channel": Channel.PHONE, **fields})


def test_a_call_keeps_the_promise_and_makes_the_next_without_a_letter(aiko: Agent):
    ticket = a_ticket()
    letters = OutboundEmail.objects.count()

    message = reply_to_customer(ticket, a_call(promise_at=AT_THREE), agent=aiko)

    ticket.refresh_from_db()
    assert (ticket.status, ticket.next_contact_at) == ("open", AT_THREE)
    assert ticket.clock.commitments.promises().order_by("pk")[0].state == "met"
    assert (message.direction, message.channel, message.email) == ("outbound", "phone", None)
    assert OutboundEmail.objects.count() == letters


def test_a_call_that_leaves_the_ticket_open_needs_a_promise(aiko: Agent):
    with pytest.raises(PromiseMissing):
        reply_to_customer(a_ticket(), a_call(), agent=aiko)


def test_a_call_leaves_the_letter_that_is_being_written(aiko: Agent):
    ticket = a_ticket()
    save_draft(ticket, kind="reply", body="Half", submission_key=uuid4(), agent=aiko)

    reply_to_customer(ticket, a_call(solves=True), agent=aiko)

    assert Draft.objects.get().body == "Half"


def told(ticket: Ticket) -> str:
    """The newest fact of the timeline, in English."""
    with translation.override("en"):
        return timeline(ticket)[-1].event


def test_a_call_that_reached_nobody_moves_no_clock(aiko: Agent):
    ticket = a_ticket()
    owed = list(ticket.clock.commitments.order_by("pk").values())

    log_missed_call(ticket, words="留守番\n電話", agent=aiko)

    assert list(ticket.clock.commitments.order_by("pk").values()) == owed
    before = (ticket.status, ticket.next_contact_at, ticket.assignee)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.next_contact_at, ticket.assignee) == before
    assert Message.objects.count() == 1
    assert told(ticket) == f"{aiko.name} called and did not reach the customer: 留守番 電話"


def test_a_missed_call_without_a_word_is_a_whole_sentence(aiko: Agent):
    ticket = a_ticket()

    log_missed_call(ticket, agent=aiko)

    assert told(ticket) == f"{aiko.name} called and did not reach the customer."


def test_one_key_is_one_missed_call_and_two_calls_are_two(aiko: Agent):
    ticket, key = a_ticket(), uuid4()
    for submission_key in (key, key, uuid4(), None):
        log_missed_call(ticket, agent=aiko, submission_key=submission_key)

    assert TicketEvent.objects.filter(kind="call_missed").count() == 3
