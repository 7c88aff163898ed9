"""The part of the bench that needs no database: additions of working time, replays of a log."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from sla.engine.events import Event
from sla.engine.replay import replay
from sla.engine.settings import PolicySettings
from sla.working_time import Calendar, add_working_time, epoch_seconds

HOUR = 3600
WORKING_YEAR = 245 * 9 * HOUR
TURNS, ACTS = 7, 3000
START = epoch_seconds(datetime.fromisoformat("2026-01-05T10:00+09:00"))
CALENDAR = {
    "tz": "Asia/Tokyo",
    "weekly": {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    "holidays": [{"country": "JP"}],
    "closed": ["12-29..01-03"],
}
POLICY = {
    "resolution_mode": "requester_wait",
    "ack_seconds": 60,
    "warn_percent": [50, 75, 90],
    "targets": {
        "normal": {
            "first_reply": 4 * HOUR,
            "next_reply": 4 * HOUR,
            "update": 9 * HOUR,
            "resolution": 27 * HOUR,
        },
        "high": {"first_reply": 2 * HOUR, "next_reply": 2 * HOUR, "resolution": 9 * HOUR},
    },
    "promise_initial": {"normal": 4 * HOUR, "high": 2 * HOUR},
    "promise_default": {"normal": 9 * HOUR, "high": 4 * HOUR},
    "promise_fallback_wall": 24 * HOUR,
    "reopen_floor": 2 * HOUR,
    "customer_wait": {"nudge_1": 18 * HOUR, "nudge_2": 36 * HOUR, "auto_close": 54 * HOUR},
    "escalation": [{"level": 1, "after": 0}, {"level": 2, "after": 900}],
}
# A week of a ticket: ten events, as (hours since the first, type, fields).
LOG: list[tuple[float, str, dict[str, Any]]] = [
    (0, "create", {"policy": "p", "priority": "normal"}),
    (0, "ack_sent", {}),
    (1.5, "outgoing", {"status_after": "pending_customer"}),
    (5, "customer_message", {}),
    (6, "priority", {"to": "high"}),
    (7.5, "outgoing", {"status_after": "on_hold"}),
    (48, "status", {"to": "open"}),
    (52, "outgoing", {"status_after": "resolved"}),
    (75, "customer_message", {}),
    (77, "outgoing", {"status_after": "resolved"}),
]


def main() -> None:
    calendar = Calendar.from_json(CALENDAR)
    settings = PolicySettings.from_json(POLICY, calendar=calendar)
    began = time.perf_counter()
    add_working_time(calendar, START, WORKING_YEAR)
    compiled = time.perf_counter() - began
    results = {
        "year_additions_per_second": _rate(
            lambda start: add_working_time(calendar, start, WORKING_YEAR)
        ),
        "four_hour_additions_per_second": _rate(
            lambda start: add_working_time(calendar, start, 4 * HOUR)
        ),
        "first_addition_in_a_process_ms": round(1000 * compiled, 1),
        "ten_event_replays_per_second": _rate(lambda start: _replay(start, settings)),
    }
    print(json.dumps(results))


def _replay(start: int, settings: PolicySettings) -> None:
    log = [Event(start + int(hours * HOUR), type_, data) for hours, type_, data in LOG]
    replay(log, policies={"p": settings}, now=log[-1].at)


def _rate(act: Callable[[int], object]) -> int:
    """Acts a second, the median of a few turns; no start comes twice, so memory is of no help."""
    starts = _starts()
    taken = []
    for _ in range(TURNS):
        some = [next(starts) for _ in range(ACTS)]
        began = time.perf_counter()
        for start in some:
            act(start)
        taken.append(time.perf_counter() - began)
    return round(ACTS / statistics.median(taken))


def _starts() -> Iterator[int]:
    second = 0
    while True:
        # A prime, so that starts fall on every part of the day within the year.
        second = (second + 7919) % (365 * 24 * HOUR)
        yield START + second


if __name__ == "__main__":
    main()
