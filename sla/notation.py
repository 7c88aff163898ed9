"""How people write opening hours and times: as short lines that can be copied and compared.

09:00-12:00, 13:00-18:00      opening hours of a day; 22:00-06:00 ends on the next day
2026-08-13                    a closed day; 12-29..01-03 for every year
2026-12-28 09:00-12:00        special hours of one date
4:00                          four hours of working time; 0:30 is half an hour

What is read here is also known to mean something to a calendar.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from sla.working_time import Calendar, CalendarError

INTERVAL = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
DURATION = re.compile(r"(\d{1,5}):([0-5]\d)")
HOUR = 3600
DASHES = str.maketrans(dict.fromkeys("ー－−‐‑‒–—―─〜～ｰ", "-"))


class NotationError(ValueError):
    """The sentence shows how to write it."""


def read_hours(text: str) -> list[list[str]]:
    """The opening hours of one day; empty text means closed. Raises NotationError."""
    parts = [part.strip() for part in re.split(r"[,、\n]", _plain(text)) if part.strip()]
    return [_interval(part) for part in parts]


def write_hours(intervals: Sequence[Sequence[str]]) -> str:
    return ", ".join(f"{opening}-{closing}" for opening, closing in intervals)


def read_days(text: str) -> list[str]:
    """Closed days, one a line. Raises NotationError."""
    days = _plain(text).split()
    for day in days:
        _check(
            {"closed": [day]},
            _(
                "“%(text)s” is no day. Write 2026-08-13, 2026-08-13..2026-08-16 for all days"
                " between, or 12-29..01-03 for every year."
            )
            % {"text": day},
        )
    return days


def read_special_days(text: str) -> dict[str, list[list[str]]]:
    """Special hours by date; a date without hours is an opening of nothing: closed.

    Raises NotationError.
    """
    days: dict[str, list[list[str]]] = {}
    for line in filter(None, (line.strip() for line in _plain(text).splitlines())):
        date, __, hours = line.partition(" ")
        _check(
            {"open": {date: []}},
            _("“%(text)s” is no date. Write the date, then the hours: 2026-12-28 09:00-12:00.")
            % {"text": date},
        )
        days[date] = read_hours(hours)
    return days


def write_special_days(days: Mapping[str, Sequence[Sequence[str]]]) -> str:
    return "\n".join(
        f"{date} {write_hours(hours)}".rstrip() for date, hours in sorted(days.items())
    )


def read_zone(text: str) -> str:
    """The name of a time zone. Raises NotationError."""
    name = unicodedata.normalize("NFKC", text).strip()
    _check(
        {"tz": name},
        _("“%(text)s” is no time zone. Write one such as Asia/Tokyo or Europe/London.")
        % {"text": text},
    )
    return name


def read_duration(text: str) -> int:
    """Seconds of working time from hours:minutes. Raises NotationError."""
    found = DURATION.fullmatch(_plain(text).strip())
    if found is None:
        raise NotationError(
            _("“%(text)s” is no time. Write hours and minutes, such as 4:00 or 0:30.")
            % {"text": text}
        )
    return int(found[1]) * HOUR + int(found[2]) * 60


def write_duration(seconds: int | None) -> str:
    """Hours and minutes; empty for no target."""
    if seconds is None:
        return ""
    return f"{seconds // HOUR}:{seconds % HOUR // 60:02d}"


def _interval(part: str) -> list[str]:
    found = INTERVAL.fullmatch(part)
    sentence = _("“%(text)s” are no opening hours. Write them like 09:00-12:00, 13:00-18:00.") % {
        "text": part
    }
    if found is None:
        raise NotationError(sentence)
    opening, closing = f"{int(found[1]):02d}:{found[2]}", f"{int(found[3]):02d}:{found[4]}"
    if opening == closing:
        sentence = _(
            "“%(text)s” opens and closes at once. Write 00:00-24:00 for a whole day, or leave it"
            " empty for a closed one."
        ) % {"text": part}
    _check({"weekly": {"mon": [[opening, closing]]}}, sentence)
    return [opening, closing]


def _check(hours: Mapping[str, Any], sentence: str) -> None:
    try:
        Calendar.from_json({"tz": "UTC", **hours})
    except CalendarError:
        raise NotationError(sentence) from None


def _plain(text: str) -> str:
    """Full-width digits, colons and all the dashes people type, as ASCII."""
    return unicodedata.normalize("NFKC", text.translate(DASHES))
