"""Times as people read them; no database, no active language."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from common.time_formatting import (
    duration,
    format_instant,
    short_instant,
    time_left,
    working_time,
)

TOKYO = ZoneInfo("Asia/Tokyo")
SATURDAY = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)  # 15:00 in Tokyo
NOW = datetime(2026, 11, 21, 5, 25, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "with_zone", "words"),
    [
        ("ja", False, "2026年11月21日(土) 15:00"),
        ("ja", True, "2026年11月21日(土) 15:00(日本時間)"),
        ("en", False, "Sat 21 Nov 2026, 15:00"),
        ("en", True, "Sat 21 Nov 2026, 15:00 (JST)"),
        ("en-gb", False, "Sat 21 Nov 2026, 15:00"),
    ],
)
def test_an_instant_is_named_in_full(language: str, with_zone: bool, words: str) -> None:
    named = format_instant(SATURDAY, language=language, zone=TOKYO, with_zone=with_zone)

    assert named == words


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("Europe/Berlin", "Sat 21 Nov 2026, 07:00 (CET)"),
        ("Asia/Dubai", "Sat 21 Nov 2026, 10:00 (UTC+04)"),
        ("UTC", "Sat 21 Nov 2026, 06:00 (UTC)"),
    ],
)
def test_another_zone_is_named_by_its_customary_name(zone: str, words: str) -> None:
    named = format_instant(SATURDAY, language="en", zone=ZoneInfo(zone), with_zone=True)

    assert named == words


def test_single_digits_are_not_padded_but_the_clock_is() -> None:
    early = datetime(2027, 1, 4, 0, 5, tzinfo=TOKYO)

    assert format_instant(early, language="ja", zone=TOKYO) == "2027年1月4日(月) 00:05"


def test_a_naive_datetime_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        format_instant(datetime(2026, 11, 21, 15, 0), language="ja", zone=TOKYO)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("days", "japanese", "english"),
    [
        (-1, "昨日 15:00", "yesterday 15:00"),
        (0, "今日 15:00", "today 15:00"),
        (1, "明日 15:00", "tomorrow 15:00"),
        (3, "11/24(火) 15:00", "Tue 24 Nov 15:00"),
        (-2, "11/19(木) 15:00", "Thu 19 Nov 15:00"),
        (45, "2027/1/5(火) 15:00", "Tue 5 Jan 2027 15:00"),
    ],
)
def test_a_short_instant_says_no_more_than_the_day_needs(
    days: int, japanese: str, english: str
) -> None:
    instant = SATURDAY + timedelta(days=days)

    assert short_instant(instant, now=NOW, language="ja", zone=TOKYO) == japanese
    assert short_instant(instant, now=NOW, language="en", zone=TOKYO) == english


def test_today_is_the_readers_day_and_not_the_days_of_utc() -> None:
    just_after_midnight = datetime(2026, 11, 22, 0, 10, tzinfo=TOKYO)

    words = short_instant(just_after_midnight, now=NOW, language="ja", zone=TOKYO)

    assert words == "明日 00:10"


@pytest.mark.parametrize(
    ("seconds", "japanese", "english"),
    [
        (0, "あと1分未満", "less than 1 min left"),
        (59, "あと1分未満", "less than 1 min left"),
        (60, "あと1分", "1 min left"),
        (35 * 60 + 59, "あと35分", "35 min left"),
        (3600, "あと1時間", "1 h left"),
        (2 * 3600 + 5 * 60, "あと2時間5分", "2 h 5 min left"),
        (86_399, "あと23時間59分", "23 h 59 min left"),
        (86_400, "あと1日", "1 day left"),
        (43 * 3600, "あと1日19時間", "1 day 19 h left"),
        (2 * 86_400, "あと2日", "2 days left"),
        (4 * 86_400 - 1, "あと3日", "3 days left"),
    ],
)
def test_what_remains_is_floored(seconds: int, japanese: str, english: str) -> None:
    due = NOW + timedelta(seconds=seconds)

    assert time_left(due, now=NOW, language="ja") == japanese
    assert time_left(due, now=NOW, language="en") == english


@pytest.mark.parametrize(
    ("seconds", "japanese", "english"),
    [
        (1, "1分超過", "1 min late"),
        (60, "1分超過", "1 min late"),
        (11 * 60 + 1, "12分超過", "12 min late"),
        (3600, "1時間超過", "1 h late"),
        (3601, "1時間1分超過", "1 h 1 min late"),
        (86_341, "1日超過", "1 day late"),
        (86_401, "1日1時間超過", "1 day 1 h late"),
        (47 * 3600 + 1, "2日超過", "2 days late"),
        (2 * 86_400 + 1, "3日超過", "3 days late"),
    ],
)
def test_what_is_overdue_is_ceiled(seconds: int, japanese: str, english: str) -> None:
    due = NOW - timedelta(seconds=seconds)

    assert time_left(due, now=NOW, language="ja") == japanese
    assert time_left(due, now=NOW, language="en") == english


def test_a_fraction_of_a_second_past_due_is_already_late() -> None:
    due = NOW - timedelta(microseconds=1)

    assert time_left(due, now=NOW, language="ja") == "1分超過"


def test_the_words_for_lateness_never_shrink_as_time_goes_on() -> None:
    minutes = [
        _minutes(time_left(NOW - timedelta(minutes=m), now=NOW, language="en"))
        for m in range(1, 5000)
    ]

    assert minutes == sorted(minutes)


@pytest.mark.parametrize(
    ("seconds", "japanese", "english"),
    [
        (0, "0秒", "0 s"),
        (45.9, "45秒", "45 s"),
        (125 * 60, "2時間5分", "2 h 5 min"),
        (3 * 86_400, "3日", "3 days"),
    ],
)
def test_a_duration_is_said_in_its_largest_useful_units(
    seconds: float, japanese: str, english: str
) -> None:
    assert duration(seconds, "ja") == japanese
    assert duration(seconds, "en") == english


@pytest.mark.parametrize(
    ("seconds", "japanese", "english"),
    [
        (0, "0分", "0 min"),
        (30 * 60 + 59, "30分", "30 min"),
        (27 * 3600, "27時間", "27 h"),
        (54 * 3600 + 60, "54時間1分", "54 h 1 min"),
    ],
)
def test_working_time_has_no_days(seconds: int, japanese: str, english: str) -> None:
    assert working_time(seconds, "ja") == japanese
    assert working_time(seconds, "en") == english


def test_the_active_language_neither_matters_nor_changes() -> None:
    with translation.override("ja"):
        words = time_left(SATURDAY, now=NOW, language="en")

        assert words == "35 min left"
        assert translation.get_language() == "ja"


def _minutes(words: str) -> int:
    sizes = {"day": 1440, "days": 1440, "h": 60, "min": 1}
    parts = words.removesuffix(" late").split()
    return sum(
        int(count) * sizes[unit] for count, unit in zip(parts[::2], parts[1::2], strict=True)
    )
