from __future__ import annotations

import pytest

from sla.notation import (
    NotationError,
    read_days,
    read_duration,
    read_hours,
    read_special_days,
    write_duration,
    write_hours,
    write_special_days,
)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("", []),
        ("9:00-18:00", [["09:00", "18:00"]]),
        ("09:00-12:00, 13:00-18:00", [["09:00", "12:00"], ["13:00", "18:00"]]),
        ("９：００〜１２：００、１３：００－１８：００", [["09:00", "12:00"], ["13:00", "18:00"]]),
        ("22:00 - 06:00", [["22:00", "06:00"]]),
    ],
)
def test_hours_are_read_in_every_spelling(text, hours):
    assert read_hours(text) == hours
    assert read_hours(write_hours(hours)) == hours


def test_special_days_come_back_as_they_were_written():
    text = "2026-12-28 09:00-12:00\n2026-12-30"

    assert read_special_days(text) == {"2026-12-28": [["09:00", "12:00"]], "2026-12-30": []}
    assert write_special_days(read_special_days(text)) == text


def test_closed_days_stand_one_a_line():
    assert read_days("2026-08-13\n\n12-29..01-03 ") == ["2026-08-13", "12-29..01-03"]


@pytest.mark.parametrize(
    ("text", "seconds"), [("4:00", 14400), ("0:30", 1800), ("１２:１５", 44100)]
)
def test_durations_are_hours_and_minutes(text, seconds):
    assert read_duration(text) == seconds
    assert read_duration(write_duration(seconds)) == seconds


@pytest.mark.parametrize("text", ["4", "4h", "1:60", "-1:00", "soon"])
def test_what_is_no_duration_is_refused_with_an_example(text):
    with pytest.raises(NotationError, match="4:00"):
        read_duration(text)


@pytest.mark.parametrize("text", ["9-18", "morning", "09:00", "09:00-12:00-13:00"])
def test_what_are_no_hours_is_refused_with_an_example(text):
    with pytest.raises(NotationError, match="09:00-12:00"):
        read_hours(text)
