"""The method is simple enough to be worked out beside it."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from statistics import fmean

import pytest

from reports.forecast import forecast

# A Monday.
TODAY = date(2026, 10, 5)


def weekday(day: date) -> int:
    return day.isoweekday()


def history(numbers: list[int], today: date = TODAY) -> dict[date, int]:
    """The last of them was yesterday's."""
    return {today - timedelta(days=back): n for back, n in enumerate(reversed(numbers), start=1)}


def test_what_is_always_the_same_goes_on_and_is_never_off():
    found = forecast(history([7] * 84), today=TODAY, kind_of=weekday)

    assert found
    assert found.error == 0
    assert [each.day for each in found.days] == [TODAY + timedelta(days=n) for n in range(14)]
    assert {(each.number, each.low, each.high) for each in found.days} == {(7, 7, 7)}


def test_each_weekday_has_its_own_number():
    week = [10, 12, 9, 11, 14, 3, 1]
    found = forecast(history(week * 12), today=TODAY, kind_of=weekday)

    assert found
    assert [each.number for each in found.days] == week * 2
    assert found.error == 0


def test_a_holiday_is_as_a_sunday():
    week = [10, 12, 9, 11, 14, 3, 1]
    holiday = TODAY + timedelta(days=1)
    found = forecast(
        history(week * 12),
        today=TODAY,
        kind_of=lambda day: 7 if day == holiday else day.isoweekday(),
    )

    assert found
    assert [each.number for each in found.days[:3]] == [10, 1, 9]


def test_what_was_a_holiday_does_not_lower_its_weekday():
    week = [10] * 6 + [1]
    arrived = history(week * 12)
    past = TODAY - timedelta(days=7)
    arrived[past] = 1
    kind_of = lambda day: 7 if day == past else day.isoweekday()  # noqa: E731

    found = forecast(arrived, today=TODAY, kind_of=kind_of)

    assert found
    assert found.days[0].number == 10


def test_the_level_of_the_last_two_weeks_raises_all_days():
    found = forecast(history([10] * 70 + [20] * 14), today=TODAY, kind_of=weekday)

    assert found
    # Usual is (6 × 10 + 2 × 20) / 8; the last two weeks were 20 / 12.5 of that.
    assert {each.number for each in found.days} == {20}
    assert found.error == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("days", "is_known", "has_error"),
    [
        (0, False, False),
        (20, False, False),
        (21, True, False),
        (34, True, False),
        (35, True, True),
    ],
)
def test_too_little_is_not_made_more_of(days: int, is_known: bool, has_error: bool):
    found = forecast(history([0] * (84 - days) + [5] * days), today=TODAY, kind_of=weekday)

    assert bool(found) == is_known
    assert bool(found and found.error is not None) == has_error
    if found and not has_error:
        assert all(each.low == each.number == each.high for each in found.days)


def test_the_error_is_that_of_the_last_four_weeks():
    """Told again, with lists instead of days."""
    random = Random(1)
    numbers = [random.randrange(30) for _ in range(84)]

    def expected(known: list[int]) -> list[float]:
        usual = known[-56:]
        means = [fmean(usual[place::7]) for place in range(7)]
        level = sum(usual[-14:]) / (2 * sum(means))
        return [means[place % 7] * level for place in range(14)]

    misses = [
        abs(guess - number)
        for back in (28, 14)
        for guess, number in zip(
            expected(numbers[:-back]), numbers[84 - back : 98 - back], strict=True
        )
    ]
    found = forecast(history(numbers), today=TODAY, kind_of=weekday)

    assert found
    assert found.error == pytest.approx(fmean(misses))
    for each, number in zip(found.days, expected(numbers), strict=True):
        assert each.number == pytest.approx(number, abs=0.05)
        assert each.low == pytest.approx(max(number - fmean(misses), 0), abs=0.06)
