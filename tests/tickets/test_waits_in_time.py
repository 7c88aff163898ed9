"""A reminder that is due goes out, whatever else happens to the ticket in that moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from accounts.models import Agent
from mail.models import OutboundEmail
from sla.engine.settings import WAITS
from sla.models import Kind, PolicyVersion
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_ticket
from tickets.models import Ticket
from tickets.services.handling import assign
from tickets.services.rematching import change_priority, continue_rematch, start_rematch
from tickets.services.replying import Reply, add_note, receive_reply, reply_to_customer
from tickets.services.waiting import fire_due_waits


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
