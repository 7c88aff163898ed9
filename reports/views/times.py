"""Time as the customer lived it: how long answers and solutions took, and whose turn it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from reports import figures, said
from reports.behind import url_behind
from reports.charts.bars import Row as Bar
from reports.charts.bars import bar_chart
from reports.charts.columns import Limit, histogram
from reports.charts.lines import Moment, line_chart
from reports.charts.parts import Chart, Series, Value
from reports.figures import Distribution
from reports.filtering import ReportFilter
from reports.frame import Frame
from reports.measures import DAY, HOUR, MEASURES, MINUTE
from reports.page import report_page
from reports.said import Figure
from reports.spans import axis_name, full_name, in_spans, spans, what_of
from reports.tables import Heading, Row, Table

TIMED = ("answered", "answered_working", "next_answered", "resolved")
WAITED = ("waited_us", "waited_customer", "waited_third")
WITHIN = (5 * MINUTE, HOUR, DAY)
# The bars of a drawing: each is up to one of these, and the last is beyond them.
BARS = (
    *(5 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, DAY),
    *(48 * HOUR, 4 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 90 * DAY),
)
Spreads = Mapping[str, Distribution]


def times(request: HttpRequest) -> HttpResponseBase:
    """The page, or one of its tables."""
    return report_page(request, "reports/times.html", contents(request))


def contents(request: HttpRequest) -> dict[str, Any]:
    """By the clock on the wall, unless it says working time; percentiles, no averages."""
    frame = Frame.of(request)
    chosen = frame.chosen
    spreads = figures.spreads(chosen, (*TIMED, *WAITED))
    before = figures.spreads(chosen.before(), (*TIMED, *WAITED))
    return {
        "current": "times",
        "frame": frame,
        "figures": _figures(chosen, spreads["answered"], before["answered"]),
        "trend_chart": _trend_chart(chosen),
        "spread_charts": [_spread_chart(chosen, spreads[each]) for each in TIMED[:2]],
        "tables": [_table(chosen, spreads, before), _waiting_table(chosen, spreads, before)],
        "turn_chart": _turn_chart(chosen, spreads, before),
    }


def _figures(chosen: ReportFilter, spread: Distribution, before: Distribution) -> list[Figure]:
    return [
        *(_within(chosen, spread, before, seconds) for seconds in WITHIN),
        *(
            said.percentile(chosen, spread, percent, before, label=label)
            for percent, label in _percentiles().items()
        ),
    ]


def _within(
    chosen: ReportFilter, spread: Distribution, before: Distribution, seconds: int
) -> Figure:
    number = spread.number_within(seconds)
    measure = spread.measure
    counted = {"number": number, "all": spread.count}
    return said.leading_to(
        url_behind(chosen, measure.key, at_most=seconds),
        said.share(
            chosen,
            measure.key,
            label=_("Within %(time)s") % {"time": said.value_said(measure, seconds)},
            of=(number, spread.count),
            before=(before.number_within(seconds), before.count),
            context=_("%(number)s of %(all)s") % counted if spread.count else "",
        ),
    )


def _percentiles() -> dict[int, str]:
    return {50: _("Half at most"), 90: _("9 of 10 at most"), 100: _("The longest")}


def _trend_chart(chosen: ReportFilter) -> Chart:
    """The middle of the first answers of each day, in hours."""
    known, earlier = _by_span(chosen), _by_span(chosen.before())
    return line_chart(
        "trend",
        title=_("First answer, half at most, in hours"),
        about=_("For each day how long half of the customers waited at most, and before that."),
        heading=what_of(chosen),
        what=_("half at most"),
        before=said.time_before(chosen),
        moments=[
            Moment(
                axis_name(span),
                full_name(span),
                value=_middle(spread, url_behind(span, spread.measure.key)),
                before=_middle(spread_before),
            )
            for span, spread, spread_before in zip(spans(chosen), known, earlier, strict=True)
        ],
    )


def _by_span(chosen: ReportFilter) -> list[Distribution]:
    found = dict(figures.times_by(chosen, "answered", "day"))
    days = [found.get(day) for day in chosen.every_day()]
    return [
        figures.together([day for day in part if day], "answered")
        for part in in_spans(chosen, days)
    ]


def _middle(spread: Distribution, url: str = "") -> Value | None:
    """In hours; what is beyond all bounds stands at the highest."""
    if not spread.count:
        return None
    seconds = spread.p50 or spread.measure.bounds[-1]
    return Value(round(seconds / HOUR, 2), url, said.at_most(spread, 50))


def _spread_chart(chosen: ReportFilter, spread: Distribution) -> Chart:
    measure = spread.measure
    return histogram(
        measure.key,
        title=str(measure.name),
        about=_("How many took how long, from minutes to months."),
        headings=(_("How long"), _("Answers")),
        bins=list(_bars(chosen, spread)),
        limits=[
            Limit(label, _place(value))
            for percent, label in ((50, _("half")), (90, _("9 of 10")))
            if (value := spread.percentile(percent))
        ],
    )


def _bars(chosen: ReportFilter, spread: Distribution) -> list[tuple[str, str, Value]]:
    measure, bars, lower, so_far = spread.measure, [], None, 0
    for upper in BARS:
        number = spread.number_within(upper) - so_far
        so_far += number
        time = said.value_said(measure, upper)
        url = url_behind(chosen, measure.key, more_than=lower, at_most=upper)
        bars.append((_short(upper), _("up to %(time)s") % {"time": time}, Value(number, url)))
        lower = upper
    if spread.is_beyond:
        longest = {"time": said.value_said(measure, BARS[-1])}
        url = url_behind(chosen, measure.key, more_than=lower)
        bars.append(("…", _("more than %(time)s") % longest, Value(spread.count - so_far, url)))
    return bars


def _short(seconds: int) -> str:
    """In the little room below a bar."""
    for size, words in ((DAY, _("%(number)sd")), (HOUR, _("%(number)sh"))):
        if seconds >= size:
            return words % {"number": seconds // size}
    return _("%(number)sm") % {"number": seconds // MINUTE}


def _place(seconds: int) -> float:
    """So many bars are left of it."""
    lower = 0
    for number, upper in enumerate(BARS):
        if seconds <= upper:
            return number + (seconds - lower) / (upper - lower)
        lower = upper
    return float(len(BARS))


def _table(chosen: ReportFilter, spreads: Spreads, before: Spreads) -> Table:
    return Table(
        name="times",
        title=_("How long it took"),
        first=_("What"),
        headings=[
            Heading(_("how many")),
            *(Heading(label) for label in _percentiles().values()),
            *(Heading(_within_words(seconds)) for seconds in WITHIN),
            *_headings_before(),
        ],
        rows=[
            _row(chosen, spreads[each], before[each], more=_shares(chosen, spreads[each]))
            for each in TIMED
        ],
    )


def _waiting_table(chosen: ReportFilter, spreads: Spreads, before: Spreads) -> Table:
    whole = sum(spreads[each].total for each in WAITED)
    return Table(
        name="waiting",
        title=_("Whose turn it was, until the resolution"),
        first=_("Whose turn"),
        headings=[
            Heading(_("tickets")),
            *(Heading(label) for label in _percentiles().values()),
            Heading(_("in all")),
            *_headings_before(),
        ],
        rows=[
            _row(chosen, spreads[each], before[each], more=[_hours(chosen, spreads[each], whole)])
            for each in WAITED
        ],
    )


def _row(
    chosen: ReportFilter, spread: Distribution, before: Distribution, more: list[Value | None]
) -> Row:
    measure = spread.measure
    return Row(
        str(measure.name),
        [
            Value(spread.count, url_behind(chosen, measure.key) if spread.count else ""),
            *(_percentile(spread, percent) for percent in _percentiles()),
            *more,
            *(_percentile(before, percent) for percent in (50, 90)),
        ],
        measure=measure,
    )


def _headings_before() -> list[Heading]:
    return [Heading(_("half, the time before")), Heading(_("9 of 10, the time before"))]


def _within_words(seconds: int) -> str:
    measure = MEASURES["answered"]
    return _("within %(time)s") % {"time": said.value_said(measure, seconds)}


def _percentile(spread: Distribution, percent: int) -> Value | None:
    return said.percentile_value(spread, percent)


def _shares(chosen: ReportFilter, spread: Distribution) -> list[Value | None]:
    return [
        None
        if (share := spread.within(seconds)) is None
        else Value(share, url_behind(chosen, spread.measure.key, at_most=seconds), f"{share}%")
        for seconds in WITHIN
    ]


def _hours(chosen: ReportFilter, spread: Distribution, whole: int) -> Value:
    """All of it together, and which share of the whole that is."""
    url = url_behind(chosen, spread.measure.key) if spread.count else ""
    said_hours = _in_hours(spread.total)
    if not whole:
        return Value(0, url, said_hours)
    said_both = {"hours": said_hours, "percent": said.per_cent(spread.total, whole)}
    return Value(spread.total / HOUR, url, _("%(hours)s (%(percent)s%%)") % said_both)


def _in_hours(seconds: int) -> str:
    """Not in days, which would be read as working days."""
    return _("%(number)s h") % {"number": f"{round(seconds / HOUR):,}"}


def _turn_chart(chosen: ReportFilter, spreads: Spreads, before: Spreads) -> Chart:
    """How long tickets were open in all, and which share of it was whose turn."""
    return bar_chart(
        "turns",
        title=_("Who was waited for, in hours"),
        about=_(
            "One bar for the time of the report and one for the time before; in each, how long it"
            " was our turn, the customer's and a third party's."
        ),
        headings=[_("Period"), _("open in all"), _("us"), _("the customer"), _("a third party")],
        whole=_("open in all"),
        series=[
            Series(_("us")),
            Series(_("the customer"), "second"),
            Series(_("a third party"), "quiet"),
        ],
        is_divided=True,
        rows=[
            _bar(_("this time"), chosen, spreads),
            _bar(said.time_before(chosen), chosen.before(), before),
        ],
    )


def _bar(label: str, chosen: ReportFilter, spreads: Spreads) -> Bar:
    whole = sum(spreads[each].total for each in WAITED)
    return Bar(
        label=label,
        value=Value(whole / HOUR, text=_in_hours(whole)),
        parts=[_hours(chosen, spreads[each], whole) for each in WAITED],
    )
