from __future__ import annotations

from datetime import timedelta

import pytest

from mail.models import OutboundEmail
from sla.checking import differences
from sla.models import Kind
from sla.sweep import sweep_due
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_ticket
from tickets.models import Ticket
from tickets.services.replying import Reply, receive_reply, reply_to_customer
from tickets.services.waiting import fire_due_waits

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support")]
# 18, 36 and 54 working hours from Monday 10:00.
FIRST = MONDAY_AT_TEN + timedelta(days=2)
SECOND = MONDAY_AT_TEN + timedelta(days=4)
# Monday 12 October is a holiday.
CLOSING = MONDAY_AT_TEN + timedelta(days=9)


@pytest.fixture
def waiting(aiko, monday_at_ten) -> Ticket:
    ticket = a_ticket()
    reply_to_customer(ticket, Reply(body="型番を教えてください。", asks=True), agent=aiko)
    return fresh(ticket)


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.select_related("clock").get(pk=ticket.pk)


def letters(prefix: str = "wait:") -> list[OutboundEmail]:
    return list(OutboundEmail.objects.filter(dedupe_key__startswith=prefix).order_by("pk"))


def test_asking_the_customer_promises_the_first_reminder(waiting):
    assert waiting.status == "pending_customer"
    assert waiting.holder == "customer"
    assert waiting.next_contact_at == FIRST


def test_a_reminder_goes_out_in_time_and_promises_the_next_one(waiting):
    fire_due_waits(now=FIRST - timedelta(seconds=1))
    assert letters() == []

    fire_due_waits(now=FIRST)
    fire_due_waits(now=FIRST)

    (letter,) = letters()
    assert "2026年10月9日(金) 10:00" in letter.text
    assert fresh(waiting).next_contact_at == SECOND
    promise = waiting.clock.commitments.filter(kind=Kind.PROMISE).order_by("cycle")[1]
    assert promise.state == "met"


def test_the_sweep_never_breaks_a_promise_that_a_reminder_keeps(waiting):
    sweep_due(now=FIRST + timedelta(seconds=30))
    fire_due_waits(now=FIRST + timedelta(seconds=30))

    assert not waiting.clock.commitments.filter(state="breached", kind=Kind.PROMISE).exists()
    assert differences(fresh(waiting).clock, now=FIRST + timedelta(seconds=30)) == []


def test_after_two_reminders_the_ticket_is_closed_with_notice_and_a_message_reopens_it(waiting):
    for moment in (FIRST, SECOND, CLOSING):
        fire_due_waits(now=moment)

    closed = fresh(waiting)
    assert closed.status == "closed"
    assert closed.next_contact_at is None
    assert len(letters()) == 3

    receive_reply(closed, body="遅くなりました。", now=CLOSING + timedelta(hours=1))
    assert fresh(waiting).status == "open"
    assert fresh(waiting).next_contact_at is not None


def test_an_answer_ends_the_reminders(waiting, monday_at_ten):
    receive_reply(waiting, body="LP-220 です。", now=MONDAY_AT_TEN + timedelta(hours=1))

    assert fire_due_waits(now=CLOSING) == 0
    assert letters() == []


def test_nobody_is_closed_before_a_time_an_agent_has_named(aiko, monday_at_ten):
    ticket = a_ticket()
    named = CLOSING + timedelta(days=1)
    reply = Reply(body="型番を教えてください。", asks=True, promise_at=named)
    reply_to_customer(ticket, reply, agent=aiko)

    for moment in (FIRST, SECOND, CLOSING):
        fire_due_waits(now=moment)

    assert fresh(ticket).status == "pending_customer"
    assert fresh(ticket).next_contact_at == named
    assert len(letters()) == 2


def test_after_an_outage_reminders_keep_their_distance_and_their_hours(waiting):
    late = SECOND + timedelta(hours=10)

    fire_due_waits(now=late)
    assert letters() == []
    # Friday evening: the next opening is Tuesday, for Monday 12 October is a holiday.
    opening = MONDAY_AT_TEN + timedelta(days=8, hours=-1)
    fire_due_waits(now=opening)
    fire_due_waits(now=opening)

    assert len(letters()) == 1
    remaining = waiting.clock.commitments.get(kind=Kind.NUDGE_2)
    assert remaining.due_at == SECOND + (opening - FIRST)
    assert fresh(waiting).status == "pending_customer"
