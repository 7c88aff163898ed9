"""The managers' page. Every number on it opens the tickets behind it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounts.models import Agent
from common.time_formatting import is_japanese, short_day
from reports import selectors
from reports.charts import ColumnChart, Item, LineChart, Part, column_chart, line_chart
from reports.selectors import Kept
from sla.selectors import sweep_lag

PAGE = 50
# sla.md 3.2: what is due and not acted on for longer is an alarm.
SWEEP_ALARM_SECONDS = 30
TONES = {"broken": "late", "hour": "soon"}
TITLES = {
    "broken": gettext_lazy("Broken promises"),
    "kept": gettext_lazy("Kept promises"),
    "rescued": gettext_lazy("Rescued promises"),
}


def overview(request: HttpRequest) -> HttpResponse:
    """Is anyone waiting too long now, and did we keep our word?"""
    agent, now = cast("Agent", request.user), timezone.now()
    days = selectors.kept_by_day(now=now)
    time_left = selectors.open_by_time_left(agent, now=now)
    figures = selectors.now_figures(agent, now=now)
    wait = figures.oldest_wait
    context = {
        "figures": figures,
        "longest_wait": now - wait.started_at if wait else None,
        "filters": {name: chosen.query() for name, chosen in selectors.FILTERS.items()},
        "today": selectors.kept_in("today", now=now),
        "week": selectors.kept_in("week", now=now),
        "asked": selectors.asked_of_customers(now=now),
        "first_reply_median": selectors.first_reply_median(now=now),
        "days": [(day.date().isoformat(), _day_name(day), kept) for day, kept in days],
        "days_chart": _days_chart(days),
        "time_left": _time_left_items(time_left),
        "time_left_chart": _time_left_chart(time_left),
        "is_sweep_late": sweep_lag() > SWEEP_ALARM_SECONDS,
        "now": now,
    }
    return render(request, "reports/overview.html", context)


def promises(request: HttpRequest) -> HttpResponse:
    """The promises behind a number: kept, broken or rescued, today, on one day or over seven days."""
    now = timezone.now()
    asked = request.GET.get("period", "")
    period = asked if selectors.is_period(asked, now=now) else "week"
    result = request.GET.get("result", "")
    result = result if result in selectors.RESULTS else "broken"
    since, until = selectors.period_bounds(period, now=now)
    found = (
        selectors.decided_promises(result, since=since, until=until)
        .select_related("clock__ticket__customer", "clock__ticket__assignee")
        .order_by("-due_at", "-pk")
    )
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "title": TITLES[result],
        "period": period,
        "result": result,
        "choices": _choices(period, result, now=now),
        "now": now,
    }
    return render(request, "reports/promises.html", context)


def _choices(period: str, result: str, *, now: datetime) -> list[dict[str, Any]]:
    """What was broken, kept and rescued today and in the week, and on the day that was asked for."""
    periods = {"today": _("Today"), "week": _("Last 7 days")}
    if period not in periods:
        periods[period] = _day_name(selectors.period_bounds(period, now=now)[0])
    counted = {name: selectors.kept_in(name, now=now) for name in periods}
    return [
        {
            "query": f"result={each}&period={name}",
            "label": f"{periods[name]}: {words}",
            "number": getattr(counted[name], each),
            "is_current": (each, name) == (result, period),
        }
        for name in periods
        for each, words in (
            ("broken", _("broken")),
            ("kept", _("kept")),
            ("rescued", _("rescued")),
        )
    ]


def _days_chart(days: list[tuple[datetime, Kept]]) -> ColumnChart:
    return column_chart(
        [
            (
                _axis_name(day),
                [
                    Part(kept.kept, "kept", _bar_title(day, _("kept"), kept.kept)),
                    Part(kept.broken, "late", _bar_title(day, _("broken"), kept.broken)),
                ],
            )
            for day, kept in days
        ]
    )


def _bar_title(day: datetime, words: str, number: int) -> str:
    return f"{_day_name(day)}: {number} {words}"


def _day_name(day: datetime) -> str:
    zone = timezone.get_current_timezone()
    return short_day(day, language=get_language() or "en", zone=zone)


def _axis_name(day: datetime) -> str:
    """A day in the little room under a column."""
    return date_format(day, "j(D)" if is_japanese(get_language() or "en") else "D j")


def _time_left_chart(counts: dict[str, int]) -> LineChart:
    return line_chart(_time_left_items(counts))


def _time_left_items(counts: dict[str, int]) -> list[Item]:
    names = {
        "broken": _("Promise broken"),
        "hour": _("Within 1 hour"),
        "four_hours": _("In 1 to 4 hours"),
        "day": _("In 4 to 24 hours"),
        "later": _("Later"),
    }
    return [
        Item(
            label=names[name],
            part=Part(number, TONES.get(name, ""), f"{names[name]}: {number}"),
            url=f"{reverse('desk:queue')}?{selectors.TIME_LEFT[name].query()}",
        )
        for name, number in counts.items()
    ]
