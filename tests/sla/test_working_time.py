"""Working time against hand-made cases and the laws of sla.md 2.1 and 2.10."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sla.working_time import (
    Calendar,
    CalendarError,
    add_working_time,
    epoch_seconds,
    is_open,
    never_opens,
    next_opening,
    utc_datetime,
    working_seconds,
)

WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
EVERY_DAY = (*WORKDAYS, "sat", "sun")


def calendar(tz: str = "Asia/Tokyo", hours: Any = (("09:00", "18:00"),), **fields: Any) -> Calendar:
    days = fields.pop("days", WORKDAYS)
    return Calendar.from_json({"tz": tz, "weekly": dict.fromkeys(days, hours), **fields})


def at(text: str) -> int:
    return epoch_seconds(datetime.fromisoformat(text))


def text(instant: int | None) -> str | None:
    return None if instant is None else f"{utc_datetime(instant):%Y-%m-%dT%H:%M:%SZ}"


TOKYO = calendar()
TOKYO_NIGHT = calendar(hours=[["22:00", "06:00"]])
LONDON_NIGHT = calendar("Europe/London", [["22:00", "06:00"]], days=EVERY_DAY)
NEW_YORK_GAP = calendar("America/New_York", [["01:30", "02:30"]], days=EVERY_DAY)
ALWAYS = calendar("America/New_York", [["00:00", "24:00"]], days=EVERY_DAY)
NEVER = calendar(hours=())

HOUR = 3600

# 2026-10-09 is a Friday; 18:00 in Tokyo is 09:00 UTC.
ADDITIONS = [
    ("within the day", TOKYO, "2026-10-09T10:00+09:00", HOUR, "2026-10-09T02:00:00Z"),
    (
        "a filled day is due at close",
        TOKYO,
        "2026-10-09T09:00+09:00",
        9 * HOUR,
        "2026-10-09T09:00:00Z",
    ),
    (
        "one second more is Monday",
        TOKYO,
        "2026-10-09T09:00+09:00",
        9 * HOUR + 1,
        "2026-10-12T00:00:01Z",
    ),
    ("nothing to add, even at night", TOKYO, "2026-10-09T23:00+09:00", 0, "2026-10-09T14:00:00Z"),
    ("from the night before", TOKYO, "2026-10-08T23:00+09:00", 1, "2026-10-09T00:00:01Z"),
    ("nothing in an empty calendar", NEVER, "2026-10-09T10:00+09:00", 0, "2026-10-09T01:00:00Z"),
    ("never in an empty calendar", NEVER, "2026-10-09T10:00+09:00", 1, None),
    ("24x7 through the fold", ALWAYS, "2026-11-01T00:00-04:00", 3 * HOUR, "2026-11-01T07:00:00Z"),
    (
        "24x7 has no horizon",
        ALWAYS,
        "2026-01-01T00:00+00:00",
        86_400 * 9000,
        "2050-08-23T00:00:00Z",
    ),
]


@pytest.mark.parametrize(
    ("hours", "start", "seconds", "due"),
    [case[1:] for case in ADDITIONS],
    ids=[c[0] for c in ADDITIONS],
)
def test_addition_by_hand(hours: Calendar, start: str, seconds: int, due: str | None) -> None:
    assert text(add_working_time(hours, at(start), seconds)) == due


SPANS = [
    ("9 h on fall-back night", LONDON_NIGHT, "2026-10-24T20:00Z", "2026-10-25T20:00Z", 9 * HOUR),
    ("7 h on spring night", LONDON_NIGHT, "2026-03-28T20:00Z", "2026-03-29T20:00Z", 7 * HOUR),
    ("30 min on gap day", NEW_YORK_GAP, "2026-03-08T05:00Z", "2026-03-09T04:00Z", HOUR // 2),
    ("2 h on fold day", NEW_YORK_GAP, "2026-11-01T04:00Z", "2026-11-02T05:00Z", 2 * HOUR),
    ("backwards is negative", TOKYO, "2026-10-09T02:00Z", "2026-10-09T01:00Z", -HOUR),
]


@pytest.mark.parametrize(
    ("hours", "begin", "end", "seconds"), [case[1:] for case in SPANS], ids=[c[0] for c in SPANS]
)
def test_open_seconds_by_hand(hours: Calendar, begin: str, end: str, seconds: int) -> None:
    assert working_seconds(hours, at(begin), at(end)) == seconds


def test_an_interval_inside_the_gap_is_empty() -> None:
    inside = calendar("America/New_York", [["02:10", "02:50"]], days=EVERY_DAY)

    assert working_seconds(inside, at("2026-03-08T05:00Z"), at("2026-03-09T04:00Z")) == 0


def test_a_close_inside_the_fold_means_the_first_pass() -> None:
    late = calendar("Europe/London", [["20:00", "01:30"]], days=EVERY_DAY)

    assert is_open(late, at("2026-10-25T00:29:59Z"))
    assert not is_open(late, at("2026-10-25T00:30:00Z"))
    assert not is_open(late, at("2026-10-25T01:15:00Z"))


def test_a_day_that_the_date_line_skipped_has_no_hours() -> None:
    apia = calendar("Pacific/Apia", days=EVERY_DAY)

    assert (
        working_seconds(apia, at("2011-12-29T08:00-10:00"), at("2011-12-31T20:00+14:00"))
        == 2 * 9 * HOUR
    )


def test_a_holiday_takes_the_shift_that_opens_on_it_and_leaves_the_tail_of_the_evening_before() -> (
    None
):
    night = calendar(hours=[["22:00", "06:00"]], closed=["2026-10-07"])

    assert is_open(night, at("2026-10-07T05:00+09:00"))
    assert not is_open(night, at("2026-10-07T23:00+09:00"))
    assert not is_open(night, at("2026-10-08T05:00+09:00"))


def test_special_hours_win_over_closed_days_and_closed_days_over_the_week() -> None:
    special = calendar(closed=["2026-10-05..2026-10-07"], open={"2026-10-06": [["10:00", "11:00"]]})

    assert special.hours_on(date(2026, 10, 5)) == ()
    assert special.hours_on(date(2026, 10, 6)) == ((600, 660),)
    assert special.hours_on(date(2026, 10, 8)) == ((540, 1080),)


def test_a_yearly_range_wraps_the_new_year() -> None:
    closed = calendar(closed=["12-29..01-03"]).closed

    assert date(2026, 12, 29) in closed
    assert date(2027, 1, 3) in closed
    assert date(2027, 1, 4) not in closed


def test_a_yearly_leap_day_exists_only_in_leap_years() -> None:
    closed = calendar(closed=["02-29"]).closed

    assert date(2028, 2, 29) in closed
    assert date(2027, 2, 28) not in closed
    assert date(2027, 3, 1) not in closed


def test_a_removed_holiday_is_a_working_day() -> None:
    holidays = [{"country": "JP", "removals": ["2026-11-23"]}]

    hours = calendar(holidays=holidays)

    assert hours.hours_on(date(2026, 11, 23))
    assert not hours.hours_on(date(2026, 11, 3))


def test_the_next_opening_is_now_when_it_is_open() -> None:
    assert text(next_opening(TOKYO, at("2026-10-09T10:00+09:00"))) == "2026-10-09T01:00:00Z"
    assert text(next_opening(TOKYO, at("2026-10-09T18:00+09:00"))) == "2026-10-12T00:00:00Z"
    assert next_opening(NEVER, at("2026-10-09T10:00+09:00")) is None


def test_a_calendar_that_opens_only_once_is_said_never_to_open_afterwards() -> None:
    once = calendar(hours=(), open={"2026-10-09": [["10:00", "11:00"]]})

    assert not never_opens(once, at("2026-10-01T00:00Z"))
    assert never_opens(once, at("2026-10-01T00:00Z"), horizon_days=8)
    assert never_opens(once, at("2026-10-10T00:00Z"))
    assert add_working_time(once, at("2026-10-10T00:00Z"), 1) is None


def test_negative_working_time_is_refused() -> None:
    with pytest.raises(ValueError, match="only be added"):
        add_working_time(TOKYO, 0, -1)


def test_equal_calendars_are_one_key() -> None:
    assert calendar() == TOKYO
    assert hash(calendar()) == hash(TOKYO)
    assert calendar(closed=["12-31"]) != TOKYO


def test_an_instant_before_1970_is_floored_too() -> None:
    moment = datetime(1969, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC)

    assert epoch_seconds(moment) == -1


REFUSED = [
    ("bad_zone", {"tz": "Asia"}),
    ("bad_zone", {"tz": None}),
    ("bad_zone", {"tz": "../etc/passwd"}),
    ("bad_time", {"weekly": {"mon": [["9:00", "18:00"]]}}),
    ("bad_time", {"weekly": {"mon": [["09:00", "24:30"]]}}),
    ("bad_time", {"weekly": {"mon": [["24:00", "06:00"]]}}),
    ("empty_interval", {"weekly": {"mon": [["09:00", "09:00"]]}}),
    ("bad_weekday", {"weekly": {"monday": []}}),
    ("bad_shape", {"weekly": {"mon": [["09:00"]]}}),
    ("bad_shape", {"weekly": []}),
    ("bad_shape", {"weekly": {"mon": "09:00"}}),
    ("bad_date", {"closed": ["2026-02-30"]}),
    ("bad_date", {"closed": ["12-29..2027-01-03"]}),
    ("bad_date", {"open": {"01-01": [["10:00", "11:00"]]}}),
    ("bad_range", {"closed": ["2026-02-03..2026-02-01"]}),
    ("bad_holidays", {"holidays": [{"country": "XX"}]}),
    ("bad_holidays", {"holidays": [{"country": "JP", "categories": ["fun"]}]}),
]


@pytest.mark.parametrize(("code", "fields"), REFUSED)
def test_a_calendar_that_cannot_be_used_is_refused_with_a_code(code: str, fields: Any) -> None:
    with pytest.raises(CalendarError) as refusal:
        Calendar.from_json({"tz": "Asia/Tokyo"} | fields)

    assert refusal.value.code == code
    assert str(refusal.value).endswith(".")


# The laws

HARD_CALENDARS = st.sampled_from(
    [
        TOKYO,
        TOKYO_NIGHT,
        LONDON_NIGHT,
        NEW_YORK_GAP,
        ALWAYS,
        calendar("Australia/Lord_Howe", [["00:30", "02:15"], ["09:00", "17:00"]], days=EVERY_DAY),
        calendar("America/Santiago", [["22:00", "02:00"]], closed=["09-06"], days=EVERY_DAY),
        calendar(hours=[["09:00", "12:00"], ["13:00", "17:30"]], holidays=[{"country": "JP"}]),
    ]
)
INSTANTS = st.integers(at("2024-01-01T00:00Z"), at("2028-12-31T00:00Z"))
SPAN_SECONDS = st.integers(0, 400 * 86_400)
SOME_SECONDS = st.integers(1, 200 * 3600)
quick = settings(max_examples=60, deadline=None)


@quick
@given(HARD_CALENDARS, INSTANTS, SPAN_SECONDS, SPAN_SECONDS)
def test_open_seconds_are_additive_and_monotone(
    hours: Calendar, a: int, first: int, second: int
) -> None:
    b, c = a + first, a + first + second

    assert working_seconds(hours, a, b) + working_seconds(hours, b, c) == working_seconds(
        hours, a, c
    )
    assert 0 <= working_seconds(hours, b, c) <= second
    assert working_seconds(hours, c, a) == -working_seconds(hours, a, c)


@quick
@given(HARD_CALENDARS, INSTANTS, SOME_SECONDS)
def test_the_due_time_is_the_earliest_that_holds_the_seconds(
    hours: Calendar, start: int, seconds: int
) -> None:
    due = add_working_time(hours, start, seconds)

    assert due is not None
    assert working_seconds(hours, start, due) == seconds
    assert working_seconds(hours, start, due - 1) == seconds - 1


@quick
@given(HARD_CALENDARS, INSTANTS, SOME_SECONDS, SOME_SECONDS)
def test_more_seconds_or_a_later_start_are_never_due_earlier(
    hours: Calendar, start: int, seconds: int, more: int
) -> None:
    due = add_working_time(hours, start, seconds)
    later_start = add_working_time(hours, start + more, seconds)
    longer = add_working_time(hours, start, seconds + more)

    assert due is not None
    assert later_start is not None
    assert longer is not None
    assert due <= later_start
    assert due < longer


@quick
@given(
    INSTANTS, SPAN_SECONDS, st.sampled_from(["Asia/Tokyo", "America/New_York", "Asia/Kathmandu"])
)
def test_round_the_clock_is_wall_time_however_it_is_written(
    start: int, seconds: int, tz: str
) -> None:
    pieces = [["00:00", "08:00"], ["08:00", "24:00"], ["07:00", "09:00"]]
    written = calendar(tz, pieces, days=EVERY_DAY)
    compiled = calendar(tz, pieces, days=EVERY_DAY, open={"2000-01-01": []})

    for hours in (written, compiled):
        assert add_working_time(hours, start, seconds) == start + seconds
        assert working_seconds(hours, start, start + seconds) == seconds


@quick
@given(
    st.sampled_from(["Asia/Tokyo", "Europe/London", "America/Santiago", "Australia/Lord_Howe"]),
    st.tuples(st.integers(0, 1439), st.integers(0, 1439), st.integers(1, 1439)),
    INSTANTS,
    SPAN_SECONDS,
)
def test_splitting_an_interval_changes_nothing(
    tz: str, minutes: tuple[int, int, int], a: int, span: int
) -> None:
    opening, cut, closing = sorted(minutes)
    if not opening < cut < closing:
        return

    whole = calendar(tz, [[clock(opening), clock(closing)]], days=EVERY_DAY)
    split = calendar(
        tz, [[clock(opening), clock(cut)], [clock(cut), clock(closing)]], days=EVERY_DAY
    )

    assert working_seconds(whole, a, a + span) == working_seconds(split, a, a + span)
    assert add_working_time(whole, a, span // 50) == add_working_time(split, a, span // 50)


@quick
@given(INSTANTS, SPAN_SECONDS)
def test_a_night_is_the_same_as_its_two_halves(a: int, span: int) -> None:
    halves = calendar("Europe/London", [["22:00", "24:00"], ["00:00", "06:00"]], days=EVERY_DAY)

    assert working_seconds(LONDON_NIGHT, a, a + span) == working_seconds(halves, a, a + span)


@settings(max_examples=15, deadline=None)
@given(INSTANTS)
def test_a_wall_minute_is_open_exactly_when_the_week_says_so(a: int) -> None:
    zone_offset = timedelta(hours=9)
    local = utc_datetime(a) + zone_offset
    expected = local.weekday() < 5 and 9 <= local.hour < 18

    assert is_open(TOKYO, a) == expected


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
