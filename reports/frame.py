"""What every report has around its figures: which time and whose tickets it is about, as words, as
a form, and as parts that can be taken away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, QueryDict
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Agent, Team
from reports.filtering import ReportFilter, desk_today, is_day
from reports.names import LABELS, OF_NOBODY, names_of
from tickets.models import Channel
from topics.selectors import definitions

ANY = ("", gettext_lazy("any"))
PERIODS = {
    "today": gettext_lazy("Today"),
    "week": gettext_lazy("7 days"),
    "month": gettext_lazy("30 days"),
    "quarter": gettext_lazy("90 days"),
}
# Chosen by a link from elsewhere, not from a list: there are too many of them.
UNLISTED = ("customer", "organization")
LONGEST_TYPED = 40


@dataclass(frozen=True)
class Period:
    label: str
    query: str
    is_current: bool


@dataclass(frozen=True)
class Part:
    """One thing the report is cut down to, and the report without it."""

    words: str
    query_without: str


class FilterForm(forms.Form):
    """The filter in fields. Its address is what `ReportFilter.from_query` reads."""

    since = forms.CharField(
        label=gettext_lazy("From"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.CharField(
        label=gettext_lazy("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    team = forms.ChoiceField(label=LABELS["team"], required=False)
    agent = forms.ChoiceField(label=LABELS["agent"], required=False)
    topic = forms.ChoiceField(label=LABELS["topic"], required=False)
    channel = forms.ChoiceField(
        label=LABELS["channel"], required=False, choices=[ANY, *Channel.choices]
    )

    def __init__(self, typed: Mapping[str, Any], offered: Mapping[str, Mapping[Any, str]]) -> None:
        kept = {name: str(typed.get(name, ""))[:LONGEST_TYPED] for name in self.base_fields}
        super().__init__(auto_id="filter_%s", initial=kept)
        for name in ("since", "until"):
            # A browser would show nothing of what is no date.
            if kept[name] and not is_day(kept[name]):
                self.fields[name].widget = forms.TextInput(attrs={"aria-invalid": "true"})
        for name, names in offered.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
            field.choices = [ANY, *names.items()]


@dataclass(frozen=True)
class Frame:
    """One report's time and tickets. `more` is what else its address says, such as by what a table
    tells apart."""

    chosen: ReportFilter
    typed: Mapping[str, Any]
    more: Mapping[str, str]

    @classmethod
    def of(cls, request: HttpRequest, **more: str) -> Frame:
        """What the address asks for; what is not understood falls away, and the filter says so."""
        chosen = ReportFilter.from_query(request.GET, desk_today())
        return cls(chosen, request.GET, {name: value for name, value in more.items() if value})

    @classmethod
    def of_query(cls, query: str) -> Frame:
        """The same of an address that was kept."""
        typed = QueryDict(query)
        return cls(ReportFilter.from_query(typed, desk_today()), typed, {})

    def query(self, **changes: Any) -> str:
        """The report's address with another filter."""
        return self._and_more(self.chosen.query(**changes))

    @property
    def periods(self) -> list[Period]:
        """Those there are to choose from; own dates are typed."""
        return [
            Period(
                str(label),
                self.query(period=name),
                is_current=name == self.chosen.period,
            )
            for name, label in PERIODS.items()
        ]

    @property
    def days(self) -> str:
        """The days it is about, in words."""
        since, until = (
            date_format(day, "DATE_FORMAT") for day in (self.chosen.since, self.chosen.until)
        )
        return (
            since
            if since == until
            else _("%(since)s to %(until)s") % {"since": since, "until": until}
        )

    @cached_property
    def form(self) -> FilterForm:
        return FilterForm(self.typed, self._offered)

    @property
    def hidden(self) -> dict[str, str]:
        """What the form sends without showing it."""
        unlisted = {
            name: str(self.chosen.chosen[name]) for name in UNLISTED if name in self.chosen.chosen
        }
        period = {"period": self.chosen.period} if self.chosen.period else {}
        return {**period, **unlisted, **self.more}

    @cached_property
    def parts(self) -> list[Part]:
        """All that it is cut down to, beside its days."""
        return list(self._parts())

    def _parts(self) -> Iterator[Part]:
        for name, value in self.chosen.chosen.items():
            named = self._offered.get(name, {}).get(value) or names_of(name, [value])[value]
            words = _("%(label)s: %(value)s") % {"label": LABELS[name], "value": named}
            yield Part(words, self.query(**{name: None}))

    @cached_property
    def _offered(self) -> dict[str, dict[Any, str]]:
        """The names there are to choose from, by dimension, and what is chosen even if it is gone."""
        offered: dict[str, dict[Any, str]] = {
            "team": dict(Team.objects.order_by("name", "pk").values_list("pk", "name")),
            "agent": _and_nobody(
                "agent",
                Agent.objects.filter(is_active=True)
                .order_by("name", "pk")
                .values_list("pk", "name"),
            ),
            "topic": _and_nobody(
                "topic", ((topic.pk, topic.name) for topic in definitions().active_topics)
            ),
        }
        for name, names in offered.items():
            if (value := self.chosen.chosen.get(name)) is not None and value not in names:
                names.update({value: names_of(name, [value])[value]})
        return offered

    def _and_more(self, query: str) -> str:
        return f"{query}&{urlencode(self.more)}" if self.more else query


def _and_nobody(dimension: str, names: Iterable[tuple[int, str]]) -> dict[Any, str]:
    return {**dict(names), ReportFilter.NOBODY: str(OF_NOBODY[dimension])}
