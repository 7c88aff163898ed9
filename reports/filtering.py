"""Which time, and whose tickets, a report is about. It is also its address: see `query`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.translation import gettext as _

from common.numbers import whole_number
from tickets.models import Channel

# Ten years: nobody asks for more, and every day of it is a row of a chart.
LONGEST = 3660
USUAL_DAYS = 30
DIMENSIONS = ("team", "agent", "topic", "channel", "customer", "organization")


@dataclass(frozen=True, kw_only=True)
class ReportFilter:
    """The days from `since` to `until`, both included, in the desk's time zone; None means any.

    NOBODY stands for what has no agent, topic or organisation. `message` says what could not be
    read of the address it came from.
    """

    since: date
    until: date
    team: int | None = None
    agent: int | None = None
    topic: int | None = None
    channel: str | None = None
    customer: int | None = None
    organization: int | None = None
    period: str = ""
    message: str = ""

    NOBODY: ClassVar = 0
    PERIODS: ClassVar = ("today", "week", "month", "quarter")

    @classmethod
    def from_query(cls, query: Mapping[str, Any], today: date) -> ReportFilter:
        """From a query string. What is not understood falls away, and `message` says so."""
        since, until, period, problem = _time(query, today)
        chosen: dict[str, Any] = {
            name: whole_number(query.get(name)) for name in DIMENSIONS if name != "channel"
        }
        asked = query.get("channel", "")
        chosen["channel"] = asked if asked in Channel.values else None
        unread = [name for name in DIMENSIONS if query.get(name) and chosen[name] is None]
        if unread and not problem:
            problem = _("Part of this address was not understood, so the report shows more.")
        return cls(since=since, until=until, period=period, message=problem, **chosen)

    def query(self, **changes: Any) -> str:
        """The filter as a query string, always written the same way; `changes` come in its place."""
        chosen = replace(self, **changes) if changes else self
        said: dict[str, object] = (
            {"period": chosen.period}
            if chosen.period and not changes.keys() & {"since", "until"}
            else {"since": chosen.since.isoformat(), "until": chosen.until.isoformat()}
        )
        for name in DIMENSIONS:
            if (value := getattr(chosen, name)) is not None:
                said[name] = value
        return urlencode(said)

    def before(self) -> ReportFilter:
        """The same for as many days directly before."""
        return replace(
            self,
            since=self.since - timedelta(days=self.days),
            until=self.since - timedelta(days=1),
            period="",
        )

    @property
    def days(self) -> int:
        """How many days it is about."""
        return (self.until - self.since).days + 1

    def every_day(self) -> Iterator[date]:
        """The days it is about, the first day first."""
        return (self.since + timedelta(days=number) for number in range(self.days))

    @property
    def chosen(self) -> dict[str, Any]:
        """What it is cut down to, by dimension."""
        values = {name: getattr(self, name) for name in DIMENSIONS}
        return {name: value for name, value in values.items() if value is not None}


def _time(query: Mapping[str, Any], today: date) -> tuple[date, date, str, str]:
    """From, until, the name of the period if it has one, and what was wrong."""
    period = query.get("period", "")
    texts = query.get("since", ""), query.get("until", "")
    # Who types dates means them, whatever the form sends beside them.
    if period in ReportFilter.PERIODS and not any(texts):
        return first_day(period, today), today, period, ""
    usual = first_day("month", today), today, "month"
    if not any(texts):
        problem = _("This period is not known. The report shows the last 30 days.")
        return *usual, problem if period else ""
    since, until = _day(texts[0]), _day(texts[1] or today.isoformat())
    if since is None or until is None:
        return *usual, _("A date could not be read. The report shows the last 30 days.")
    if since > until or (until - since).days >= LONGEST:
        return *usual, _("These dates make no period. The report shows the last 30 days.")
    return since, until, "", ""


def first_day(period: str, today: date) -> date:
    """Where a period that ends today begins: a week has 7 days, a month 30, a quarter 90."""
    days = {"today": 1, "week": 7, "month": USUAL_DAYS, "quarter": 90}[period]
    return today - timedelta(days=days - 1)


def is_day(text: str) -> bool:
    """Whether it is a day that a report can be about."""
    return _day(text) is not None


def _day(text: object) -> date | None:
    """A day after which, and before which, there is room to count."""
    try:
        day = date.fromisoformat(str(text))
    except ValueError:
        return None
    return day if 1990 <= day.year <= 2200 else None


def desk_today(now: datetime | None = None) -> date:
    """The day it is, or was then, where the desk is: days of reports are the desk's."""
    return timezone.localdate(now, timezone.get_default_timezone())
