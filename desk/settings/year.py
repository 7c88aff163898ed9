"""A year of a calendar at a glance: which days are open, and what the others are."""

from __future__ import annotations

from calendar import Calendar as MonthGrid
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from django.utils.translation import get_language

from common.time_formatting import is_japanese, short_day
from sla.working_time import Calendar

SUNDAY_FIRST, MONDAY_FIRST = 6, 0


@dataclass(frozen=True)
class Day:
    """`state` is open, special, holiday or closed; `holiday` its names, none on other days."""

    date: date
    state: str
    holiday: str

    @property
    def label(self) -> str:
        noon = datetime.combine(self.date, time(12), UTC)
        return short_day(noon, language=_language(), zone=UTC)


@dataclass(frozen=True)
class Month:
    """Weeks as the reader's calendars on paper show them; days of other months are None."""

    first: date
    weeks: list[list[Day | None]]

    def days(self) -> Iterator[Day]:
        return (day for week in self.weeks for day in week if day)


@dataclass(frozen=True)
class Year:
    number: int
    months: list[Month]

    def holidays(self) -> list[Day]:
        return [day for month in self.months for day in month.days() if day.holiday]

    def week(self) -> list[date]:
        """Seven days that name the columns."""
        return MonthGrid(_first_weekday()).monthdatescalendar(self.number, 1)[0]


def year_of(hours: Mapping[str, Any], number: int) -> Year:
    """The year of these hours, its holidays named in the reader's language."""
    calendar = Calendar.from_json(hours)
    names = _holiday_names(calendar, number)
    return Year(number, [_month(calendar, date(number, n, 1), names) for n in range(1, 13)])


def _month(calendar: Calendar, first: date, names: Mapping[date, str]) -> Month:
    grid = MonthGrid(_first_weekday()).monthdatescalendar(first.year, first.month)
    return Month(
        first,
        [
            [
                Day(day, _state(calendar, day), names.get(day, ""))
                if day.month == first.month
                else None
                for day in week
            ]
            for week in grid
        ],
    )


def _holiday_names(calendar: Calendar, year: int) -> dict[date, str]:
    """Two countries may name one day; a name that they share is said once."""
    names: dict[date, dict[str, None]] = defaultdict(dict)
    for known in calendar.holidays:
        for day, name in known.names_of_year(year, _language()).items():
            names[day][name] = None
    return {day: ", ".join(each) for day, each in names.items()}


def _state(calendar: Calendar, day: date) -> str:
    """What decides over this date, in the order of sla.md 2.1."""
    if day in dict(calendar.special):
        return "special" if calendar.hours_on(day) else "closed"
    if day in calendar.closed:
        return "closed"
    if any(day in known for known in calendar.holidays):
        return "holiday"
    return "open" if calendar.hours_on(day) else "closed"


def _first_weekday() -> int:
    return SUNDAY_FIRST if is_japanese(_language()) else MONDAY_FIRST


def _language() -> str:
    return get_language() or "en"
