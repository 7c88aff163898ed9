"""The tickets behind a number, and what the number means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from common.time_formatting import duration
from reports.behind import Narrower, facts_behind, page_behind
from reports.figures import counts
from reports.filtering import ReportFilter, desk_today
from reports.measures import GROUPS, MEASURES, Measure
from reports.models import Fact
from reports.names import LABELS, WEEKDAYS, hour_name, names_of, policy_name
from sla.models import Kind

USUAL_MEASURE = "arrived"


@dataclass(frozen=True)
class Part:
    """One thing the list is cut down to, and the list without it."""

    words: str
    query_without: str


@dataclass(frozen=True)
class Row:
    """One fact, with the name of whom it is about and what it says."""

    fact: Fact
    agent: str
    value: str


def behind(request: HttpRequest) -> HttpResponse:
    """What a number counts, one row each: as many rows as the number says."""
    chosen = ReportFilter.from_query(request.GET, desk_today())
    narrower = Narrower.from_query(request.GET)
    asked = request.GET.get("measure", "")
    measure = MEASURES[asked if asked in MEASURES else USUAL_MEASURE]
    facts = facts_behind(chosen, measure.key, **asdict(narrower))
    page = page_behind(facts, after=request.GET.get("after", ""))
    number = facts.count() if narrower.said else counts(chosen, [measure.key])[measure.key]
    query = _query(measure, chosen, narrower)
    context = {
        "measure": measure,
        "number": measure.unit(number),
        "chosen": chosen,
        "parts": list(_parts(measure, chosen, narrower)),
        "rows": _rows(measure, page.rows),
        "query": query,
        "older": f"{query}&{urlencode({'after': page.older})}" if page.older else "",
        "has_newer": page.has_newer,
        "now": timezone.now(),
    }
    return render(request, "reports/behind.html", context)


def definitions(request: HttpRequest) -> HttpResponse:
    """What each figure means, in plain words."""
    groups = [
        (name, [measure for measure in MEASURES.values() if measure.group == group])
        for group, name in GROUPS.items()
    ]
    context = {"groups": groups, "zone": settings.TIME_ZONE}
    return render(request, "reports/definitions.html", context)


def said_value(measure: Measure, value: int | None, language: str) -> str:
    """A value of a timed measure in words: a length of time, or a score."""
    if value is None:
        return ""
    return duration(value, language) if measure.is_duration else str(value)


def _rows(measure: Measure, facts: Iterable[Fact]) -> list[Row]:
    found = list(facts)
    names = names_of("agent", {fact.agent for fact in found})
    language = _language()
    return [
        Row(
            fact=fact,
            agent=names[fact.agent or ReportFilter.NOBODY],
            value=said_value(measure, fact.seconds, language),
        )
        for fact in found
    ]


def _query(measure: Measure, chosen: ReportFilter, narrower: Narrower) -> str:
    return f"{urlencode({'measure': measure.key, **narrower.said})}&{chosen.query()}"


def _parts(measure: Measure, chosen: ReportFilter, narrower: Narrower) -> Iterator[Part]:
    for name, value in chosen.chosen.items():
        words = {"label": LABELS[name], "value": names_of(name, [value])[value]}
        anybody: dict[str, Any] = {name: None}
        without = _query(measure, replace(chosen, **anybody), narrower)
        yield Part(_("%(label)s: %(value)s") % words, without)
    for name, value in narrower.said.items():
        wider = replace(narrower, **{name: None})
        yield Part(_narrower_words(measure, name, value), _query(measure, chosen, wider))


def _narrower_words(measure: Measure, name: str, value: Any) -> str:
    words: dict[str, Callable[[], str]] = {
        "day": lambda: date_format(value, "DATE_FORMAT"),
        "hour": lambda: hour_name(value),
        "weekday": lambda: str(WEEKDAYS[value]),
        "policy": lambda: _("policy %(name)s") % {"name": policy_name(value)},
        "kind": lambda: str(Kind(value).label),
        "more_than": lambda: _("more than %(value)s") % {"value": said},
        "at_most": lambda: _("at most %(value)s") % {"value": said},
    }
    said = said_value(measure, value, _language()) if name in {"more_than", "at_most"} else ""
    return words[name]()


def _language() -> str:
    return get_language() or "en"
