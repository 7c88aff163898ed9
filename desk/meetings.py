"""Meetings that a mail invites to, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from common.time_formatting import format_day, format_instant

KINDS = {
    "REQUEST": gettext_lazy("Invitation to a meeting"),
    "CANCEL": gettext_lazy("The meeting is cancelled"),
    "REPLY": gettext_lazy("Answer to an invitation"),
    "COUNTER": gettext_lazy("Another time is proposed"),
}


@dataclass(frozen=True, kw_only=True)
class Meeting:
    """One card: what it is, when in the reader's zone, where, and who invites."""

    kind: str
    title: str
    when: str
    place: str
    organizer: str
    is_cancelled: bool


def meeting(told: Mapping[str, str]) -> Meeting:
    """The card of one invitation as a message keeps it (mail.reading.invitations)."""
    return Meeting(
        kind=str(KINDS.get(told["method"], _("Date in a calendar file"))),
        title=told["title"],
        when=_when(told["starts"], told["ends"]) + (_(", repeats") if told["repeats"] else ""),
        place=told["place"],
        organizer=told["organizer"],
        is_cancelled=told["method"] == "CANCEL",
    )


def _when(starts: str, ends: str) -> str:
    first, last = _in_words(starts), _in_words(ends)
    if not first:
        return _("no time is given")
    return f"{first} – {last}" if last and last != first and "T" in starts else first


def _in_words(moment: str) -> str:
    language = get_language() or "en"
    if not moment:
        return ""
    if "T" not in moment:
        return format_day(date.fromisoformat(moment), language=language)
    at, zone = datetime.fromisoformat(moment), timezone.get_current_timezone()
    if at.tzinfo is None:
        # A time of day wherever one is.
        return format_instant(at.replace(tzinfo=zone), language=language, zone=zone)
    return format_instant(at, language=language, zone=zone, with_zone=True)
