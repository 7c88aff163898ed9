"""How one agent wants to be told: by kind of news, at which hours, and once a day in one letter."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.models import Agent, Notification, NotificationSettings
from accounts.notifying import DESK, MAIL

Kind = Notification.Kind
# What notices of these kinds propose; all others are told in the desk alone.
MAILED_BY_DEFAULT = {
    Kind.WARNING,
    Kind.BREACH,
    Kind.ASSIGNED,
    Kind.HANDED_OVER,
    Kind.WENT_BACK,
    Kind.MENTIONED,
    Kind.UNDELIVERED,
    Kind.NOT_SENT,
    Kind.BAD_RATING,
    Kind.MAIL_WAITS,
    Kind.MAILBOX_SILENT,
    Kind.WEBHOOK_OFF,
    Kind.RULE,
}


def default_ways(kind: str) -> list[str]:
    """How news of this kind is told to whoever has said nothing about it."""
    return [DESK, MAIL] if kind in MAILED_BY_DEFAULT else [DESK]


@transaction.atomic
def save_notification_settings(  # noqa: PLR0913 - all of it is on one page
    agent: Agent,
    *,
    ways: Mapping[str, Collection[str]],
    quiet: tuple[time, time] | None,
    breaks_quiet_for_breaches: bool,
    digest_at: time | None,
    time_zone: str,
    now: datetime,
) -> None:
    """Store it. What is as proposed is not stored, so that it goes on being as proposed."""
    agent.time_zone = time_zone
    agent.save(update_fields=["time_zone"])
    chosen = {kind: sorted(of_kind) for kind, of_kind in ways.items()}
    NotificationSettings.objects.update_or_create(
        agent=agent,
        defaults={
            "ways": {kind: on for kind, on in chosen.items() if on != default_ways(kind)},
            "quiet_from": quiet[0] if quiet else None,
            "quiet_until": quiet[1] if quiet else None,
            "breaks_quiet_for_breaches": breaks_quiet_for_breaches,
            "digest_at": digest_at,
            "next_digest_at": next_time_of_day(digest_at, time_zone, now=now),
        },
    )


def next_time_of_day(at: time | None, time_zone: str, *, now: datetime) -> datetime | None:
    """When it is this time of day next, there."""
    if at is None:
        return None
    zone = ZoneInfo(time_zone)
    today = now.astimezone(zone).date()
    coming = (datetime.combine(today + timedelta(days=n), at, tzinfo=zone) for n in (0, 1, 2))
    return next(moment for moment in coming if moment > now)
