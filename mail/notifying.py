"""What agents were told in the desk, told again by mail."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction

from accounts.models import Agent, Notification
from mail.letters import write_letter
from mail.services import queue_email

logger = structlog.get_logger(__name__)
DIGEST_FROM = 4
NEXT_TRY = timedelta(minutes=10)


@transaction.atomic
def mail_notifications(*, now: datetime, limit: int = 200) -> int:
    """Turn what agents were told in the desk into letters, once each; return how many were taken.

    Somebody who would get many at once gets a single digest. Somebody who cannot be written to is
    tried again later and keeps nobody else from their letters.
    """
    taken = list(
        Notification.objects.to_mail()
        .filter(mail_after__lte=now, agent__is_active=True)
        .select_related("agent")
        .select_for_update(skip_locked=True, of=("self",))
        .order_by("mail_after", "pk")[:limit]
    )
    by_agent: dict[int, list[Notification]] = defaultdict(list)
    for notification in taken:
        by_agent[notification.agent_id].append(notification)
    for agent_id, notifications in by_agent.items():
        rows = Notification.objects.filter(pk__in=[each.pk for each in notifications])
        try:
            with transaction.atomic():
                _mail_one_agent(notifications, now=now)
                rows.update(mailed_at=now)
        # A time zone that does not exist, for example.
        except Exception:
            logger.exception("mail.notifications_failed", agent=agent_id)
            rows.update(mail_after=now + NEXT_TRY)
    return len(taken)


def _mail_one_agent(notifications: Sequence[Notification], *, now: datetime) -> None:
    if len(notifications) >= DIGEST_FROM:
        _queue_to_agent(notifications, template="digest", now=now)
    else:
        for notification in notifications:
            _queue_to_agent([notification], template="notification", now=now)


def _queue_to_agent(notifications: Sequence[Notification], *, template: str, now: datetime) -> None:
    write_to_agent(
        notifications[0].agent,
        template,
        context={"notifications": notifications, "notification": notifications[0]},
        dedupe_key=f"{template}:{notifications[0].pk}",
        now=now,
    )


def write_to_agent(
    agent: Agent, template: str, *, context: Mapping[str, Any], dedupe_key: str, now: datetime
) -> None:
    """Queue the letter `mail/<template>` to somebody who works here, once for each key."""
    letter = write_letter(
        template,
        language=agent.language,
        time_zone=agent.time_zone,
        context={"agent": agent, "base_url": settings.BASE_URL, "now": now, **context},
    )
    queue_email(
        to=agent.email,
        letter=letter,
        dedupe_key=dedupe_key,
        language=agent.language,
        now=now,
        headers={"Auto-Submitted": "auto-generated"},
    )
