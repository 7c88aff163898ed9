"""Once a day, at an hour of their own, people get one letter that says what waits for them."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction
from django.utils import timezone

from accounts.models import Agent, NotificationSettings
from accounts.preferences import next_time_of_day
from mail.notifying import write_to_agent
from sla.models import Status
from tickets.models import Ticket

logger = structlog.get_logger(__name__)
BATCH = 100
SHOWN = 30
NEXT_TRY = timedelta(minutes=10)


def send_due_digests(*, now: datetime | None = None) -> int:
    """Write to everybody whose hour has come, once a day each; return how many were looked at."""
    now = now or timezone.now()
    due = NotificationSettings.objects.filter(next_digest_at__lte=now).order_by("next_digest_at")
    ids = list(due.values_list("pk", flat=True)[:BATCH])
    for pk in ids:
        try:
            _send(pk, now=now)
        # Whatever is wrong with one of them, the others get their letters.
        except Exception:
            logger.exception("digest.failed", settings=pk)
            NotificationSettings.objects.filter(pk=pk).update(next_digest_at=now + NEXT_TRY)
    return len(ids)


@transaction.atomic
def _send(pk: int, *, now: datetime) -> None:
    due = NotificationSettings.objects.filter(pk=pk, next_digest_at__lte=now)
    # Held, so that of two processes one sends it and the other finds it sent.
    settings = due.select_for_update(of=("self",), skip_locked=True).select_related("agent").first()
    if settings is None:
        return
    agent = settings.agent
    settings.next_digest_at = next_time_of_day(settings.digest_at, agent.time_zone, now=now)
    settings.save(update_fields=["next_digest_at"])
    if agent.is_active and not agent.is_away_at(now):
        _write(agent, now=now)


def _write(agent: Agent, *, now: datetime) -> None:
    """Nothing waits: no letter."""
    own = Ticket.objects.filter(assignee=agent, status__in=[Status.NEW, Status.OPEN])
    in_order = own.select_related("clock", "customer").order_by("next_due_at", "pk")
    tickets, number = list(in_order[:SHOWN]), own.count()
    if not tickets:
        return
    day = now.astimezone(ZoneInfo(agent.time_zone)).date()
    write_to_agent(
        agent,
        "waiting",
        context={"tickets": tickets, "number": number, "left": number - len(tickets)},
        dedupe_key=f"waiting:{agent.pk}:{day}",
        now=now,
    )
