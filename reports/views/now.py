"""The managers' first page: how things stand at this moment, and how the last 30 days went."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Agent
from reports import figures, said, selectors
from reports.charts.parts import Value
from reports.filtering import ReportFilter, desk_today, first_day
from reports.frame import Frame
from reports.live import live_page
from reports.measures import PROMISES
from reports.now import FILTERS, Now, now_figures
from reports.now_charts import in_queue, load_chart, time_left_chart
from reports.said import Figure
from reports.tables import Heading, Row, Table
from reports.views.promises import decided, kept_share
from sla.selectors import sweep_lag

# sla.md 3.2: what is due and not acted on for longer is an alarm.
SWEEP_ALARM_SECONDS = 30
COUNTED = (*PROMISES, "clean", "unclean", "chased")
TIMED = ("answered", "effort")


def overview(request: HttpRequest) -> HttpResponse:
    """Is anyone waiting too long now, and did we keep our word? The first is kept current."""
    now = timezone.now()
    is_part = bool(request.headers.get("HX-Request"))
    return live_page(
        request,
        "reports/overview.html",
        "reports/_now.html",
        _now(request, now),
        more=None if is_part else _month(now),
    )


def contents(request: HttpRequest) -> dict[str, Any]:
    """All of the page, its large figures as tables."""
    now = timezone.now()
    shown = _now(request, now)
    frame = Frame.of_query("period=month")
    return {"frame": frame, **shown, **_month(now), "tables": list(_tables(shown))}


def _tables(shown: Mapping[str, Any]) -> Iterator[Table]:
    found: Now = shown["figures"]
    numbers = {
        _("Promise broken"): (found.counted.broken, "broken"),
        _("Due within 1 hour"): (found.counted.hour, "within_the_hour"),
        _("Unassigned"): (found.unassigned, "unassigned"),
        _("Open"): (found.counted.open, "open"),
    }
    yield Table(
        name="now",
        title=_("Now"),
        first=_("What"),
        headings=[Heading(_("Tickets"))],
        rows=[
            Row(name, [in_queue(number, FILTERS[chosen])])
            for name, (number, chosen) in numbers.items()
        ],
    )
    if found.oldest_wait:
        waited = int(shown["longest_wait"].total_seconds())
        yield Table(
            name="wait",
            title=_("Longest wait"),
            first=_("What"),
            headings=[Heading(_("Seconds"))],
            rows=[Row(_("Longest wait"), [Value(waited, found.oldest_wait.clock.path)])],
        )


def wallboard(request: HttpRequest) -> HttpResponse:
    """The same for a screen in the room, in large figures and without names of customers."""
    numbers = figures.counts(_last("today"), PROMISES)
    kept_today = said.per_cent(numbers["promise_kept"], decided(numbers))
    context = {**_now(request, timezone.now()), "kept_today": kept_today}
    # A lit room is dark at night: only who asks for it gets the light one.
    theme = "light" if request.GET.get("theme") == "light" else "dark"
    more = {"theme": theme}
    return live_page(
        request, "reports/wallboard.html", "reports/_wallboard.html", context, more=more
    )


def _now(request: HttpRequest, now: datetime) -> dict[str, Any]:
    found = now_figures(cast("Agent", request.user), now=now)
    wait = found.oldest_wait
    return {
        "figures": found,
        "longest_wait": now - wait.started_at if wait else None,
        "filters": {name: chosen.query() for name, chosen in FILTERS.items()},
        "time_left_chart": time_left_chart(found.counted),
        "load_chart": load_chart(found.teams),
        "is_sweep_late": sweep_lag() > SWEEP_ALARM_SECONDS,
        "now": now,
    }


def _month(now: datetime) -> dict[str, Any]:
    return {
        "month": _figures_of(_last("month")),
        "asked": selectors.asked_of_customers(now=now),
    }


def _last(period: str) -> ReportFilter:
    today = desk_today()
    return ReportFilter(since=first_day(period, today), until=today, period=period)


def _figures_of(chosen: ReportFilter) -> list[Figure]:
    """One figure of each report, which it opens."""
    before = chosen.before()
    numbers, earlier = figures.counts(chosen, COUNTED), figures.counts(before, COUNTED)
    spreads, spreads_before = figures.spreads(chosen, TIMED), figures.spreads(before, TIMED)
    first_reply, effort = (
        said.percentile(chosen, spreads[each], 50, spreads_before[each], label=label)
        for each, label in (
            ("answered", _("First reply, half at most")),
            ("effort", _("Customer effort, half at most")),
        )
    )
    clean = said.share(
        chosen,
        "clean",
        label=_("Clean tickets"),
        of=(numbers["clean"], numbers["clean"] + numbers["unclean"]),
        before=(earlier["clean"], earlier["clean"] + earlier["unclean"]),
        tone="kept",
    )
    reports = {
        "quality": clean,
        "promises": kept_share(chosen, numbers, earlier),
        "times": first_reply,
    }
    return [
        *(
            said.leading_to(f"{reverse(f'reports:{name}')}?{chosen.query()}", figure)
            for name, figure in reports.items()
        ),
        said.leading_to(f"{reverse('reports:quality')}?{chosen.query()}", effort),
        said.counted(chosen, "chased", numbers["chased"], earlier["chased"]),
    ]
