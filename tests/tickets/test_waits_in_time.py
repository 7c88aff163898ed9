"""A reminder that is due goes out, whatever else happens to the ticket in that moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from accounts.models import Agent
from mail.models import OutboundEmail
from sla.models import Kind, PolicyVersion
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_ticket
from tickets.models import Ticket
from tickets.services.handling import assign
from tickets.services.rematching import change_priority, continue_rematch, start_rematch
from tickets.services.replying import Reply, add_note, reply_to_customer
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
