"""Working time: business calendars and their exact arithmetic (sla.md 2.1).

Instants are integer UTC epoch seconds. Wall time exists only inside a calendar, and turns into
instants in one place, `_instant`. Callers see no pages: a page is a stretch of 366 days whose
opening hours are compiled once and then searched by bisection.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays as public_holidays

DAY_SECONDS = 86_400
DAY_MINUTES = 1440
SEARCH_HORIZON_DAYS = 3660
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_PAGE_SECONDS = 366 * DAY_SECONDS
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")
_MONTH_DAY = re.compile(r"\d\d-\d\d")
_LEAP_YEAR = "2000"

Hours = tuple[tuple[int, int], ...]
"""Opening hours of one date in minutes after its midnight; a close past 1440 is the next day."""


def add_working_time(calendar: "Calendar", start: int, seconds: int) -> int | None:
    """The earliest instant with `seconds` open seconds since `start`; None if it never comes.

    All in UTC epoch seconds. Raises ValueError for negative seconds. Source: sla.md 2.1, `add`.
    """
    if seconds < 0:
        raise ValueError("Working time can only be added; use working_seconds to look back.")
    if seconds == 0:
        return start
    if calendar.is_always_open:
        return start + seconds
    if calendar.is_empty:
        return None
    return _reach(calendar, start, seconds)


def working_seconds(calendar: "Calendar", a: int, b: int) -> int:
    """Open seconds in [a, b), UTC epoch seconds; negative when b < a. Source: sla.md 2.1."""
    if b < a:
        return -working_seconds(calendar, b, a)
    return b - a if calendar.is_always_open else _worked_between(calendar, a, b)


def open_spans(calendar: "Calendar", a: int, b: int) -> list[tuple[int, int]]:
    """The opening hours within [a, b) as spans of UTC epoch seconds, joined where they touch."""
    if calendar.is_always_open:
        return [(a, b)] if a < b else []
    spans: list[tuple[int, int]] = []
    for opening, closing in sorted(_openings(calendar, a, b)):
        begin, stop = max(a, opening), min(b, closing)
        if begin >= stop:
            continue
        if spans and begin <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], stop))
        else:
            spans.append((begin, stop))
    return spans


def next_opening(calendar: "Calendar", at: int) -> int | None:
    """The first open instant at or after `at` (UTC epoch seconds); None beyond the horizon."""
    first_second_worked = add_working_time(calendar, at, 1)
    return None if first_second_worked is None else first_second_worked - 1


def is_open(calendar: "Calendar", at: int) -> bool:
    """Whether the second that begins at `at` (UTC epoch seconds) is an open one."""
    return working_seconds(calendar, at, at + 1) == 1


def never_opens(calendar: "Calendar", at: int, horizon_days: int = 366) -> bool:
    """Whether no opening lies within `horizon_days` of 86,400 s from `at` (UTC epoch seconds)."""
    opening = next_opening(calendar, at)
    return opening is None or opening >= at + horizon_days * DAY_SECONDS


def epoch_seconds(moment: datetime) -> int:
    """An aware datetime of any zone as UTC epoch seconds, floored to the second (sla.md 2)."""
    return (moment - _EPOCH) // timedelta(seconds=1)


def utc_datetime(instant: int) -> datetime:
    """UTC epoch seconds as an aware UTC datetime, the inverse of `epoch_seconds`."""
    return _EPOCH + timedelta(seconds=instant)


class CalendarError(ValueError):
    """A calendar that cannot be used: the sentence says what to correct, `code` stays stable."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True)
class Days:
    """A set of local dates: single dates, ranges, and yearly ranges that may wrap."""

    dates: frozenset[date] = frozenset()
    ranges: frozenset[tuple[date, date]] = frozenset()
    yearly: frozenset[tuple[tuple[int, int], tuple[int, int]]] = frozenset()

    @classmethod
    def from_json(cls, entries: Any) -> "Days":
        """Reads "2026-08-13", "2026-08-13..2026-08-15", "02-29", "12-29..01-03"; CalendarError."""
        dates, ranges, yearly = set(), set(), set()
        for entry in _sequence(entries, "closed days"):
            first, last = _ends(entry)
            if _is_yearly(entry):
                yearly.add((_month_day(first), _month_day(last)))
            elif first == last:
                dates.add(_date(first))
            else:
                ranges.add(_range(first, last))
        return cls(frozenset(dates), frozenset(ranges), frozenset(yearly))

    def __contains__(self, day: date) -> bool:
        return (
            day in self.dates
            or any(first <= day <= last for first, last in self.ranges)
            or any(_falls_in_year_range((day.month, day.day), *ends) for ends in self.yearly)
        )


@dataclass(frozen=True)
class PublicHolidays:
    """The holidays of a country or one subdivision, without those on which we work."""

    country: str
    subdivision: str | None = None
    categories: tuple[str, ...] = ("public",)
    removals: Days = Days()

    @classmethod
    def from_json(cls, data: Any) -> "PublicHolidays":
        """Reads {country, subdivision, categories, removals}; CalendarError when unknown."""
        fields = _mapping(data, "a holiday list")
        known = cls(
            country=str(fields.get("country", "")),
            subdivision=fields.get("subdivision") or None,
            categories=tuple(_sequence(fields.get("categories") or ("public",), "categories")),
            removals=Days.from_json(fields.get("removals", ())),
        )
        try:
            known.of_year(2000)
        except (NotImplementedError, ValueError) as error:
            raise CalendarError("bad_holidays", f"These holidays are not known: {error}.") from None
        return known

    def __contains__(self, day: date) -> bool:
        return day in _holidays_of_year(self, day.year) and day not in self.removals

    def of_year(self, year: int) -> frozenset[date]:
        """The dates that the `holidays` package names for this year, removals included."""
        return frozenset(self._named(year))

    def names_of_year(self, year: int, language: str) -> dict[date, str]:
        """What the holidays are called: in this language, in English, or as they are at home."""
        home = public_holidays.country_holidays(self.country)
        wishes = (language, "en")
        known = [
            each for wish in wishes for each in home.supported_languages if each.startswith(wish)
        ]
        # Without a language the package would take that of the machine.
        named = self._named(year, known[0] if known else home.default_language)
        return {day: name for day, name in named.items() if day not in self.removals}

    def _named(self, year: int, language: str | None = None) -> dict[date, str]:
        return dict(
            public_holidays.country_holidays(
                self.country,
                self.subdivision,
                years=year,
                expand=False,
                categories=self.categories,
                language=language,
            )
        )


@dataclass(frozen=True)
class Calendar:
    """One version of a business calendar: equal values are interchangeable and hashable."""

    tz: str
    weekly: tuple[Hours, ...]
    closed: Days = Days()
    holidays: tuple[PublicHolidays, ...] = ()
    special: tuple[tuple[date, Hours], ...] = ()

    @classmethod
    def from_json(cls, data: Any) -> "Calendar":
        """Reads a stored calendar (`closed`, `holidays`, `open`) or one of data/sla/calendars.json.

        Raises CalendarError with a sentence for the person who edits it and a stable code.
        """
        fields = _mapping(data, "a calendar")
        open_dates = {
            **_mapping(fields.get("open_dates", {}), "special hours"),
            **_mapping(fields.get("open", {}), "special hours"),
        }
        closed = [
            *_sequence(fields.get("closed_dates", ()), "closed days"),
            *_sequence(fields.get("closed", ()), "closed days"),
        ]
        return cls(
            tz=_zone_name(fields.get("tz")),
            weekly=_weekly(_mapping(fields.get("weekly", {}), "weekly hours")),
            closed=Days.from_json(closed),
            holidays=tuple(
                PublicHolidays.from_json(entry)
                for entry in _sequence(fields.get("holidays", ()), "holidays")
            ),
            special=tuple(sorted((_date(day), _hours(hours)) for day, hours in open_dates.items())),
        )

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        # Kept, because every look-up of a compiled page hashes its calendar.
        return hash((self.tz, self.weekly, self.closed, self.holidays, self.special))

    @cached_property
    def _special_hours(self) -> dict[date, Hours]:
        return dict(self.special)

    @cached_property
    def is_empty(self) -> bool:
        """Whether no hours are written anywhere; a calendar may also be closed for other reasons."""
        return not any(self.weekly) and not any(hours for _, hours in self.special)

    @cached_property
    def is_always_open(self) -> bool:
        """Whether the week has no gap and no date differs: then working time is wall time."""
        has_exceptions = self.closed != Days() or self.holidays or self.special
        return not has_exceptions and _fills_the_week(self.weekly)

    def hours_on(self, day: date) -> Hours:
        """Hours that open on this local date: special > closed > holiday > weekly."""
        if day in self._special_hours:
            return self._special_hours[day]
        if day in self.closed or any(day in known for known in self.holidays):
            return ()
        return self.weekly[day.weekday()]


# Compiled opening hours


@dataclass(frozen=True, slots=True)
class _Page:
    """Disjoint open intervals of one stretch of time, and the seconds worked at each close."""

    opens: list[int]
    closes: list[int]
    worked_at_close: list[int]
    total: int

    def worked(self, at: int) -> int:
        begun = bisect_right(self.opens, at)
        if not begun:
            return 0
        return self.worked_at_close[begun - 1] - max(0, self.closes[begun - 1] - at)

    def instant_of(self, worked: int) -> int:
        index = bisect_left(self.worked_at_close, worked)
        return self.closes[index] - (self.worked_at_close[index] - worked)


@lru_cache(maxsize=16384)
def _worked_between(calendar: Calendar, a: int, b: int) -> int:
    first, last = a // _PAGE_SECONDS, b // _PAGE_SECONDS
    page = _page(calendar, first)
    if first == last:
        return page.worked(b) - page.worked(a)
    passed = sum(_page(calendar, number).total for number in range(first, last))
    return passed + _page(calendar, last).worked(b) - page.worked(a)


# A ticket is replayed at each of its events and asks the same questions again.
@lru_cache(maxsize=16384)
def _reach(calendar: Calendar, start: int, seconds: int) -> int | None:
    limit = start + SEARCH_HORIZON_DAYS * DAY_SECONDS
    number = start // _PAGE_SECONDS
    page = _page(calendar, number)
    wanted = seconds + page.worked(start)
    while wanted > page.total:
        wanted -= page.total
        number += 1
        if number * _PAGE_SECONDS > limit:
            return None
        page = _page(calendar, number)
    instant = page.instant_of(wanted)
    return instant if instant <= limit else None


@lru_cache(maxsize=256)
def _page(calendar: Calendar, number: int) -> _Page:
    first, end = number * _PAGE_SECONDS, (number + 1) * _PAGE_SECONDS
    opens: list[int] = []
    closes: list[int] = []
    for opening, closing in sorted(_openings(calendar, first, end)):
        begin, stop = max(opening, first), min(closing, end)
        if begin >= stop:
            continue
        if closes and begin <= closes[-1]:
            closes[-1] = max(closes[-1], stop)
        else:
            opens.append(begin)
            closes.append(stop)
    lengths = (stop - begin for begin, stop in zip(opens, closes, strict=True))
    worked_at_close = list(accumulate(lengths))
    return _Page(opens, closes, worked_at_close, worked_at_close[-1] if opens else 0)


def _openings(calendar: Calendar, first: int, end: int) -> Iterator[tuple[int, int]]:
    """Every interval that may touch [first, end): a date's hours last up to two days, ±14 h."""
    zone = ZoneInfo(calendar.tz)
    for number in range(first // DAY_SECONDS - 3, end // DAY_SECONDS + 2):
        day = _EPOCH.date() + timedelta(days=number)
        for opening, closing in calendar.hours_on(day):
            yield _instant(zone, day, opening), _instant(zone, day, closing)


def _instant(zone: ZoneInfo, day: date, minute: int) -> int:
    """μ of sla.md 2.1: a repeated wall time is its first pass, a skipped one the jump itself."""
    days, minute = divmod(minute, DAY_MINUTES)
    clock = time(minute // 60, minute % 60, tzinfo=zone)
    wall = datetime.combine(day + timedelta(days=days), clock)
    as_if_utc = epoch_seconds(wall.replace(tzinfo=UTC))
    before, after = _offset(wall), _offset(wall.replace(fold=1))
    if before >= after:
        return as_if_utc - before
    skipped = range(as_if_utc - after, as_if_utc - before)
    return skipped.start + bisect_left(
        skipped, True, key=lambda at: _offset(utc_datetime(at).astimezone(zone)) != before
    )


def _offset(moment: datetime) -> int:
    return int((moment.utcoffset() or timedelta()).total_seconds())


@lru_cache(maxsize=1024)
def _holidays_of_year(known: PublicHolidays, year: int) -> frozenset[date]:
    return known.of_year(year)


def _falls_in_year_range(
    day: tuple[int, int], first: tuple[int, int], last: tuple[int, int]
) -> bool:
    if first <= last:
        return first <= day <= last
    return day >= first or day <= last


def _fills_the_week(weekly: Sequence[Hours]) -> bool:
    week = len(WEEKDAYS) * DAY_MINUTES
    spans = sorted(
        (weekday * DAY_MINUTES + opening + turn, weekday * DAY_MINUTES + closing + turn)
        for weekday, hours in enumerate(weekly)
        for opening, closing in hours
        for turn in (-week, 0)
    )
    filled_until = 0
    for opening, closing in spans:
        if opening > filled_until:
            return False
        filled_until = max(filled_until, closing)
    return filled_until >= week


# Reading what people wrote


def _weekly(data: Mapping[str, Any]) -> tuple[Hours, ...]:
    unknown = sorted(set(data) - set(WEEKDAYS))
    if unknown:
        names = ", ".join(WEEKDAYS)
        raise CalendarError("bad_weekday", f"“{unknown[0]}” is no weekday; write one of {names}.")
    return tuple(_hours(data.get(weekday, ())) for weekday in WEEKDAYS)


def _hours(intervals: Any) -> Hours:
    return tuple(sorted(_interval(pair) for pair in _sequence(intervals, "opening hours")))


def _interval(pair: Any) -> tuple[int, int]:
    if len(_sequence(pair, "opening hours")) != 2:
        raise CalendarError("bad_shape", f"Opening hours are pairs of open and close, not {pair}.")
    opening, closing = _minute(pair[0]), _minute(pair[1])
    if opening == DAY_MINUTES:
        raise CalendarError("bad_time", "24:00 can only close; write 00:00 of the next day.")
    if opening == closing:
        raise CalendarError(
            "empty_interval",
            f"{pair[0]}–{pair[1]} is empty; for a whole day write 00:00–24:00.",
        )
    return opening, closing if closing > opening else closing + DAY_MINUTES


def _minute(text: Any) -> int:
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        raise CalendarError("bad_time", f"“{text}” is no time; write it like 09:00, up to 24:00.")
    return int(text[:2]) * 60 + int(text[3:])


def _zone_name(name: Any) -> str:
    try:
        return ZoneInfo(name).key
    # OSError: a name such as “Asia” is a folder of the time zone database.
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        raise CalendarError(
            "bad_zone", f"“{name}” is no time zone; write one like Asia/Tokyo."
        ) from None


def _ends(entry: Any) -> tuple[str, str]:
    first, separator, last = str(entry).partition("..")
    return first, last if separator else first


def _is_yearly(entry: Any) -> bool:
    return all(_MONTH_DAY.fullmatch(end) for end in _ends(entry))


def _range(first: str, last: str) -> tuple[date, date]:
    if _date(last) < _date(first):
        raise CalendarError("bad_range", f"{first}..{last} ends before it begins.")
    return _date(first), _date(last)


def _month_day(text: str) -> tuple[int, int]:
    day = _date(f"{_LEAP_YEAR}-{text}")
    return day.month, day.day


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except (ValueError, TypeError):
        raise CalendarError(
            "bad_date", f"“{text}” is no date; write 2026-08-13, or 12-29 for every year."
        ) from None


def _mapping(data: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise CalendarError("bad_shape", f"Expected {name} as an object, found {data!r}.")
    return data


def _sequence(data: Any, name: str) -> Sequence[Any]:
    if isinstance(data, str) or not isinstance(data, Iterable):
        raise CalendarError("bad_shape", f"Expected {name} as a list, found {data!r}.")
    return tuple(data)
