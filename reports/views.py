"""The managers' page. Every number on it opens the tickets behind it."""

from __future__ import annotations

from typing import cast

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.models import Agent
from reports import selectors

PAGE = 50


def overview(request: HttpRequest) -> HttpResponse:
    """Is anyone waiting too long now, and did we keep our word?"""
    now = timezone.now()
    context = {
        "figures": selectors.now_figures(cast("Agent", request.user), now=now),
        "filters": {name: chosen.query() for name, chosen in selectors.FILTERS.items()},
        "today": selectors.kept_in("today", now=now),
        "week": selectors.kept_in("week", now=now),
        "first_reply_median": selectors.first_reply_median(now=now),
        "days": selectors.kept_by_day(now=now),
        "now": now,
    }
    return render(request, "reports/overview.html", context)


def promises(request: HttpRequest) -> HttpResponse:
    """The promises behind a share: kept or broken, today or over seven days."""
    now = timezone.now()
    period = request.GET.get("period", "week")
    period = period if period in selectors.PERIODS else "week"
    result = "kept" if request.GET.get("result") == "kept" else "broken"
    found = (
        selectors.decided_promises(
            result, since=selectors.period_start(period, now=now), until=now
        )
        .select_related("clock__ticket__customer", "clock__ticket__assignee")
        .order_by("-due_at", "-pk")
    )
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "period": period, "result": result, "now": now}
    return render(request, "reports/promises.html", context)
