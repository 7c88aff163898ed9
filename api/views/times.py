"""Why each time of a ticket is what it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse

from api import access
from api.endpoint import Asked, Endpoint, answer, call
from api.shapes import Choice, Instant, ListOf, OrNull, Shape, Text, Whole, answered, utc
from sla.explaining import Explanation, Step, explain, terms_in_words
from sla.models import Commitment, Kind

FAR = 10**9
SECONDS = OrNull(Whole(-FAR, FAR, about="Of working time"))
POLICY = answered("PolicyOfTimes", {"name": Text(200), "version": Whole()})
HOURS = answered("HoursOfTimes", {"name": Text(200), "version": Whole(), "time_zone": Text(100)})
STEP = answered(
    "StepOfTime",
    {
        "at": Instant(),
        "event": Text(40, about="What made the time, or moved it"),
        "due_at": OrNull(Instant(about="The time after it; null: the clock stands still")),
        "target_seconds": SECONDS,
    },
)
TIME_FIELDS: Mapping[str, Shape] = {
    "kind": Choice(Kind.values),
    "state": Choice(Commitment.State.values),
    "source": Text(20, about="Who named a promise; empty for what a policy asks"),
    "started_at": Instant(),
    "due_at": OrNull(Instant()),
    "target_seconds": SECONDS,
    "used_seconds": SECONDS,
    "remaining_seconds": SECONDS,
    "hold_at": OrNull(Instant(about="Then the customer is told that it takes longer")),
    "ended_at": OrNull(Instant(about="null: it is owed")),
    "end_reason": Text(40),
    "steps": ListOf(STEP, 1_000_000),
    "counted": ListOf(
        answered("WorkingTime", {"start": Instant(), "end": Instant()}),
        1_000_000,
        about="The opening hours that were counted",
    ),
}
TIMES = answered(
    "Times",
    {
        "policy": POLICY,
        "hours": HOURS,
        "times": ListOf(answered("Time", TIME_FIELDS), 1_000_000),
    },
)


class Times(Endpoint):
    """What the clock of a ticket was computed from."""

    of = section = "tickets"

    @call(
        "Read why the times of a ticket are what they are",
        answer=TIMES,
        about="By which policy and which opening hours, and what moved each time: what is owed comes"
        " first, then what has ended, the latest first.",
    )
    def get(self, asked: Asked, number: str) -> HttpResponse:
        """Computed anew from its log."""
        clock = access.ticket(asked.agent, number).clock
        terms = terms_in_words(clock)
        told = {
            "policy": {"name": terms.policy, "version": terms.policy_number},
            "hours": {
                "name": terms.calendar,
                "version": terms.calendar_number,
                "time_zone": terms.time_zone,
            },
            "times": [_shown(each) for each in explain(clock, now=asked.now)],
        }
        return answer(told)


def _shown(time: Explanation) -> dict[str, Any]:
    return {
        "kind": time.kind,
        "state": time.state,
        "source": time.source,
        "started_at": utc(time.started_at),
        "due_at": utc(time.due_at),
        "target_seconds": time.target_seconds,
        "used_seconds": time.used_seconds,
        "remaining_seconds": time.remaining_seconds,
        "hold_at": utc(time.hold_at),
        "ended_at": utc(time.ended_at),
        "end_reason": time.end_reason,
        "steps": [_shown_step(each) for each in time.steps],
        "counted": [{"start": utc(each.start), "end": utc(each.end)} for each in time.counted],
    }


def _shown_step(step: Step) -> dict[str, Any]:
    return {
        "at": utc(step.at),
        "event": step.event,
        "due_at": utc(step.due_at),
        "target_seconds": step.target_seconds,
    }
