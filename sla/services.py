"""The only writers of clocks: events go in, commitments follow from the log.

The engine computes everything from the log; what is stored is the difference. Whoever calls holds
the lock on the matter the clock belongs to; the clock's commitments are locked here, after it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Agent, Team
from common.bulk import insert_new
from common.prepared import prepared
from customers.models import Customer
from sla.engine.commitments import FIRED
from sla.engine.events import TAKES_BACK, WAITS_DELAYED, Event
from sla.engine.replay import Timeline, replay
from sla.engine.settings import PROMISE, WAITS, PolicySettings
from sla.ledger import paired, store_difference
from sla.models import Clock, ClockEvent, Commitment
from sla.selectors import policy_version_for, terms_of
from sla.working_time import epoch_seconds, next_opening, utc_datetime


@dataclass(frozen=True)
class ClockReading:
    """What a clock says after an event: the facts its owner keeps a copy of."""

    status: str
    next_due_at: datetime | None
    next_due_kind: str
    next_contact_at: datetime | None


@transaction.atomic(savepoint=False)
def start_clock(  # noqa: PLR0913 - all of it is what a clock is
    *,
    customer: Customer,
    team: Team,
    owner: Agent | None,
    label: str,
    path: str,
    priority: str,
    matter: Mapping[str, object],
    is_acknowledged: bool,
    now: datetime,
    origin: str = "customer",
    contact: Mapping[str, object] | None = None,
) -> tuple[Clock, ClockReading]:
    """Begin to owe contact: choose the policy, make the first commitments and the first promise.

    `is_acknowledged` says that the customer has been told at once (the answer page of a form).
    `contact` is what was agreed with the customer when the origin is an agent who was in contact:
    `status_after`, and `promise_at` unless it is resolved.
    """
    version_id = policy_version_for(matter)
    clock = Clock(
        customer=customer,
        team=team,
        owner=owner,
        policy_version_id=version_id,
        priority=priority,
        label=label,
        path=path,
    )
    began = {"policy": str(version_id), "priority": priority, "origin": origin, **(contact or {})}
    log = [_event("create", now, began)]
    if is_acknowledged:
        log.append(_event("ack_sent", now, {}))
    timeline = replay_log(log, now=now)
    clock.status = timeline.status
    clock.save(force_insert=True)
    append_log(clock, log)
    store_difference(clock, timeline, stored=[], now=now)
    return clock, reading_of(timeline)


@transaction.atomic(savepoint=False)
def record_event(
    clock: Clock,
    *,
    event: str,
    now: datetime,
    data: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> ClockReading:
    """Add one event to the log and bring the commitments in line with it.

    `event` and `data` are those of data/sla/README.md; a datetime in `data` becomes an instant.
    `at` is when it happened, if that was before `now`.
    """
    happened = _event(event, at or now, dict(data or {}))
    append_log(clock, [happened])
    if event in TAKES_BACK:
        _put_off_unsent_waits(clock, now=now)
    return rebuild(clock, now=now)


@transaction.atomic(savepoint=False)
def change_policy(clock: Clock, *, policy_version_id: int, now: datetime) -> ClockReading:
    """Put the clock under another policy or version: rule R (sla.md 2.7) for what is not broken.

    What was promised to the customer does not move.
    """
    clock.policy_version_id = policy_version_id
    clock.save(update_fields=["policy_version"])
    return record_event(clock, event="policy", now=now, data={"to": str(policy_version_id)})


@transaction.atomic(savepoint=False)
def rebuild(clock: Clock, *, now: datetime) -> ClockReading:
    """Compute the clock again from its log and store what differs. Doing it twice changes nothing."""
    stored = _hold_commitments(clock.pk)
    timeline = compute(clock, now=now)
    store_difference(clock, timeline, stored=stored, now=now)
    if clock.status != timeline.status:
        clock.status = timeline.status
        clock.save(update_fields=["status"])
    return reading_of(timeline)


@prepared
def _hold_commitments(clock: int) -> QuerySet[Commitment]:
    return Commitment.objects.filter(clock=clock).select_for_update().order_by("pk")


def _put_off_unsent_waits(clock: Clock, *, now: datetime) -> None:
    """Without what was taken back, reminders were due that nobody has sent: they go out at the next
    opening, and what comes after them keeps its distance (sla.md 3.3)."""
    opening = _opening_after(clock, now)
    while (due_at := _first_unsent_wait(clock, now=now)) is not None:
        delay = Event(due_at, WAITS_DELAYED, {"by": opening - due_at})
        append_log(clock, [delay])


def _first_unsent_wait(clock: Clock, *, now: datetime) -> int | None:
    """When the first reminder was due that counts as sent and was not."""
    pairs, _ = paired(clock.commitments.order_by("pk"), compute(clock, now=now).commitments)
    unsent = [
        computed.met_at
        for row, computed in pairs
        if computed.kind in WAITS
        and computed.end_reason == FIRED
        and (row is None or row.end_reason != FIRED)
    ]
    return min((at for at in unsent if at is not None), default=None)


def _opening_after(clock: Clock, now: datetime) -> int:
    following = epoch_seconds(now) + 1
    opening = next_opening(terms_of(clock.policy_version_id).calendar, following)
    return following if opening is None else opening


def compute(clock: Clock, *, now: datetime) -> Timeline:
    """What the log says at `now`; nothing is stored."""
    return replay_log(read_log(clock), now=now)


def read_log(clock: Clock) -> list[Event]:
    """The clock's events in order, as the engine reads them."""
    return [Event(epoch_seconds(at), type_, data) for at, type_, data in _log_of(clock.pk)]


@prepared
def _log_of(clock: int) -> QuerySet[ClockEvent, Any]:
    events = ClockEvent.objects.filter(clock=clock).order_by("pk")
    return events.values_list("at", "type", "data")


def _event(type_: str, at: datetime, data: dict[str, Any]) -> Event:
    instants = {
        key: epoch_seconds(value) if isinstance(value, datetime) else value
        for key, value in data.items()
    }
    return Event(epoch_seconds(at), type_, instants)


def append_log(clock: Clock, log: Sequence[Event]) -> None:
    """Write these events at the end of the clock's log; the commitments are the caller's to store."""
    insert_new(
        ClockEvent,
        {
            "clock": [clock.pk] * len(log),
            "at": [utc_datetime(event.at) for event in log],
            "type": [event.type for event in log],
            "data": [json.dumps(dict(event.data)) for event in log],
        },
    )


def replay_log(log: list[Event], *, now: datetime) -> Timeline:
    """What a log comes to at `now`, under the policy versions it names."""
    return replay(log, policies=named_policies(log), now=max(epoch_seconds(now), log[-1].at))


def named_policies(log: list[Event]) -> dict[str, PolicySettings]:
    """The policy versions a log names, ready to compute with."""
    named = {
        event.data["policy" if event.type == "create" else "to"]
        for event in log
        if event.type in {"create", "policy"}
    }
    return {version_id: terms_of(int(version_id)).settings for version_id in named}


def reading_of(timeline: Timeline) -> ClockReading:
    """What the owner of the clock keeps a copy of."""
    live = [row for row in timeline.commitments if row.is_live and row.due_at is not None]
    first = min(live, key=lambda row: row.due_at or 0, default=None)
    promise = next((row for row in live if row.kind == PROMISE), None)
    return ClockReading(
        status=timeline.status,
        next_due_at=utc_datetime(first.due_at) if first and first.due_at else None,
        next_due_kind=first.kind if first else "",
        next_contact_at=utc_datetime(promise.due_at) if promise and promise.due_at else None,
    )
