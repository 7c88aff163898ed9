"""What agents were told in the desk, told again by mail."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction

from accounts.models import Notification
from mail.letters import write_letter
from mail.services import queue_email

DIGEST_FROM = 4


@transaction.atomic
def mail_notifications(*, now: datetime, limit: int = 200) -> int:
    """Turn what agents were told in the desk into letters, once each; return how many were taken.

    Somebody who would get many at once gets a single digest.
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
    for notifications in by_agent.values():
        _mail_one_agent(notifications, now=now)
    Notification.objects.filter(pk__in=[each.pk for each in taken]).update(mailed_at=now)
    return len(taken)


def _mail_one_agent(notifications: Sequence[Notification], *, now: datetime) -> None:
    if len(notifications) >= DIGEST_FROM:
        _queue_to_agent(notifications, template="digest", now=now)
    else:
        for notification in notifications:
            _queue_to_agent([notification], template="notification", now=now)


def _queue_to_agent(notifications: Sequence[Notification], *, template: str, now: datetime) -> None:
    agent = notifications[0].agent
    letter = write_letter(
        template,
        language=agent.language,
        time_zone=agent.time_zone,
        context={
            "agent": agent,
            "notifications": notifications,
            "notification": notifications[0],
            "base_url": settings.BASE_URL,
            "now": now,
        },
    )
    queue_email(
        to=agent.email,
        letter=letter,
        dedupe_key=f"{template}:{notifications[0].pk}",
        language=agent.language,
        now=now,
        headers={"Auto-Submitted": "auto-generated"},
    )
