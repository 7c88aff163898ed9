"""The rows behind figures, as an export: which they are, and what stands in their columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Self, cast
from urllib.parse import urlencode

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import QueryDict

from accounts.models import Agent, Team
from customers.models import Organization
from reports.behind import Narrower
from reports.exports.models import Export
from reports.figures import facts_of
from reports.filtering import ReportFilter, desk_today
from reports.measures import MEASURES
from reports.models import Fact
from topics.models import Topic

# No report has more, and an export's query must hold them.
MOST = 8


@dataclass(frozen=True, kw_only=True)
class FactsAsked:
    """Some measures in one filter, as an export says it in its query."""

    chosen: ReportFilter
    measures: tuple[str, ...]
    narrower: Narrower = field(default_factory=Narrower)

    @classmethod
    def from_query(cls, text: str, today: date) -> Self:
        """What is not understood falls away."""
        query = QueryDict(text)
        asked = set(query.getlist("measure"))
        return cls(
            chosen=ReportFilter.from_query(query, today),
            measures=tuple(each for each in MEASURES if each in asked)[:MOST],
            narrower=Narrower.from_query(query),
        )

    def query(self) -> str:
        """With the days written out: a period in words would move on while the work lasts."""
        said = urlencode([("measure", each) for each in self.measures])
        parts = urlencode(self.narrower.said)
        days = self.chosen.query(since=self.chosen.since, until=self.chosen.until)
        return "&".join(filter(None, (said, parts, days)))

    def facts(self) -> QuerySet[Fact]:
        """In no order."""
        return facts_of(self.chosen, self.measures).filter(self.narrower.condition())


def rows_of(export: Export) -> QuerySet[Any, Any]:
    """The facts that were asked for, with what they are about by name."""
    asked = FactsAsked.from_query(export.query, desk_today())
    rows: QuerySet[Any, Any] = (
        asked.facts()
        .annotate(
            organization_name=_name_of(Organization, "organization"),
            team_name=_name_of(Team, "team"),
            agent_name=_name_of(Agent, "agent"),
            topic_name_ja=_name_of(Topic, "topic", "name_ja"),
            topic_name_en=_name_of(Topic, "topic", "name_en"),
        )
        .values(
            *("pk", "measure", "at", "seconds", "channel", "ticket__number", "ticket__subject"),
            *("ticket__customer__name", "organization_name", "team_name", "agent_name"),
            *("topic_name_ja", "topic_name_en"),
        )
    )
    return rows


def measure_name(row: Mapping[str, Any]) -> str:
    """What the row counts for."""
    return str(MEASURES[row["measure"]].name)


def _name_of(model: Any, key: str, field: str = "name") -> Subquery:
    return cast("Subquery", Subquery(model.objects.filter(pk=OuterRef(key)).values(field)[:1]))
