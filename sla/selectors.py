"""What policies and calendars say, compiled once per version and process."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import QuerySet

from common.prepared import prepared
from sla.engine.settings import PolicySettings
from sla.models import (
    BusinessCalendar,
    CalendarVersion,
    Commitment,
    PolicyVersion,
    Priority,
)
from sla.working_time import Calendar, add_working_time, epoch_seconds, next_opening, utc_datetime

HOUR = 3600
POLICIES_IN_ORDER = """
    SELECT policy.conditions, newest.id
    FROM sla_policy AS policy
    CROSS JOIN LATERAL (
      SELECT id FROM sla_policyversion
      WHERE policy_id = policy.id ORDER BY number DESC LIMIT 1
    ) AS newest
    WHERE policy.is_active
    ORDER BY policy.is_default, policy.position
"""


@prepared
def commitments_of(clock: int) -> QuerySet[Commitment]:
    """All that was ever owed, the earliest first."""
    return Commitment.objects.filter(clock=clock).order_by("due_at", "pk")


@dataclass(frozen=True)
class Terms:
    """One policy version, ready to be computed with."""

    settings: PolicySettings
    audiences: Mapping[int, str]
    notifies_around_the_clock: bool

    @property
    def calendar(self) -> Calendar:
        return self.settings.calendar


@dataclass(frozen=True)
class PolicyTable:
    """The active policies in the order they are asked, each with its version now in force."""

    rows: tuple[tuple[Mapping[str, Sequence[object]], int], ...]

    @classmethod
    def load(cls) -> PolicyTable:
        """Read it in one query, which every inquiry asks twice."""
        with connection.cursor() as cursor:
            cursor.execute(POLICIES_IN_ORDER)
            return cls(tuple((json.loads(conditions), pk) for conditions, pk in cursor.fetchall()))

    def version_for(self, matter: Mapping[str, object]) -> int:
        """The version of the first policy whose conditions all hold.

        A condition is a field of the matter and the values it may have. Raises LookupError when
        there is no default policy.
        """
        for conditions, version_id in self.rows:
            if all(matter.get(field) in values for field, values in conditions.items()):
                return version_id
        raise LookupError("There is no default policy; run `manage.py prepare`.")


def policy_version_for(matter: Mapping[str, object]) -> int:
    """The policy version that holds for a matter now. Raises LookupError without any policy."""
    return PolicyTable.load().version_for(matter)


def always_open_calendar() -> BusinessCalendar | None:
    """Opening hours without a gap, if anybody has written some down."""
    newest = (
        CalendarVersion.objects.order_by("calendar_id", "-number")
        .distinct("calendar_id")
        .select_related("calendar")
    )
    always = (each for each in newest if Calendar.from_json(each.hours).is_always_open)
    return next((version.calendar for version in always), None)


def default_calendar() -> Calendar:
    """The opening hours of the desk as they stand. Raises DoesNotExist when nothing is installed."""
    version = CalendarVersion.objects.filter(calendar__is_default=True).latest("number")
    return _calendar(version.pk, version.hours)


@lru_cache(maxsize=1000)
def terms_of(policy_version_id: int) -> Terms:
    """The terms of a policy version. Versions never change, so they are read once per process."""
    version = PolicyVersion.objects.select_related("calendar_version").get(pk=policy_version_id)
    calendar = _calendar(version.calendar_version_id, version.calendar_version.hours)
    return Terms(
        settings=PolicySettings.from_json(version.settings, calendar=calendar),
        audiences={step["level"]: step["audience"] for step in version.settings["escalation"]},
        notifies_around_the_clock=version.settings.get("notifies_around_the_clock", False),
    )


def promise_for_inquiry(*, channel: str, language: str, now: datetime) -> datetime | None:
    """By when somebody who asks now would hear from us; for the form, before it is sent."""
    terms = terms_of(policy_version_for({"channel": channel, "language": language}))
    due = add_working_time(
        terms.calendar, epoch_seconds(now), terms.settings.promise_initial[Priority.NORMAL]
    )
    return None if due is None else utc_datetime(due)


def suggested_promises(policy_version_id: int, priority: str, *, now: datetime) -> list[datetime]:
    """Times for the next contact, all in opening hours: the policy's own first, then the nearest of
    two working hours from now, an hour into the next working day, and an hour into next week."""
    terms = terms_of(policy_version_id)
    calendar, at = terms.calendar, epoch_seconds(now)
    today = now.astimezone(ZoneInfo(calendar.tz)).replace(hour=0, minute=0, second=0, microsecond=0)
    monday = today + timedelta(days=7 - today.weekday())
    own = add_working_time(calendar, at, terms.settings.promise_default[priority])
    others = [
        add_working_time(calendar, at, 2 * HOUR),
        _an_hour_into(calendar, today + timedelta(days=1)),
        _an_hour_into(calendar, monday),
    ]
    fallback = [now + timedelta(seconds=terms.settings.promise_fallback_wall)]
    found = [own, *sorted(due for due in others if due is not None)]
    chosen = [_up_to_five_minutes(due) for due in found if due is not None]
    return list(dict.fromkeys(chosen)) or fallback


def coming_openings(policy_version_id: int, *, now: datetime) -> list[datetime]:
    """When we open next: today, if we are closed now, on the next working day, and next week."""
    calendar = terms_of(policy_version_id).calendar
    today = now.astimezone(ZoneInfo(calendar.tz)).replace(hour=0, minute=0, second=0, microsecond=0)
    monday = today + timedelta(days=7 - today.weekday())
    moments = (now, today + timedelta(days=1), monday)
    found = [next_opening(calendar, epoch_seconds(moment)) for moment in moments]
    openings = [utc_datetime(opening) for opening in found if opening is not None]
    return [opening for opening in dict.fromkeys(openings) if opening > now]


def disturb_at(policy_version_id: int, *, now: datetime) -> datetime:
    """When people may be written to of what happens now: outside opening hours at the next opening,
    unless the policy says otherwise. The state on screen changes at once."""
    terms = terms_of(policy_version_id)
    if terms.notifies_around_the_clock:
        return now
    opening = next_opening(terms.calendar, epoch_seconds(now))
    return now if opening is None else max(now, utc_datetime(opening))


def is_open(policy_version_id: int, *, now: datetime) -> bool:
    """Whether it is within opening hours."""
    opening = next_opening(terms_of(policy_version_id).calendar, epoch_seconds(now))
    return opening is not None and utc_datetime(opening) <= now


def working_time_after(
    policy_version_id: int, start: datetime, duration: timedelta
) -> datetime | None:
    """When so much working time of a policy's calendar has passed; None when it never opens."""
    calendar = terms_of(policy_version_id).calendar
    due = add_working_time(calendar, epoch_seconds(start), int(duration.total_seconds()))
    return None if due is None else utc_datetime(due)


def promise_after(policy_version_id: int, duration: timedelta, *, now: datetime) -> datetime:
    """The time to promise when so much working time is needed, in full five minutes."""
    due = working_time_after(policy_version_id, now, duration)
    if due is None:
        return suggested_promises(policy_version_id, Priority.NORMAL, now=now)[0]
    return _up_to_five_minutes(epoch_seconds(due))


def sweep_lag() -> float:
    """For how many wall seconds the most overdue step has waited for a sweep; 0 when none has.

    By the database's clock, which is the sweep's.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM clock_timestamp() - min(next_check_at))"
            " FROM sla_commitment WHERE next_check_at <= clock_timestamp()"
        )
        (seconds,) = cursor.fetchone()
    return 0.0 if seconds is None else float(seconds)


def late_wait(commitment: Commitment, *, now: datetime) -> int:
    """By how many wall seconds a reminder must be put off: 0 unless it is over an hour late.

    Nothing is fired at customers in a burst after an outage: what is late goes out in the next
    opening, and what comes after it keeps its distance (sla.md 3.3).
    """
    if commitment.due_at is None or now - commitment.due_at <= timedelta(hours=1):
        return 0
    calendar = terms_of(commitment.policy_version_id).calendar
    opening = next_opening(calendar, epoch_seconds(now)) or epoch_seconds(now)
    return opening - epoch_seconds(commitment.due_at)


def _an_hour_into(calendar: Calendar, midnight: datetime) -> int | None:
    opening = next_opening(calendar, epoch_seconds(midnight))
    return None if opening is None else opening + HOUR


def _up_to_five_minutes(instant: int) -> datetime:
    """People promise 15:05, not 15:02:41."""
    return utc_datetime(-(-instant // 300) * 300)


_calendars: dict[int, Calendar] = {}


def _calendar(version_id: int, hours: Mapping[str, Any]) -> Calendar:
    """One object per calendar version, so that policies share its compiled days."""
    if version_id not in _calendars:
        _calendars[version_id] = Calendar.from_json(hours)
    return _calendars[version_id]
