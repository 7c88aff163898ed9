"""How long the first reply usually takes, by topic: frozen month by month, so that a ticket that was
judged once is never judged otherwise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import (
    Aggregate,
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    QuerySet,
    Subquery,
)
from django.utils import timezone

from mail.models import OutboundEmail
from sla.models import Status
from tickets.events import EventKind
from tickets.models import Message, Ticket, TicketEvent, Yardstick

# Of fewer it cannot be said what is usual.
ENOUGH = 20


@dataclass(frozen=True)
class Usual:
    """What holds for the tickets that were measured by one month."""

    of_all: int | None
    of_topics: Mapping[int, int] = field(default_factory=dict)

    def of(self, topic: int | None) -> int | None:
        """Seconds within which nine in ten had their reply; None when too few had one."""
        return self.of_topics.get(topic, self.of_all) if topic else self.of_all


class Ninth(Aggregate):
    """The value that nine in ten do not exceed."""

    function = "percentile_disc"
    template = "%(function)s(0.9) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


def month_before(instant: datetime) -> date:
    """The first day of the calendar month before this one, in the desk's zone."""
    first = instant.astimezone(timezone.get_default_timezone()).date().replace(day=1)
    return (first - timedelta(days=1)).replace(day=1)


def measure_all() -> None:
    """Make the yardsticks of all months that any ticket is measured by, each for itself, so that many
    who look at tickets at once need not wait for whoever makes one."""
    zone = timezone.get_default_timezone()
    for month in Ticket.objects.datetimes("opened_at", "month", tzinfo=zone):
        yardsticks_of([month_before(month)])


def yardsticks_of(months: Collection[date]) -> dict[date, Usual]:
    """The yardsticks of these months, made now where nobody has asked for them before."""
    found = _stored(months)
    # In one order, so that two who measure the same months do not wait for each other.
    missing = sorted(month for month in months if month not in found)
    for month in missing:
        _freeze(month)
    return found | _stored(missing) if missing else found


def _stored(months: Collection[date]) -> dict[date, Usual]:
    of_all: dict[date, int | None] = {}
    of_topics: dict[date, dict[int, int]] = defaultdict(dict)
    for each in Yardstick.objects.filter(month__in=months):
        if each.topic_id is None:
            of_all[each.month] = each.seconds
        elif each.seconds is not None:
            of_topics[each.month][each.topic_id] = each.seconds
    return {month: Usual(seconds, of_topics[month]) for month, seconds in of_all.items()}


@transaction.atomic
def _freeze(month: date) -> None:
    """Measure a month. When somebody else does so at the same time, the first to say it is right."""
    answered = _answered(month)
    whole = answered.aggregate(cases=Count("pk"), ninth=Ninth("waited"))
    _row, is_first = Yardstick.objects.get_or_create(
        month=month,
        topic=None,
        defaults={"seconds": _seconds(whole["ninth"]) if whole["cases"] >= ENOUGH else None},
    )
    if not is_first:
        return
    by_topic = (
        answered.exclude(topic=None)
        .order_by()
        .values("topic")
        .annotate(cases=Count("pk"), ninth=Ninth("waited"))
        .filter(cases__gte=ENOUGH)
    )
    Yardstick.objects.bulk_create(
        [
            Yardstick(month=month, topic_id=row["topic"], seconds=_seconds(row["ninth"]))
            for row in by_topic
        ]
    )


def _seconds(waited: timedelta) -> int:
    return int(waited.total_seconds())


def _answered(month: date) -> QuerySet[Ticket, Any]:
    """The tickets that came in that month and were answered by a person, with how long that took.
    Those that people opened were answered as they came, and say nothing."""
    replies = (
        Message.objects.filter(
            ticket=OuterRef("pk"), direction=Message.Direction.OUTBOUND, agent__isnull=False
        )
        .exclude(email__state=OutboundEmail.State.FAILED)
        .order_by("sent_at")
    )
    by_us = TicketEvent.objects.filter(
        ticket=OuterRef("pk"), kind=EventKind.OPENED, agent__isnull=False
    )
    came = Ticket.objects.filter(opened_at__gte=_start(month), opened_at__lt=_end(month))
    replied = came.annotate(replied_at=Subquery(replies.values("sent_at")[:1]))
    return (
        replied.exclude(status__in=[Status.SPAM, Status.MERGED])
        .filter(~Exists(by_us), replied_at__isnull=False)
        .annotate(
            waited=ExpressionWrapper(F("replied_at") - F("opened_at"), output_field=DurationField())
        )
    )


def _start(month: date) -> datetime:
    return datetime.combine(month, time(), tzinfo=timezone.get_default_timezone())


def _end(month: date) -> datetime:
    return _start((month + timedelta(days=31)).replace(day=1))
