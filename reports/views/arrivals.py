"""What comes in, when, and how much of it stays: past days, the week's hours, the days to come, and
what is open now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Agent
from reports import figures, said
from reports.backlog import BANDS, NAMES, number_of, open_by_age, tickets_of
from reports.behind import url_behind
from reports.charts.bars import Row, bar_chart
from reports.charts.heat import heat_map
from reports.charts.lines import Moment, line_chart
from reports.charts.parts import Chart, Value
from reports.filtering import ReportFilter, desk_today
from reports.forecast import HISTORY_DAYS, SUNDAY, Forecast, forecast
from reports.frame import Frame
from reports.names import WEEKDAYS, hour_name
from reports.said import Figure
from reports.spans import axis_name, day_name, full_name, in_spans, spans, what_of
from sla.selectors import default_calendar

COUNTED = ("arrived", "resolved", "reopened", "contact")
HEAT = {
    "arrived": gettext_lazy("Arrivals"),
    "promise_late": gettext_lazy("Promises kept late"),
    "promise_silent": gettext_lazy("Promises broken in silence"),
}
USUAL_HEAT = "arrived"
# So many of the past days stand before those to come.
SHOWN_DAYS = 28
Days = Sequence[tuple[date, dict[str, int]]]


def arrivals(request: HttpRequest) -> HttpResponse:
    """The page."""
    return render(request, "reports/arrivals.html", contents(request))


def contents(request: HttpRequest) -> dict[str, Any]:
    """The past from tallies; only what is open now is read from tickets."""
    asked = request.GET.get("heat", "")
    heat = asked if asked in HEAT else USUAL_HEAT
    frame = Frame.of(request, heat=heat if heat != USUAL_HEAT else "")
    chosen, now = frame.chosen, timezone.now()
    days, days_before = figures.series_with_before(chosen, COUNTED)
    expected = _forecast(chosen)
    ages = open_by_age(cast("Agent", request.user), chosen, now=now)
    return {
        "current": "arrivals",
        "frame": frame,
        "figures": _figures(chosen, days, days_before),
        "days_chart": _days_chart(chosen, days, days_before),
        "heat_chart": _heat_chart(chosen, heat),
        "heat_choices": _heat_choices(frame, heat),
        "forecast_chart": expected and _forecast_chart(*expected),
        "forecast": expected and expected[1],
        "usual": expected and _usual(expected[0]),
        "backlog_chart": _backlog_chart(chosen, ages),
    }


def contents_of_backlog(request: HttpRequest) -> dict[str, Any]:
    """How many are open, by age; the tickets are on the page."""
    frame, now = Frame.of(request), timezone.now()
    ages = open_by_age(cast("Agent", request.user), frame.chosen, now=now)
    return {"frame": frame, "backlog_chart": _backlog_chart(frame.chosen, ages)}


def backlog(request: HttpRequest) -> HttpResponse:
    """The open tickets behind a bar: as many as it says."""
    asked = request.GET.get("age", "")
    band = asked if asked in BANDS else ""
    frame = Frame.of(request, age=band)
    agent, now = cast("Agent", request.user), timezone.now()
    page = tickets_of(agent, frame.chosen, band, now=now, after=request.GET.get("after", ""))
    context = {
        "title": NAMES[band] if band else _("Open tickets"),
        "number": number_of(agent, frame.chosen, band, now=now),
        "frame": frame,
        "page": page,
        "older": f"{frame.query()}&{urlencode({'after': page.older})}" if page.older else "",
        "now": now,
    }
    return render(request, "reports/backlog.html", context)


def _figures(chosen: ReportFilter, days: Days, days_before: Days) -> list[Figure]:
    return [
        said.counted(chosen, each, _total(days, each), _total(days_before, each))
        for each in COUNTED
    ]


def _total(days: Days, measure: str) -> int:
    return sum(numbers[measure] for _, numbers in days)


def _days_chart(chosen: ReportFilter, days: Days, days_before: Days) -> Chart:
    pieces = zip(spans(chosen), in_spans(chosen, days), in_spans(chosen, days_before), strict=True)
    return line_chart(
        "arrivals",
        title=_("Tickets that arrived"),
        about=_("How many tickets arrived, beside the time before."),
        heading=what_of(chosen),
        what=_("arrived"),
        before=said.time_before(chosen),
        moments=[
            Moment(
                axis_name(span),
                full_name(span),
                value=Value(_total(part, "arrived"), url_behind(span, "arrived")),
                before=Value(_total(part_before, "arrived")),
            )
            for span, part, part_before in pieces
        ],
    )


# The hours of the week ----------------------------------------------------------------------------


def _heat_chart(chosen: ReportFilter, measure: str) -> Chart:
    return heat_map(
        "heat",
        title=_("%(what)s by weekday and hour") % {"what": HEAT[measure]},
        about=_("One row for each weekday, one column for each hour; the darker, the more."),
        heading=_("Weekday"),
        rows=[(_short_weekday(number), str(name)) for number, name in WEEKDAYS.items()],
        columns=[(str(hour), hour_name(hour)) for hour in figures.HOURS],
        values={
            (weekday - 1, hour): Value(
                number, url_behind(chosen, measure, weekday=weekday, hour=hour)
            )
            for (weekday, hour), number in figures.heat(chosen, measure).items()
            if number
        },
    )


def _short_weekday(number: int) -> str:
    # Any Monday will do.
    return date_format(date(2026, 10, 4) + timedelta(days=number), "D")


def _heat_choices(frame: Frame, heat: str) -> list[dict[str, Any]]:
    plain = frame.chosen.query()
    return [
        {
            "label": label,
            "query": plain if name == USUAL_HEAT else f"{plain}&heat={name}",
            "is_current": name == heat,
        }
        for name, label in HEAT.items()
    ]


# The days to come ---------------------------------------------------------------------------------


def _forecast(chosen: ReportFilter) -> tuple[list[tuple[date, Value]], Forecast] | None:
    """The last weeks and what is to be expected after them; None when too little is known."""
    today = desk_today()
    past = replace(
        chosen,
        since=today - timedelta(days=HISTORY_DAYS),
        until=today - timedelta(days=1),
        period="",
    )
    arrived = {day: numbers["arrived"] for day, numbers in figures.series(past, ["arrived"])}
    expected = forecast(arrived, today=today, kind_of=_kind_of_day())
    if expected is None:
        return None
    shown = list(arrived.items())[-SHOWN_DAYS:]
    return [
        (day, Value(number, url_behind(replace(past, since=day, until=day), "arrived")))
        for day, number in shown
    ], expected


def _kind_of_day() -> Callable[[date], int]:
    """A day on which the desk is closed otherwise than by its week, such as a public holiday, is as
    a Sunday."""
    calendar = default_calendar()

    def kind(day: date) -> int:
        is_holiday = bool(calendar.weekly[day.weekday()]) and not calendar.hours_on(day)
        return SUNDAY if is_holiday else day.isoweekday()

    return kind


def _usual(past: list[tuple[date, Value]]) -> float:
    """How many arrived on a day of the past weeks, for comparing the error with."""
    return round(sum(value.number for _, value in past) / len(past), 1)


def _forecast_chart(past: list[tuple[date, Value]], expected: Forecast) -> Chart:
    has_band = expected.error is not None
    return line_chart(
        "forecast",
        title=_("The next two weeks"),
        about=_("What arrived in the last four weeks, and what is to be expected in the next two."),
        heading=_("Day"),
        what=_("arrived"),
        expected=_("expected"),
        moments=[
            *(Moment(_axis(day), day_name(day), value=value) for day, value in past),
            *(
                Moment(
                    _axis(each.day),
                    day_name(each.day),
                    expected=Value(each.number),
                    low=each.low if has_band else None,
                    high=each.high if has_band else None,
                )
                for each in expected.days
            ),
        ],
    )


def _axis(day: date) -> str:
    return axis_name(ReportFilter(since=day, until=day))


# What is open -------------------------------------------------------------------------------------


def _backlog_chart(chosen: ReportFilter, ages: dict[str, int]) -> Chart:
    return bar_chart(
        "backlog",
        title=_("Open now, by age"),
        about=_("One bar for each age, the youngest first. This is live, whatever the period."),
        headings=[_("Age"), _("Tickets")],
        rows=[
            Row(
                str(NAMES[band]),
                Value(
                    number,
                    f"{reverse('reports:backlog')}?{urlencode({'age': band})}&{chosen.query()}",
                ),
                tone="late" if band == "older" else "",
            )
            for band, number in ages.items()
        ],
    )
