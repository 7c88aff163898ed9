"""What is open at this moment, by how long it has been."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy

from accounts.models import Agent
from common.keyset import Order, Page, page_of
from reports.filtering import ReportFilter
from tickets.models import Ticket

PAGE = 50
OLDEST = Order(("opened_at",), is_ascending=True)
# Days: from, before.
BANDS: dict[str, tuple[int, int | None]] = {
    "day": (0, 1),
    "three_days": (1, 3),
    "week": (3, 7),
    "two_weeks": (7, 14),
    "month": (14, 30),
    "older": (30, None),
}
NAMES = {
    "day": gettext_lazy("Up to 1 day"),
    "three_days": gettext_lazy("1 to 3 days"),
    "week": gettext_lazy("3 to 7 days"),
    "two_weeks": gettext_lazy("1 to 2 weeks"),
    "month": gettext_lazy("2 weeks to 30 days"),
    "older": gettext_lazy("Over 30 days"),
}
COLUMNS = {"agent": "assignee", "organization": "customer__organization"}


def open_by_age(agent: Agent, chosen: ReportFilter, *, now: datetime) -> dict[str, int]:
    """How many open tickets are how old, in one query. Of the filter the days do not matter."""
    numbers: dict[str, int] = _open(agent, chosen).aggregate(
        **{band: Count("pk", filter=_condition(band, now)) for band in BANDS}
    )
    return numbers


def tickets_of(
    agent: Agent, chosen: ReportFilter, band: str, *, now: datetime, after: str = ""
) -> Page[Ticket]:
    """The open tickets of one age, or of any, the oldest first, by keyset."""
    found = _open(agent, chosen).filter(_condition(band, now))
    people = found.select_related("customer", "assignee", "team")
    return page_of(people, OLDEST, after=after, size=PAGE)


def number_of(agent: Agent, chosen: ReportFilter, band: str, *, now: datetime) -> int:
    """How many there are of one age, or of any."""
    return _open(agent, chosen).filter(_condition(band, now)).count()


def _open(agent: Agent, chosen: ReportFilter) -> QuerySet[Ticket]:
    return Ticket.objects.visible_to(agent).unresolved().filter(*_asked(chosen))


def _asked(chosen: ReportFilter) -> Iterator[Q]:
    for name, value in chosen.chosen.items():
        column = COLUMNS.get(name, name)
        nobody: dict[str, Any] = {f"{column}__isnull": True}
        yield Q(**(nobody if value == ReportFilter.NOBODY else {column: value}))


def _condition(band: str, now: datetime) -> Q:
    if band not in BANDS:
        return Q()
    youngest, oldest = BANDS[band]
    asked = Q(opened_at__lte=now - timedelta(days=youngest)) if youngest else Q()
    return asked if oldest is None else asked & Q(opened_at__gt=now - timedelta(days=oldest))
