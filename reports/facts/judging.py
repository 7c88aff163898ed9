"""What only a whole story tells: whose turn it was, how hard it was, and where it fell short."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import pairwise

import structlog
from django.db import connection

from sla.engine.events import IMPORTED, Event, EventLogError
from sla.models import ClockEvent
from sla.services import replay_log
from sla.working_time import epoch_seconds
from tickets.cleanliness import judged
from tickets.effort import effort_weights, score

logger = structlog.get_logger(__name__)
WAITED = {"us": "waited_us", "customer": "waited_customer", "third_party": "waited_third"}
# Ticket, measure and seconds: one of each, at its resolution.
Judged = tuple[int, str, int | None]
STORE = """
INSERT INTO reports_wanted
SELECT ticket, judged.measure, '', resolved_at, agent, channel, judged.seconds
FROM unnest(%s::bigint[], %s::text[], %s::bigint[]) AS judged (ticket, measure, seconds)
JOIN reports_matter AS matter USING (ticket)
"""


def judge() -> None:
    """Note the facts of those of the gathered tickets that are resolved."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ticket, clock, resolved_at FROM reports_matter WHERE resolved_at IS NOT NULL"
        )
        resolved: list[tuple[int, int, datetime]] = cursor.fetchall()
    if not resolved:
        return
    tickets = [ticket for ticket, _clock, _at in resolved]
    found = [*_waits(resolved), *_effort_and_shortcomings(tickets)]
    with connection.cursor() as cursor:
        cursor.execute(STORE, [list(column) for column in zip(*found, strict=True)])


def _waits(resolved: list[tuple[int, int, datetime]]) -> Iterator[Judged]:
    """How long it was whose turn; a log that cannot be read tells nothing."""
    logs = _logs([clock for _ticket, clock, _at in resolved])
    for ticket, clock, at in resolved:
        try:
            timeline = replay_log(logs[clock], now=at)
        except (EventLogError, IndexError):
            logger.warning("reports.log_unreadable", ticket=ticket)
            continue
        if len(timeline.turns) == 1 and logs[clock][0].data.get("origin") == IMPORTED:
            # It had ended elsewhere; nobody knows whose turn it was.
            continue
        seconds: dict[str, int] = dict.fromkeys(WAITED, 0)
        end = (max(epoch_seconds(at), timeline.turns[-1][0]), None)
        for (since, holder), (until, _next) in pairwise([*timeline.turns, end]):
            if holder is not None:
                seconds[holder] += until - since
        for holder, measure in WAITED.items():
            yield ticket, measure, seconds[holder]


def _logs(clocks: Collection[int]) -> dict[int, list[Event]]:
    logs: dict[int, list[Event]] = defaultdict(list)
    events = ClockEvent.objects.filter(clock__in=clocks).order_by("clock", "pk")
    for clock, at, type_, data in events.values_list("clock", "at", "type", "data").iterator():
        logs[clock].append(Event(epoch_seconds(at), type_, data))
    return logs


def _effort_and_shortcomings(tickets: Collection[int]) -> Iterator[Judged]:
    weights = effort_weights()
    for ticket, (parts, reasons) in judged(tickets).items():
        yield ticket, "effort", score(parts, weights)
        yield ticket, "unclean" if reasons else "clean", None
        for reason in reasons:
            yield ticket, f"unclean_{reason}", None
