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
from reports.charts.columns import Stack, column_chart
from reports.charts.parts import Chart, Series, Value
from reports.live import live_page
from reports.now import FILTERS, now_figures
from reports.now_charts import load_chart, time_left_chart
from reports.selectors import Kept
from sla.selectors import sweep_lag

PAGE = 50
# sla.md 3.2: what is due and not acted on for longer is an alarm.
SWEEP_ALARM_SECONDS = 30
TITLES = {
    "broken": gettext_lazy("Broken promises"),
    "kept": gettext_lazy("Kept promises"),
    "rescued": gettext_lazy("Rescued promises"),
}


def overview(request: HttpRequest) -> HttpResponse:
    """Is anyone waiting too long now, and did we keep our word? The first is kept current."""
    now = timezone.now()
    is_part = bool(request.headers.get("HX-Request"))
    return live_page(
        request,
        "reports/overview.html",
        "reports/_now.html",
        _now(request, now),
        more=None if is_part else _kept(now),
    )


def wallboard(request: HttpRequest) -> HttpResponse:
    """The same for a screen in the room, in large figures and without names of customers."""
    now = timezone.now()
    context = {**_now(request, now), "today": selectors.kept_in("today", now=now)}
    # A lit room is dark at night: only who asks for it gets the light one.
    theme = "light" if request.GET.get("theme") == "light" else "dark"
    more = {"theme": theme}
    return live_page(
        request, "reports/wallboard.html", "reports/_wallboard.html", context, more=more
    )


def _now(request: HttpRequest, now: datetime) -> dict[str, Any]:
    figures = now_figures(cast("Agent", request.user), now=now)
    wait = figures.oldest_wait
    return {
        "figures": figures,
        "longest_wait": now - wait.started_at if wait else None,
        "filters": {name: chosen.query() for name, chosen in FILTERS.items()},
        "time_left_chart": time_left_chart(figures.counted),
        "load_chart": load_chart(figures.teams),
        "is_sweep_late": sweep_lag() > SWEEP_ALARM_SECONDS,
        "now": now,
    }


def _kept(now: datetime) -> dict[str, Any]:
    days = selectors.kept_by_day(now=now)
    return {
        "today": selectors.kept_in("today", now=now),
        "week": selectors.kept_in("week", now=now),
        "asked": selectors.asked_of_customers(now=now),
        "first_reply_median": selectors.first_reply_median(now=now),
        "days_chart": _days_chart(days),
    }


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


def _days_chart(days: list[tuple[datetime, Kept]]) -> Chart:
    return column_chart(
        "kept",
        title=_("Promises kept and broken, per day"),
        about=_("One column for each of the last seven days: kept below, then broken and rescued."),
        heading=_("Day"),
        series=[
            Series(_("kept"), "kept"),
            Series(_("broken"), "late"),
            Series(_("rescued"), "second"),
        ],
        stacks=[
            Stack(
                label=_axis_name(day),
                name=_day_name(day),
                values=[_decided(day, result, kept) for result in selectors.RESULTS],
            )
            for day, kept in days
        ],
    )


def _decided(day: datetime, result: str, kept: Kept) -> Value:
    query = f"result={result}&period={day.date().isoformat()}"
    return Value(getattr(kept, result), f"{reverse('reports:promises')}?{query}")


def _day_name(day: datetime) -> str:
    zone = timezone.get_current_timezone()
    return short_day(day, language=get_language() or "en", zone=zone)


def _axis_name(day: datetime) -> str:
    """A day in the little room under a column."""
    return date_format(day, "j(D)" if is_japanese(get_language() or "en") else "D j")
