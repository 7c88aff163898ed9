"""Invitations to meetings: when and where, out of the calendar files of a letter."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from icalendar import Calendar, Component

from mail.reading.attachments import AttachedFile
from mail.reading.charsets import storable

MOST = 5
LARGEST = 200_000
LONGEST = 300
METHODS = {"REQUEST", "PUBLISH", "CANCEL", "REPLY", "COUNTER"}


@dataclass(frozen=True, slots=True)
class Invitation:
    """One meeting. `starts` and `ends` are ISO 8601: an instant in UTC, a day, or a time of day in
    no zone at all; empty where nothing is said. `method` is REQUEST, CANCEL, REPLY … (RFC 5546)."""

    title: str
    starts: str
    ends: str = ""
    place: str = ""
    organizer: str = ""
    method: str = ""
    repeats: bool = False


def invitations(files: Iterable[AttachedFile]) -> list[Invitation]:
    """The meetings in these files, each once, the first few; never raises."""
    found: dict[Invitation, None] = {}
    for file in files:
        if file.size <= LARGEST and _is_calendar(file):
            found.update(dict.fromkeys(_read(file.content)))
    return list(found)[:MOST]


def _is_calendar(file: AttachedFile) -> bool:
    return file.type == "text/calendar" or file.name.lower().endswith(".ics")


def _read(content: bytes) -> list[Invitation]:
    try:
        calendar = Calendar.from_ical(content)
        method = str(calendar.get("METHOD", "")).upper()
        events = calendar.walk("VEVENT")[: MOST + 1]
        return [_invitation(event, method if method in METHODS else "") for event in events]
    # Whatever is wrong with it, the file itself is there to be opened.
    except Exception:
        return []


def _invitation(event: Component, method: str) -> Invitation:
    return Invitation(
        title=_text(event.get("SUMMARY")),
        starts=_moment(event.get("DTSTART")),
        ends=_moment(event.get("DTEND")),
        place=_text(event.get("LOCATION")),
        organizer=_person(event.get("ORGANIZER")),
        method="CANCEL" if _text(event.get("STATUS")) == "CANCELLED" else method,
        repeats="RRULE" in event,
    )


def _moment(value: Any) -> str:
    moment = getattr(value, "dt", None)
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        moment = moment.astimezone(UTC)
    return moment.isoformat() if isinstance(moment, date) else ""


def _person(value: Any) -> str:
    """The name, or the address behind "mailto:"."""
    named = getattr(value, "params", {}).get("CN", "")
    return _text(named) or _text(value).removeprefix("MAILTO:").removeprefix("mailto:")


def _text(value: Any) -> str:
    return " ".join(storable(str(value or "")).split())[:LONGEST]
