"""The facts behind a number: as many as the number says, because they are what it counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Self
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.urls import reverse

from reports.figures import HOURS, WEEKDAYS, facts_of
from reports.filtering import DIMENSIONS, ReportFilter
from reports.models import Fact

PAGE = 50
LONGEST_NUMBER = 9


@dataclass(frozen=True, kw_only=True)
class Narrower:
    """A part of what a filter leaves: one day, hour or weekday (Monday is 1), or values from more
    than one up to another, such as a bar of a chart stands for."""

    day: date | None = None
    hour: int | None = None
    weekday: int | None = None
    more_than: int | None = None
    at_most: int | None = None

    @classmethod
    def from_query(cls, query: Mapping[str, Any]) -> Self:
        """From a query string; what is not understood falls away."""
        hour, weekday = _number(query.get("hour")), _number(query.get("weekday"))
        return cls(
            day=_day(query.get("day")),
            hour=hour if hour in HOURS else None,
            weekday=weekday if weekday in WEEKDAYS else None,
            more_than=_number(query.get("more_than")),
            at_most=_number(query.get("at_most")),
        )

    @property
    def said(self) -> dict[str, Any]:
        """What it says, by name."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def condition(self) -> Q:
        """What is asked of a fact."""
        lookups = {
            "day": "day",
            "hour": "hour",
            "weekday": "day__iso_week_day",
            "more_than": "seconds__gt",
            "at_most": "seconds__lte",
        }
        return Q(**{lookups[name]: value for name, value in self.said.items()})


def facts_behind(chosen: ReportFilter, measure: str, **narrower: Any) -> QuerySet[Fact]:
    """The facts that a number counts, the newest first; `narrower` are the parts of Narrower."""
    condition = Narrower(**narrower).condition()
    return facts_of(chosen, [measure]).filter(condition).order_by("-day", "-at", "-pk")


def url_behind(chosen: ReportFilter, measure: str, **narrower: Any) -> str:
    """The page that lists them. A team, agent and so on may be named beside the parts of Narrower."""
    dimensions = {name: value for name, value in narrower.items() if name in DIMENSIONS}
    parts = {name: value for name, value in narrower.items() if name not in DIMENSIONS}
    said = urlencode({"measure": measure, **Narrower(**parts).said})
    return f"{reverse('reports:behind')}?{said}&{chosen.query(**dimensions)}"


@dataclass(frozen=True)
class Page:
    """One page of facts, and where the next one begins; empty when this is the last."""

    facts: list[Fact]
    older: str
    has_newer: bool


def page_behind(facts: QuerySet[Fact], *, after: str = "") -> Page:
    """One page by keyset, in one query. `after` is the `older` of the page before; anything
    unreadable means the first page."""
    position = _position(after)
    if position:
        day, at, pk = position
        facts = facts.filter(Q(day__lte=day) & (Q(at__lt=at) | Q(at=at, pk__lt=pk)))
    rows = list(facts.select_related("ticket__customer")[: PAGE + 1])
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    older = f"{last.day.isoformat()}_{last.at.isoformat()}_{last.pk}" if last else ""
    return Page(facts=rows[:PAGE], older=older, has_newer=bool(position))


def _position(after: str) -> tuple[date, datetime, int] | None:
    try:
        day, at, pk = after.split("_")
        instant = datetime.fromisoformat(at)
        return (date.fromisoformat(day), instant, int(pk)) if instant.tzinfo else None
    except ValueError:
        return None


def _number(text: object) -> int | None:
    is_number = isinstance(text, str) and text.isascii() and text.isdigit()
    return int(str(text)) if is_number and len(str(text)) <= LONGEST_NUMBER else None


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None
