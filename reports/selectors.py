"""What managers ask: is anyone waiting too long, and do we keep our word?

Kept means that a person was in touch at or before the promised instant; an acknowledgement or an
automatic note never counts (features.md X3).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Aggregate, Count, F, FloatField, Q, QuerySet
from django.utils import timezone

from accounts.models import Agent
from sla.models import Commitment, Kind
from tickets.models import Ticket
from tickets.selectors import QueueFilter

HUMAN_SOURCES = ["agent", "agent_fallback"]
PERIODS = {"today": 0, "week": 6}


class Median(Aggregate):
    """The middle value, interpolated between two."""

    function = "percentile_cont"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


@dataclass(frozen=True)
class Now:
    """How things stand at this moment; each number is the size of a queue filter."""

    broken: int
    within_the_hour: int
    unassigned: int
    open: int
    oldest_wait: Commitment | None


@dataclass(frozen=True)
class Kept:
    """Promises decided in a period: kept when contacted in time, broken at their due instant."""

    kept: int
    broken: int

    @property
    def share(self) -> int | None:
        """Per cent kept, floored so that 100 means all; None when nothing was decided."""
        decided = self.kept + self.broken
        return 100 * self.kept // decided if decided else None


FILTERS = {
    "broken": QueueFilter(due="broken"),
    "within_the_hour": QueueFilter(due="hour"),
    "unassigned": QueueFilter(scope="unassigned"),
    "open": QueueFilter(),
}


def now_figures(agent: Agent, *, now: datetime) -> Now:
    """The five figures of the first line, in two queries."""
    second = now.replace(microsecond=0)
    counts = (
        Ticket.objects.visible_to(agent)
        .unresolved()
        .aggregate(
            broken=Count("pk", filter=Q(next_contact_at__lt=second)),
            within_the_hour=Count(
                "pk",
                filter=Q(
                    next_contact_at__gte=second, next_contact_at__lt=second + timedelta(hours=1)
                ),
            ),
            unassigned=Count("pk", filter=Q(assignee=None)),
            open=Count("pk"),
        )
    )
    return Now(**counts, oldest_wait=oldest_wait())


def oldest_wait() -> Commitment | None:
    """The customer who has waited longest for an answer."""
    return (
        Commitment.objects.live()
        .filter(kind__in=[Kind.FIRST_REPLY, Kind.NEXT_REPLY])
        .exclude(clock__ticket=None)
        .select_related("clock__ticket__customer")
        .order_by("started_at", "pk")
        .first()
    )


def period_start(period: str, *, now: datetime) -> datetime:
    """Midnight, in the reader's zone, on which the period began: today's, or six days before."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=PERIODS[period])


def decided_promises(result: str, *, since: datetime, until: datetime) -> QuerySet[Commitment]:
    """The promises of people that were kept, or broken, in [since, until]."""
    promises = Commitment.objects.filter(kind=Kind.PROMISE, source__in=HUMAN_SOURCES)
    if result == "kept":
        return promises.filter(state=Commitment.State.MET, met_at__gte=since, met_at__lte=until)
    return promises.filter(
        state=Commitment.State.BREACHED, breached_at__gte=since, breached_at__lte=until
    )


def kept_in(period: str, *, now: datetime) -> Kept:
    since = period_start(period, now=now)
    return Kept(
        kept=decided_promises("kept", since=since, until=now).count(),
        broken=decided_promises("broken", since=since, until=now).count(),
    )


def first_reply_median(*, now: datetime) -> float | None:
    """Working seconds until the first reply, for replies of the last seven days."""
    replies = Commitment.objects.filter(
        kind=Kind.FIRST_REPLY,
        met_at__gte=period_start("week", now=now),
        met_at__lte=now,
        used_seconds__isnull=False,
    )
    median: float | None = replies.aggregate(median=Median(F("used_seconds")))["median"]
    return median


def kept_by_day(*, now: datetime) -> list[tuple[datetime, Kept]]:
    """The last seven days, the oldest first, for the chart."""
    start = period_start("week", now=now)
    days = [start + timedelta(days=number) for number in range(7)]
    return [(day, _kept_on(day, now=now)) for day in days]


def _kept_on(day: datetime, *, now: datetime) -> Kept:
    until = min(now, day + timedelta(days=1) - timedelta(microseconds=1))
    return Kept(
        kept=decided_promises("kept", since=day, until=until).count(),
        broken=decided_promises("broken", since=day, until=until).count(),
    )
