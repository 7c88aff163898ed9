"""How many tickets will arrive in the next days.

The method is meant to be checked by hand. What is usual for a weekday is its mean over the last
eight weeks; public holidays count as Sundays. What is usual is then raised or lowered by the recent
level: what arrived in the last two weeks, for one that was usual there. How far this is off is what
it would have said two and four weeks ago, against what arrived.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import fmean

SUNDAY = 7
WEEK = 7
USUAL_DAYS = 8 * WEEK
RECENT_DAYS = 2 * WEEK
AHEAD_DAYS = 2 * WEEK
FEWEST_DAYS = 3 * WEEK
# The last four weeks are forecast in two steps, as they would have been.
TRIED_DAYS = 4 * WEEK
HISTORY_DAYS = USUAL_DAYS + TRIED_DAYS

Kind = Callable[[date], int]
"""Which weekday a day counts as; Monday is 1."""


@dataclass(frozen=True)
class Expected:
    """A day, and how many are expected on it: between `low` and `high` if it is off as usual."""

    day: date
    number: float
    low: float
    high: float


@dataclass(frozen=True)
class Forecast:
    """`error` is the mean absolute error of the same method in the last weeks, per day; None when
    there were too few to try it on."""

    days: list[Expected]
    error: float | None


def forecast(arrived: Mapping[date, int], *, today: date, kind_of: Kind) -> Forecast | None:
    """The two weeks from today, from the days before it; None when they are fewer than three weeks."""
    history = _history(arrived, today)
    if len(history) < FEWEST_DAYS:
        return None
    error = _error(history, kind_of)
    known = error or 0.0
    return Forecast(
        days=[
            Expected(
                day, round(number, 1), round(max(number - known, 0), 1), round(number + known, 1)
            )
            for day, number in _expect(history, today, kind_of).items()
        ],
        error=error,
    )


def _history(arrived: Mapping[date, int], today: date) -> list[tuple[date, int]]:
    """The full days from the first on which anything arrived, at most twelve weeks of them."""
    days = [today - timedelta(days=back) for back in range(HISTORY_DAYS, 0, -1)]
    known = [(day, arrived.get(day, 0)) for day in days]
    first = next((place for place, (_, number) in enumerate(known) if number), len(known))
    return known[first:]


def _expect(history: Sequence[tuple[date, int]], start: date, kind_of: Kind) -> dict[date, float]:
    """The days from `start` on, from those before it."""
    usual = history[-USUAL_DAYS:]
    by_kind: dict[int, list[int]] = defaultdict(list)
    for day, number in usual:
        by_kind[kind_of(day)].append(number)
    overall = fmean(number for _, number in usual)

    def mean(day: date) -> float:
        return fmean(by_kind.get(kind_of(day), [overall]))

    recent = usual[-RECENT_DAYS:]
    fitted = sum(mean(day) for day, _ in recent)
    level = sum(number for _, number in recent) / fitted if fitted else 1.0
    ahead = (start + timedelta(days=number) for number in range(AHEAD_DAYS))
    return {day: mean(day) * level for day in ahead}


def _error(history: Sequence[tuple[date, int]], kind_of: Kind) -> float | None:
    misses: list[float] = []
    for back in range(TRIED_DAYS, 0, -AHEAD_DAYS):
        known, tried = history[:-back], history[-back:][:AHEAD_DAYS]
        if len(known) >= FEWEST_DAYS:
            expected = _expect(known, tried[0][0], kind_of)
            misses += [abs(expected[day] - number) for day, number in tried]
    return fmean(misses) if misses else None
