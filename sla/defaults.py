"""What a fresh desk starts with: hours, a policy and what they promise. All of it can be edited."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from sla.models import BusinessCalendar, CalendarVersion, Policy, PolicyVersion

HOUR = 3600
WORKDAYS = ("mon", "tue", "wed", "thu", "fri")


def install_defaults() -> None:
    """Create the first calendar and the default policy, unless there is a policy already."""
    if Policy.objects.exists():
        return
    with translation.override(settings.LANGUAGE_CODE):
        calendar = BusinessCalendar.objects.create(name=_("Office hours"), is_default=True)
        hours = CalendarVersion.objects.create(
            calendar=calendar, number=1, hours=office_hours(settings.TIME_ZONE)
        )
        policy = Policy.objects.create(
            name=_("Standard"), position=1000, is_default=True, calendar=calendar
        )
    PolicyVersion.objects.create(
        policy=policy, number=1, calendar_version=hours, settings=standard_settings()
    )


def office_hours(time_zone: str) -> dict[str, Any]:
    """Monday to Friday, 9:00 to 18:00; in Japan without public holidays and the New Year days."""
    in_japan = time_zone == "Asia/Tokyo"
    return {
        "tz": time_zone,
        "weekly": {day: [["09:00", "18:00"]] for day in WORKDAYS},
        "holidays": [{"country": "JP"}] if in_japan else [],
        "closed": ["12-29..01-03"] if in_japan else [],
        "open": {},
    }


def standard_settings() -> dict[str, Any]:
    """The standard policy: seconds of working time, as data/sla/README.md names them."""
    return {
        "resolution_mode": "requester_wait",
        "ack_seconds": 60,
        "warn_percent": [75, 90],
        "targets": {
            "urgent": _targets(reply=HOUR // 2, update=2 * HOUR, resolution=4 * HOUR),
            "high": _targets(reply=2 * HOUR, update=4 * HOUR, resolution=9 * HOUR),
            "normal": _targets(reply=4 * HOUR, update=9 * HOUR, resolution=27 * HOUR),
            "low": _targets(reply=9 * HOUR, update=18 * HOUR, resolution=45 * HOUR),
        },
        "promise_initial": {
            "urgent": HOUR // 2,
            "high": 2 * HOUR,
            "normal": 4 * HOUR,
            "low": 9 * HOUR,
        },
        "promise_default": {
            "urgent": 2 * HOUR,
            "high": 4 * HOUR,
            "normal": 9 * HOUR,
            "low": 18 * HOUR,
        },
        "promise_fallback_wall": 24 * HOUR,
        "reopen_floor": 2 * HOUR,
        "customer_wait": {"nudge_1": 18 * HOUR, "nudge_2": 36 * HOUR, "auto_close": 54 * HOUR},
        "escalation": [
            {"level": 1, "after": 0, "audience": "assignee"},
            {"level": 2, "after": HOUR // 4, "audience": "lead"},
            {"level": 3, "after": HOUR, "audience": "manager"},
        ],
        "notifies_around_the_clock": False,
    }


def _targets(*, reply: int, update: int, resolution: int) -> dict[str, int]:
    return {"first_reply": reply, "next_reply": reply, "update": update, "resolution": resolution}
