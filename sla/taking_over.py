"""Clocks of matters that come from another desk.

What was promised there is not owed here. A matter that has ended gets a clock that says so and owes
nothing; one that goes on begins to be owed contact now, by the policy that holds for it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import Agent, Team
from common.bulk import insert_new, new_keys
from customers.models import Customer
from sla.engine.events import CREATE, CUSTOMER_MESSAGE, IMPORTED, Event
from sla.ledger import store_difference
from sla.models import Clock, ClockEvent
from sla.services import ClockReading, append_log, reading_of, replay_log
from sla.working_time import epoch_seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class EndedMatter:
    """A matter that had ended before it came here; keys of who and under which policy version."""

    customer: int
    team: int
    owner: int | None
    policy_version: int
    priority: str
    status: str
    label: str
    path: str
    ended_at: datetime


@transaction.atomic(savepoint=False)
def take_over_clock(  # noqa: PLR0913 - all of it is what a clock is
    *,
    customer: Customer,
    team: Team,
    owner: Agent | None,
    policy_version: int,
    label: str,
    path: str,
    priority: str,
    status: str,
    is_waiting: bool,
    now: datetime,
) -> tuple[Clock, ClockReading]:
    """Begin to owe contact on a matter that goes on here. `is_waiting` says that the customer had
    the last word: they are owed an answer from now on."""
    clock = Clock(
        customer=customer,
        team=team,
        owner=owner,
        policy_version_id=policy_version,
        priority=priority,
        label=label,
        path=path,
    )
    at = epoch_seconds(now)
    log = [Event(at, CREATE, _taken_over(policy_version, priority, status))]
    if is_waiting:
        log.append(Event(at, CUSTOMER_MESSAGE, {}))
    timeline = replay_log(log, now=now)
    clock.status = timeline.status
    clock.save(force_insert=True)
    append_log(clock, log)
    store_difference(clock, timeline, stored=[], now=now)
    return clock, reading_of(timeline)


@transaction.atomic(savepoint=False)
def take_over_ended(matters: Sequence[EndedMatter]) -> list[int]:
    """The keys of new clocks for these, in their order. They owe nothing."""
    keys = new_keys(Clock, len(matters))
    insert_new(
        Clock,
        {
            "id": keys,
            "customer": [each.customer for each in matters],
            "team": [each.team for each in matters],
            "owner": [each.owner for each in matters],
            "policy_version": [each.policy_version for each in matters],
            "priority": [each.priority for each in matters],
            "status": [each.status for each in matters],
            "label": [each.label for each in matters],
            "path": [each.path for each in matters],
        },
    )
    insert_new(
        ClockEvent,
        {
            "clock": keys,
            "at": [each.ended_at.replace(microsecond=0) for each in matters],
            "type": [CREATE] * len(keys),
            "data": [
                json.dumps(_taken_over(each.policy_version, each.priority, each.status))
                for each in matters
            ],
        },
    )
    return keys


def _taken_over(policy_version: int, priority: str, status: str) -> Mapping[str, str]:
    return {
        "policy": str(policy_version),
        "priority": priority,
        "origin": IMPORTED,
        "status_after": status,
    }
