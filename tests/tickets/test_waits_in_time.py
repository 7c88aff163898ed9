"""A reminder that is due goes out, whatever else happens to the ticket in that moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import Agent
from mail.models import OutboundEmail
from sla.checking import differences
from sla.engine.settings import WAITS
from sla.models import Clock, Kind, PolicyVersion
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_ticket
from tickets.models import Ticket
from tickets.services import waiting
from tickets.services.handling import assign
from tickets.services.rematching import change_priority, continue_rematch, start_rematch
from tickets.services.replying import Reply, add_note, receive_reply, reply_to_customer
from tickets.services.waiting import fire_due_waits
from tickets.services.writing import write_to_customer


def terms_change(ticket: Ticket, agent: Agent, now: datetime) -> None:
    version = PolicyVersion.objects.latest("pk")
    PolicyVersion.objects.create(
        policy=version.policy,
        number=version.number + 1,
        calendar_version=version.calendar_version,
        settings=version.settings,
    )
    start_rematch(now=now)
    continue_rematch(now=now)


EVENTS: dict[str, Callable[[Ticket, Agent, datetime], object]] = {
    "nothing": lambda ticket, agent, now: None,
    "a note": lambda ticket, agent, now: add_note(ticket, body="Hm.", agent=agent, now=now),
    "given back": lambda ticket, agent, now: assign(ticket, to=None, by=agent, now=now),
    "another priority": lambda ticket, agent, now: change_priority(
        ticket, to="high", by=agent, now=now
    ),
    "other terms": terms_change,
}


@pytest.mark.parametrize("happens", EVENTS.values(), ids=EVENTS.keys())
@pytest.mark.parametrize("minutes", [0, 2, 50])
def test_an_event_between_due_and_done_does_not_swallow_a_reminder(
    support, aiko, monday_at_ten, happens, minutes
):
    ticket = a_ticket()
    reply_to_customer(ticket, Reply(body="Which one?", asks=True), agent=aiko, now=MONDAY_AT_TEN)
    due = ticket.clock.commitments.get(kind=Kind.NUDGE_1).due_at

    happens(ticket, aiko, due + timedelta(minutes=minutes))
    fire_due_waits(now=due + timedelta(minutes=minutes + 1))
    fire_due_waits(now=due + timedelta(minutes=minutes + 2))

    assert OutboundEmail.objects.filter(dedupe_key__startswith="wait:").count() == 1
    assert ticket.events.filter(kind="reminded").count() == 1


WORDS: dict[str, Callable[[Ticket, Agent, datetime], object]] = {
    "the customer writes": lambda ticket, agent, now: receive_reply(
        ticket, body="LP-220 です。", now=now
    ),
    "an agent answers": lambda ticket, agent, now: reply_to_customer(
        ticket, Reply(body="Found it.", promise_at=now + timedelta(hours=1)), agent=agent, now=now
    ),
}


@pytest.mark.parametrize("speaks", WORDS.values(), ids=WORDS.keys())
@pytest.mark.parametrize("kind", [Kind.NUDGE_1, Kind.AUTO_CLOSE])
@pytest.mark.parametrize("delay", [timedelta(0), timedelta(seconds=1.5), timedelta(minutes=50)])
def test_who_speaks_before_a_reminder_is_sent_ends_the_wait_and_nothing_counts_as_sent(
    support, aiko, monday_at_ten, speaks, kind, delay
):
    """The log would say that the customer was reminded, or closed, of which nobody has heard."""
    ticket = a_ticket()
    reply_to_customer(ticket, Reply(body="Which one?", asks=True), agent=aiko, now=MONDAY_AT_TEN)
    waits = ticket.clock.commitments.live().filter(kind__in=WAITS).order_by("due_at")
    dues = {wait.kind: wait.due_at for wait in waits}
    for earlier in WAITS[: WAITS.index(kind)]:
        fire_due_waits(now=dues[earlier])
    letters = OutboundEmail.objects.filter(dedupe_key__startswith="wait:")
    sent = letters.count()

    speaks(ticket, aiko, dues[kind] + delay)
    fire_due_waits(now=dues[kind] + delay + timedelta(seconds=2))

    ticket.refresh_from_db()
    assert (ticket.status, ticket.reopen_count) == ("open", 0)
    assert ticket.clock.commitments.filter(kind__in=WAITS, end_reason="fired").count() == sent
    assert letters.count() == sent
    assert ticket.clock.commitments.filter(kind=Kind.RESOLUTION).count() == 1


# One ticket in trouble


def write_for_all_but(troubled: Ticket, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Have the letters of this ticket fail; the list grows with each try."""
    tried: list[int] = []

    def write(ticket: Ticket, *args: Any, **fields: Any) -> Any:
        tried.append(ticket.pk)
        if ticket == troubled:
            raise TypeError("no")
        return write_to_customer(ticket, *args, **fields)

    monkeypatch.setattr(waiting, "write_to_customer", write)
    return tried


def two_tickets_that_wait(agent: Agent) -> tuple[Ticket, Ticket, datetime]:
    tickets = a_ticket(), a_ticket()
    for number, ticket in enumerate(tickets):
        now = MONDAY_AT_TEN + timedelta(seconds=number)
        reply_to_customer(ticket, Reply(body="Which one?", asks=True), agent=agent, now=now)
    return *tickets, tickets[1].clock.commitments.get(kind=Kind.NUDGE_1).due_at


def test_a_ticket_in_trouble_keeps_no_other_from_its_reminder(
    support, aiko, monday_at_ten, monkeypatch
):
    troubled, other, due = two_tickets_that_wait(aiko)
    write_for_all_but(troubled, monkeypatch)
    monkeypatch.setattr(waiting, "BATCH", 1)

    for _ in range(2):
        fire_due_waits(now=due)

    assert other.events.filter(kind="reminded").count() == 1
    assert not troubled.events.filter(kind="reminded").exists()


def test_a_ticket_in_trouble_is_tried_again_after_one_two_four_minutes(
    support, aiko, monday_at_ten, monkeypatch
):
    troubled, _, due = two_tickets_that_wait(aiko)
    tried = write_for_all_but(troubled, monkeypatch)

    minutes = []
    for second in range(0, 16 * 60, 5):
        before = tried.count(troubled.pk)
        fire_due_waits(now=due + timedelta(seconds=second))
        if tried.count(troubled.pk) > before:
            minutes.append(second // 60)
    assert minutes == [0, 1, 3, 7, 15]

    monkeypatch.undo()
    fire_due_waits(now=due + timedelta(minutes=31))
    assert troubled.events.filter(kind="reminded").count() == 1
    assert (
        differences(Clock.objects.get(pk=troubled.clock_id), now=due + timedelta(minutes=31)) == []
    )


def test_a_reminder_put_aside_is_not_passed_over_by_the_next_one(
    support, aiko, monday_at_ten, monkeypatch
):
    troubled, _, due = two_tickets_that_wait(aiko)
    write_for_all_but(troubled, monkeypatch)
    fire_due_waits(now=due)
    monkeypatch.undo()
    nudges = troubled.clock.commitments.filter(kind__in=[Kind.NUDGE_1, Kind.NUDGE_2])
    nudges.filter(kind=Kind.NUDGE_1).update(next_check_at=due + timedelta(days=9))
    second_due = nudges.get(kind=Kind.NUDGE_2).due_at

    # The first is days late by now: it goes out at an opening, and the second keeps its distance.
    for now in (second_due, second_due + timedelta(minutes=1)):
        fire_due_waits(now=now)

    letters = OutboundEmail.objects.filter(thread=troubled.mail_thread, letter="reminder")
    assert letters.count() == troubled.events.filter(kind="reminded").count() == 1
    assert nudges.get(kind=Kind.NUDGE_2).due_at > second_due
