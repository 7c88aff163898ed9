from __future__ import annotations

import pytest

from sla.notation import (
    NotationError,
    read_days,
    read_duration,
    read_hours,
    read_special_days,
    read_zone,
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


@pytest.mark.parametrize("text", ["25:00-26:00", "09:61-10:00", "24:00-25:00"])
def test_hours_no_clock_shows_are_refused_with_an_example(text):
    with pytest.raises(NotationError, match="09:00-12:00"):
        read_hours(text)


def test_hours_that_open_and_close_at_once_are_refused():
    with pytest.raises(NotationError, match="00:00-24:00"):
        read_hours("09:00-12:00, 13:00-13:00")


@pytest.mark.parametrize(
    "text", ["13.8.2026", "2026-02-29", "02-30", "2026-08-16..2026-08-13", "2026-08-13\nsummer"]
)
def test_what_is_no_day_is_refused_with_an_example(text):
    with pytest.raises(NotationError, match="2026-08-13"):
        read_days(text)


@pytest.mark.parametrize("text", ["9:00-12:00", "12-28 09:00-12:00", "tomorrow"])
def test_special_hours_need_a_date(text):
    with pytest.raises(NotationError, match="2026-12-28"):
        read_special_days(text)


@pytest.mark.parametrize(
    "text", ["Asia/Tokyo", " Europe/London ", "America/Port-au-Prince", "Ａｓｉａ／Ｔｏｋｙｏ"]
)
def test_a_time_zone_is_read(text):
    assert "/" in read_zone(text)


@pytest.mark.parametrize("text", ["Asia/Atlantis", "Asia", "JST?", "../etc/passwd", ""])
def test_what_is_no_time_zone_is_refused_with_an_example(text):
    with pytest.raises(NotationError, match="Asia/Tokyo"):
        read_zone(text)
