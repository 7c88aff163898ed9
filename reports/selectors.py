"""What managers ask and no measure counts: how that ended which we asked of customers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from tickets.models import CustomerTask


@dataclass(frozen=True)
class Asked:
    """How what we asked customers to do in a period has ended."""

    asked: int
    answered: int
    by_reminder: int
    unanswered: int


def asked_of_customers(*, now: datetime, days: int = 30) -> Asked:
    """What was asked in the last days: answered without a word more, answered after a reminder, and
    back with us or closed without an answer; what waits still and what became needless is in none."""
    given = Q(ending__in=[CustomerTask.Ending.ANSWERED, CustomerTask.Ending.DONE])
    silent = Q(ending__in=[CustomerTask.Ending.RETURNED, CustomerTask.Ending.CLOSED])
    tasks = CustomerTask.objects.filter(asked_at__gt=now - timedelta(days=days))
    numbers = tasks.aggregate(
        asked=Count("pk"),
        answered=Count("pk", filter=given & Q(reminders=0)),
        by_reminder=Count("pk", filter=given & Q(reminders__gt=0)),
        unanswered=Count("pk", filter=silent),
    )
    return Asked(**numbers)
