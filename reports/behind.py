"""The facts behind a number: as many as the number says, because they are what it counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Self
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.urls import reverse

from common.keyset import Order, Page, page_of
from common.numbers import whole_number
from reports.figures import HOURS, WEEKDAYS, facts_of
from reports.filtering import DIMENSIONS, ReportFilter
from reports.models import Fact
from sla.models import Kind

PAGE = 50
LONGEST_NUMBER = 9
NEWEST = Order(("day", "at"), is_ascending=False)
TARGETS = (Kind.FIRST_REPLY, Kind.NEXT_REPLY, Kind.UPDATE, Kind.RESOLUTION)


@dataclass(frozen=True, kw_only=True)
class Narrower:
    """A part of what a filter leaves: one day, hour or weekday (Monday is 1), values from more than
    one up to another, such as a bar of a chart stands for, or targets of one policy and one kind."""

    day: date | None = None
    hour: int | None = None
    weekday: int | None = None
    more_than: int | None = None
    at_most: int | None = None
    policy: int | None = None
    kind: str | None = None

    @classmethod
    def from_query(cls, query: Mapping[str, Any]) -> Self:
        """From a query string; what is not understood falls away."""
        asked = {
            name: whole_number(query.get(name), longest=LONGEST_NUMBER)
            for name in ("hour", "weekday", "more_than", "at_most", "policy")
        }
        hour, weekday = asked["hour"], asked["weekday"]
        return cls(
            day=_day(query.get("day")),
            hour=hour if hour in HOURS else None,
            weekday=weekday if weekday in WEEKDAYS else None,
            more_than=asked["more_than"],
            at_most=asked["at_most"],
            policy=asked["policy"],
            kind=kind if (kind := query.get("kind")) in TARGETS else None,
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
        plain = {lookups[name]: value for name, value in self.said.items() if name in lookups}
        # The key of a target: its kind, itself, its policy.
        kind = Q(key__startswith=f"{self.kind}:") if self.kind else Q()
        policy = Q(key__endswith=f":{self.policy}") if self.policy is not None else Q()
        return Q(**plain) & kind & policy


def facts_behind(chosen: ReportFilter, measure: str, **narrower: Any) -> QuerySet[Fact]:
    """The facts that a number counts, the newest first; `narrower` are the parts of Narrower."""
    condition = Narrower(**narrower).condition()
    return facts_of(chosen, [measure]).filter(condition).order_by(*NEWEST.forward)


def url_behind(chosen: ReportFilter, measure: str, **narrower: Any) -> str:
    """The page that lists them. A team, agent and so on may be named beside the parts of Narrower."""
    dimensions = {name: value for name, value in narrower.items() if name in DIMENSIONS}
    parts = {name: value for name, value in narrower.items() if name not in DIMENSIONS}
    said = urlencode({"measure": measure, **Narrower(**parts).said})
    return f"{reverse('reports:behind')}?{said}&{chosen.query(**dimensions)}"


def page_behind(facts: QuerySet[Fact], *, after: str = "") -> Page[Fact]:
    """One page by keyset, in one query."""
    return page_of(facts.select_related("ticket__customer"), NEWEST, after=after, size=PAGE)


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None
