"""How long people usually wait for the first answer, told before they ask.

The middle of what customers waited in the last four weeks, by the clock on the wall, from their
inquiry to the first words of a person. It is measured beside the requests, and rounded up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import (
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    OuterRef,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Extract
from django.utils.translation import ngettext

from reports.selectors import Median
from sla.models import Status
from tickets.models import Channel, Message, Ticket

LOOKED_AT = timedelta(days=28)
FEWEST_CASES = 10
KEY = "reports:usual_times"
HOLDS = 3600
MINUTE, HOUR, DAY = 60, 3600, 86400


@dataclass(frozen=True)
class UsualTimes:
    """Seconds: of all inquiries, and of those of a topic, by its key. None: too few to tell."""

    overall: float | None = None
    by_topic: dict[int, float] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """Of all, as people say it; empty: nobody can tell yet."""
        return in_words(self.overall)

    def words_for(self, topic_id: int | None) -> str:
        """Of a topic; where too few have asked about it, of all."""
        return in_words(self.by_topic.get(topic_id or 0, self.overall))


def usual_times() -> UsualTimes:
    """As they were measured last; without a measurement of the last hour, nothing."""
    known: UsualTimes | None = cache.get(KEY)
    return known or UsualTimes()


def measure_usual_times(*, now: datetime) -> UsualTimes:
    """Read the last four weeks, and keep what they say."""
    first = Message.objects.filter(
        ticket=OuterRef("pk"), direction=Message.Direction.OUTBOUND, agent__isnull=False
    ).order_by("sent_at")
    waited = ExpressionWrapper(F("answered_at") - F("opened_at"), output_field=DurationField())
    answered = (
        Ticket.objects.filter(opened_at__gte=now - LOOKED_AT, opened_at__lte=now)
        .exclude(status__in=[Status.SPAM, Status.MERGED])
        # Whoever telephones has somebody at once.
        .exclude(channel=Channel.PHONE)
        .annotate(answered_at=Subquery(first.values("sent_at")[:1]))
        # What we began ourselves nobody waited for.
        .filter(answered_at__gt=F("opened_at"))
        .annotate(waited=Extract(waited, "epoch"))
    )
    by_topic = {row["topic"]: row["middle"] for row in _middles(answered.values("topic"))}
    overall = answered.aggregate(cases=Count("pk"), middle=Median(F("waited")))
    times = UsualTimes(
        overall=overall["middle"] if overall["cases"] >= FEWEST_CASES else None,
        by_topic={topic: middle for topic, middle in by_topic.items() if topic is not None},
    )
    cache.set(KEY, times, timeout=HOLDS)
    return times


def in_words(seconds: float | None) -> str:
    """Rounded up to what is worth saying: ten minutes, an hour, a day."""
    if seconds is None:
        return ""
    if seconds <= 50 * MINUTE:
        number = _ceiled(seconds, 10 * MINUTE) * 10
        return ngettext("about %(n)s minute", "about %(n)s minutes", number) % {"n": number}
    if seconds <= 23 * HOUR:
        number = _ceiled(seconds, HOUR)
        return ngettext("about %(n)s hour", "about %(n)s hours", number) % {"n": number}
    number = _ceiled(seconds, DAY)
    return ngettext("about %(n)s day", "about %(n)s days", number) % {"n": number}


def _ceiled(seconds: float, unit: int) -> int:
    return max(1, -(-int(seconds) // unit))


def _middles(tickets: QuerySet[Ticket, Any]) -> QuerySet[Ticket, Any]:
    middles = tickets.annotate(cases=Count("pk"), middle=Median(F("waited")))
    return middles.filter(cases__gte=FEWEST_CASES).order_by()
