"""How people write opening hours and times: as short lines that can be copied and compared.

09:00-12:00, 13:00-18:00      opening hours of a day; 22:00-06:00 ends on the next day
2026-08-13                    a closed day; 12-29..01-03 for every year
2026-12-28 09:00-12:00        special hours of one date
4:00                          four hours of working time; 0:30 is half an hour
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

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
    """Closed days, one a line; what a day is, the calendar itself checks."""
    return [line for line in _plain(text).split() if line]


def read_special_days(text: str) -> dict[str, list[list[str]]]:
    """Special hours by date; a date without hours is an opening of nothing: closed."""
    days: dict[str, list[list[str]]] = {}
    for line in filter(None, (line.strip() for line in _plain(text).splitlines())):
        date, __, hours = line.partition(" ")
        days[date] = read_hours(hours)
    return days


def write_special_days(days: Mapping[str, Sequence[Sequence[str]]]) -> str:
    return "\n".join(
        f"{date} {write_hours(hours)}".rstrip() for date, hours in sorted(days.items())
    )


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
    if found is None:
        raise NotationError(
            _("“%(text)s” are no opening hours. Write them like 09:00-12:00, 13:00-18:00.")
            % {"text": part}
        )
    return [f"{int(found[1]):02d}:{found[2]}", f"{int(found[3]):02d}:{found[4]}"]


def _plain(text: str) -> str:
    """Full-width digits, colons and all the dashes people type, as ASCII."""
    return unicodedata.normalize("NFKC", text.translate(DASHES))
