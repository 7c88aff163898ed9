"""What managers ask: do we keep our word? Whether anyone waits too long is in reports.now.

Kept means that a person was in touch at or before the promised instant; an acknowledgement or an
automatic note never counts (features.md X3). Rescued means that such a note named a later time
before the promise broke (X4): neither kept nor broken.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Aggregate, Count, F, FloatField, Q, QuerySet
from django.utils import timezone

from sla.engine.commitments import HELD, KEPT_BY_PEOPLE
from sla.models import Commitment, Kind
from tickets.models import CustomerTask

RESULTS = ("kept", "broken", "rescued")
PERIODS = {"today": 0, "week": 6}


class Median(Aggregate):
    """The middle value, interpolated between two."""

    function = "percentile_cont"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


@dataclass(frozen=True)
class Kept:
    """Promises decided in a period: kept when contacted in time, broken at their due instant,
    rescued when the customer was told in time that it takes longer. The last count in no share."""

    kept: int
    broken: int
    rescued: int

    @property
    def share(self) -> int | None:
        """Per cent kept, floored so that 100 means all; None when nothing was decided."""
        decided = self.kept + self.broken
        return 100 * self.kept // decided if decided else None


def period_bounds(period: str, *, now: datetime) -> tuple[datetime, datetime]:
    """From when until when, in the reader's zone: "today", "week" (today and six days before), or
    one of those days by its date."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    if period in PERIODS:
        return _midnight(midnight, days=-PERIODS[period]), now
    day = timezone.make_aware(datetime.combine(date.fromisoformat(period), time()))
    return day, min(now, _midnight(day, days=1) - timedelta(microseconds=1))


def is_period(text: str, *, now: datetime) -> bool:
    """Whether `period_bounds` knows it."""
    return text in PERIODS or text in [day.date().isoformat() for day in last_days(now=now)]


def last_days(*, now: datetime) -> list[datetime]:
    """The midnights of today and the six days before, the oldest first."""
    today, _ = period_bounds("today", now=now)
    return [_midnight(today, days=-back) for back in range(PERIODS["week"], -1, -1)]


def _midnight(day: datetime, *, days: int) -> datetime:
    """A midnight some days on; a day may have 23 or 25 hours."""
    return timezone.make_aware(
        datetime.combine(timezone.localtime(day).date() + timedelta(days=days), time())
    )


def decided_promises(result: str, *, since: datetime, until: datetime) -> QuerySet[Commitment]:
    """The promises of people that were kept, broken or rescued in [since, until]."""
    return _promises_of_people().filter(_decided(result, since=since, until=until))


def kept_in(period: str, *, now: datetime) -> Kept:
    """How many promises were kept, broken and rescued in a period, in one query."""
    since, until = period_bounds(period, now=now)
    return Kept(
        **_promises_of_people().aggregate(
            **{
                result: Count("pk", filter=_decided(result, since=since, until=until))
                for result in RESULTS
            }
        )
    )


def kept_by_day(*, now: datetime) -> list[tuple[datetime, Kept]]:
    """The last seven days, the oldest first, in one query."""
    days = last_days(now=now)
    bounds = {day: period_bounds(day.date().isoformat(), now=now) for day in days}
    counts = _promises_of_people().aggregate(
        **{
            f"{result}_{number}": Count(
                "pk", filter=_decided(result, since=bounds[day][0], until=bounds[day][1])
            )
            for number, day in enumerate(days)
            for result in RESULTS
        }
    )
    return [
        (day, Kept(**{result: counts[f"{result}_{number}"] for result in RESULTS}))
        for number, day in enumerate(days)
    ]


def _promises_of_people() -> QuerySet[Commitment]:
    return Commitment.objects.filter(kind=Kind.PROMISE, source__in=KEPT_BY_PEOPLE)


def _decided(result: str, *, since: datetime, until: datetime) -> Q:
    if result == "kept":
        return Q(state=Commitment.State.MET, met_at__gte=since, met_at__lte=until)
    if result == "rescued":
        return Q(end_reason=HELD, ended_at__gte=since, ended_at__lte=until)
    return Q(state=Commitment.State.BREACHED, breached_at__gte=since, breached_at__lte=until)


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


def first_reply_median(*, now: datetime) -> float | None:
    """Working seconds until the first reply, for replies of the last seven days."""
    replies = Commitment.objects.filter(
        kind=Kind.FIRST_REPLY,
        met_at__gte=period_bounds("week", now=now)[0],
        met_at__lte=now,
        used_seconds__isnull=False,
    )
    median: float | None = replies.aggregate(median=Median(F("used_seconds")))["median"]
    return median
