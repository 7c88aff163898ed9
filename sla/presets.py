"""Opening hours and policies to start from. A preset fills a form; saved is what the form says.

The first of each list is what a fresh desk in Japan starts with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sla.working_time import WEEKDAYS

MINUTE = 60
HOUR = 60 * MINUTE
WORKDAYS = WEEKDAYS[:5]
Times = Mapping[str, tuple[int, int, int]]
"""By priority: the time to reply, to give an update and to solve, in seconds of working time."""


@dataclass(frozen=True)
class Preset:
    """`content` is what a version stores: hours of a calendar, or settings of a policy."""

    key: str
    name: str | Promise
    about: str | Promise
    content: Mapping[str, Any]


def preset_named(key: str, presets: Sequence[Preset]) -> Preset | None:
    return next((preset for preset in presets if preset.key == key), None)


def office_hours(time_zone: str) -> dict[str, Any]:
    """The first hours in Japan; elsewhere Monday to Friday, 9:00 to 18:00, without holidays."""
    japanese = CALENDARS[0].content
    if time_zone == japanese["tz"]:
        return deepcopy(dict(japanese))
    return _hours(time_zone, _weekdays(("09:00", "18:00")))


def standard_settings() -> dict[str, Any]:
    """What the default policy of a fresh desk says (see sla.models.PolicyVersion)."""
    return deepcopy(dict(POLICIES[0].content))


def _hours(
    tz: str, weekly: Mapping[str, list[list[str]]], *, country: str = "", closed: Sequence[str] = ()
) -> dict[str, Any]:
    return {
        "tz": tz,
        "weekly": dict(weekly),
        "holidays": [{"country": country}] if country else [],
        "closed": list(closed),
        "open": {},
    }


def _weekdays(*intervals: tuple[str, str]) -> dict[str, list[list[str]]]:
    return {day: [list(interval) for interval in intervals] for day in WORKDAYS}


def _every_day(*interval: str) -> dict[str, list[list[str]]]:
    return {day: [list(interval)] for day in WEEKDAYS}


def _settings(
    times: Times,
    *,
    warn: Sequence[int],
    waits: tuple[int, int, int],
    escalation: Sequence[tuple[int, str]],
    reopen_floor: int,
    around_the_clock: bool = False,
) -> dict[str, Any]:
    """The first promise is the target of the first reply, later ones that of updates."""
    return {
        "resolution_mode": "requester_wait",
        "ack_seconds": MINUTE,
        "warn_percent": list(warn),
        "targets": {
            priority: {
                "first_reply": reply,
                "next_reply": reply,
                "update": update,
                "resolution": resolution,
            }
            for priority, (reply, update, resolution) in times.items()
        },
        "promise_initial": {priority: reply for priority, (reply, _u, _r) in times.items()},
        "promise_default": {priority: update for priority, (_f, update, _r) in times.items()},
        "promise_fallback_wall": 24 * HOUR,
        "reopen_floor": reopen_floor,
        "customer_wait": dict(zip(("nudge_1", "nudge_2", "auto_close"), waits, strict=True)),
        "escalation": [
            {"level": level, "after": after, "audience": audience}
            for level, (after, audience) in enumerate(escalation, start=1)
        ],
        "notifies_around_the_clock": around_the_clock,
        "holding_note": False,
        "returns_unanswered": False,
    }


CALENDARS = (
    Preset(
        "japanese-office",
        _("Japanese office hours"),
        _(
            "Monday to Friday, 9:00–18:00. Closed on Japanese public holidays and from 29 December"
            " to 3 January."
        ),
        _hours("Asia/Tokyo", _weekdays(("09:00", "18:00")), country="JP", closed=["12-29..01-03"]),
    ),
    Preset(
        "japanese-office-with-lunch-break",
        _("Japanese office hours with a lunch break"),
        _(
            "Monday to Friday, 9:00–12:00 and 13:00–18:00. Closed on Japanese public holidays and"
            " from 29 December to 3 January."
        ),
        _hours(
            "Asia/Tokyo",
            _weekdays(("09:00", "12:00"), ("13:00", "18:00")),
            country="JP",
            closed=["12-29..01-03"],
        ),
    ),
    Preset(
        "every-day",
        _("365 days a year"),
        _("Every day, 10:00–19:00 in Japan, weekends and public holidays too."),
        _hours("Asia/Tokyo", _every_day("10:00", "19:00")),
    ),
    Preset(
        "always",
        _("24 hours, 7 days"),
        _("Somebody is always here: a working hour is an hour on the clock on the wall."),
        _hours("UTC", _every_day("00:00", "24:00")),
    ),
    Preset(
        "us-office",
        _("US office hours"),
        _("Monday to Friday, 9:00–17:00 in New York. Closed on US federal holidays."),
        _hours("America/New_York", _weekdays(("09:00", "17:00")), country="US"),
    ),
    Preset(
        "uk-office",
        _("UK office hours"),
        _("Monday to Friday, 9:00–17:00 in London. Closed on the bank holidays of England."),
        {
            **_hours("Europe/London", _weekdays(("09:00", "17:00"))),
            "holidays": [{"country": "GB", "subdivision": "ENG"}],
        },
    ),
    Preset(
        "german-office",
        _("German office hours"),
        _("Monday to Friday, 9:00–17:00 in Berlin. Closed on the nationwide public holidays."),
        _hours("Europe/Berlin", _weekdays(("09:00", "17:00")), country="DE"),
    ),
)

POLICIES = (
    Preset(
        "standard",
        _("Standard business support"),
        _("A reply within half a working day, news every working day. For office hours."),
        _settings(
            {
                "urgent": (HOUR // 2, 2 * HOUR, 4 * HOUR),
                "high": (2 * HOUR, 4 * HOUR, 9 * HOUR),
                "normal": (4 * HOUR, 9 * HOUR, 27 * HOUR),
                "low": (9 * HOUR, 18 * HOUR, 45 * HOUR),
            },
            warn=(75, 90),
            waits=(18 * HOUR, 36 * HOUR, 54 * HOUR),
            escalation=((0, "assignee"), (15 * MINUTE, "lead"), (HOUR, "manager")),
            reopen_floor=2 * HOUR,
        ),
    ),
    Preset(
        "fast",
        _("Fast consumer support"),
        _("A reply within 2 hours, solved within a day: hours, not days. For shops and services."),
        _settings(
            {
                "urgent": (15 * MINUTE, HOUR, 3 * HOUR),
                "high": (HOUR, 2 * HOUR, 6 * HOUR),
                "normal": (2 * HOUR, 4 * HOUR, 9 * HOUR),
                "low": (4 * HOUR, 9 * HOUR, 18 * HOUR),
            },
            warn=(75, 90),
            waits=(18 * HOUR, 45 * HOUR, 63 * HOUR),
            escalation=((0, "assignee"), (10 * MINUTE, "lead"), (30 * MINUTE, "manager")),
            reopen_floor=HOUR,
        ),
    ),
    Preset(
        "critical",
        _("24×7 critical systems"),
        _(
            "A reply to urgent matters within 15 minutes and news every half hour, day and night;"
            " people are told at night too. For opening hours without a gap."
        ),
        _settings(
            {
                "urgent": (15 * MINUTE, 30 * MINUTE, 4 * HOUR),
                "high": (HOUR, 2 * HOUR, 8 * HOUR),
                "normal": (4 * HOUR, 12 * HOUR, 48 * HOUR),
                "low": (24 * HOUR, 48 * HOUR, 120 * HOUR),
            },
            warn=(50, 75, 90),
            waits=(48 * HOUR, 96 * HOUR, 168 * HOUR),
            escalation=((0, "assignee"), (5 * MINUTE, "lead"), (15 * MINUTE, "manager")),
            reopen_floor=HOUR,
            around_the_clock=True,
        ),
    ),
    Preset(
        "relaxed",
        _("Relaxed internal help desk"),
        _("A reply within a working day; the team lead is told half a day late, managers never."),
        _settings(
            {
                "urgent": (HOUR, 4 * HOUR, 9 * HOUR),
                "high": (4 * HOUR, 9 * HOUR, 27 * HOUR),
                "normal": (9 * HOUR, 27 * HOUR, 45 * HOUR),
                "low": (18 * HOUR, 45 * HOUR, 90 * HOUR),
            },
            warn=(90,),
            waits=(27 * HOUR, 54 * HOUR, 90 * HOUR),
            escalation=((0, "assignee"), (4 * HOUR, "lead")),
            reopen_floor=4 * HOUR,
        ),
    ),
)
