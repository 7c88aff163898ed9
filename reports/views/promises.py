"""Do we keep our word? What was promised, how it ended, and of whom, when and about what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reports import figures, said
from reports.behind import url_behind
from reports.busiest import GRAINS, MOST, busiest
from reports.charts.columns import Stack, column_chart
from reports.charts.lines import Moment, line_chart
from reports.charts.parts import Chart, Series, Value
from reports.filtering import ReportFilter
from reports.frame import Frame
from reports.measures import DECIDED, MEASURES, PROMISES
from reports.names import LABELS, WEEKDAYS, hour_name, names_of
from reports.page import report_page
from reports.said import Figure
from reports.spans import axis_name, full_name, in_spans, spans, what_of
from reports.tables import Heading, Row, Table

# In the little room of a column, where the page has said that all of it is about promises.
SHORT = {
    "promise_made": gettext_lazy("made"),
    "promise_kept": gettext_lazy("kept"),
    "promise_renewed": gettext_lazy("renewed in time"),
    "promise_rescued": gettext_lazy("rescued"),
    "promise_late": gettext_lazy("late"),
    "promise_silent": gettext_lazy("broken in silence"),
    "renewed_without_news": gettext_lazy("renewed without news"),
}
TONES = {"promise_kept": "kept", "promise_late": "late", "promise_silent": "quiet"}
BY = {**LABELS, "hour": gettext_lazy("Hour"), "weekday": gettext_lazy("Weekday")}
USUAL_BY = "team"
Numbers = Mapping[str, int]


def promises(request: HttpRequest) -> HttpResponseBase:
    """The page, or one of its tables."""
    return report_page(request, "reports/promises.html", contents(request))


def contents(request: HttpRequest) -> dict[str, Any]:
    """Everything counted is read from tallies; each number opens its promises."""
    asked = request.GET.get("by", "")
    by = asked if asked in BY else USUAL_BY
    frame = Frame.of(request, by=by if by != USUAL_BY else "")
    chosen = frame.chosen
    days, days_before = (
        [numbers for _, numbers in each] for each in figures.series_with_before(chosen, PROMISES)
    )
    return {
        "current": "promises",
        "frame": frame,
        "figures": [*_figures(chosen, _sum(days), _sum(days_before)), *_lateness(chosen)],
        "ended_chart": _ended_chart(chosen, days),
        "share_chart": _share_chart(chosen, days, days_before),
        "table": _table(frame, by),
        "choices": _choices(frame, by),
    }


def decided(numbers: Numbers) -> int:
    """Those that were kept or broken; what was rescued is neither."""
    return sum(numbers[each] for each in DECIDED)


def kept_share(chosen: ReportFilter, numbers: Numbers, before: Numbers) -> Figure:
    """Which share of the decided promises was kept."""
    counted = {"kept": numbers["promise_kept"], "decided": decided(numbers)}
    context = _("%(kept)s kept of %(decided)s") % counted if counted["decided"] else ""
    return said.share(
        chosen,
        "promise_kept",
        label=_("Share kept"),
        of=(numbers["promise_kept"], decided(numbers)),
        before=(before["promise_kept"], decided(before)),
        context=context or _("No promise was due."),
        tone="kept",
    )


def _figures(chosen: ReportFilter, numbers: Numbers, before: Numbers) -> list[Figure]:
    tones = {"promise_late": "late", "promise_silent": "late"}
    return [
        kept_share(chosen, numbers, before),
        *(
            said.counted(chosen, each, numbers[each], before[each], tone=tones.get(each, ""))
            for each in PROMISES
        ),
    ]


def _lateness(chosen: ReportFilter) -> list[Figure]:
    """How late those were that were late."""
    spread = figures.times(chosen, "promise_late")
    before = figures.times(chosen.before(), "promise_late")
    labels = {
        50: _("Late by, half at most"),
        90: _("Late by, 9 of 10 at most"),
        100: _("Late by, the worst"),
    }
    return [
        said.percentile(chosen, spread, percent, before, label=label)
        for percent, label in labels.items()
    ]


def _ended_chart(chosen: ReportFilter, days: list[dict[str, int]]) -> Chart:
    return column_chart(
        "ended",
        title=_("How promises ended"),
        about=_("Kept below, over it those that were kept late and those broken in silence."),
        heading=what_of(chosen),
        series=[Series(str(SHORT[each]), tone) for each, tone in TONES.items()],
        stacks=[
            Stack(
                axis_name(span),
                full_name(span),
                [Value(_sum(part)[each], url_behind(span, each)) for each in TONES],
            )
            for span, part in zip(spans(chosen), in_spans(chosen, days), strict=True)
        ],
    )


def _share_chart(
    chosen: ReportFilter, days: list[dict[str, int]], days_before: list[dict[str, int]]
) -> Chart:
    pieces = zip(spans(chosen), in_spans(chosen, days), in_spans(chosen, days_before), strict=True)
    return line_chart(
        "share",
        title=_("Share kept, in per cent"),
        about=_("Of the promises that were due, the share that was kept, beside the time before."),
        heading=what_of(chosen),
        what=_("share kept"),
        before=said.time_before(chosen),
        moments=[
            Moment(
                axis_name(span),
                full_name(span),
                value=_share(_sum(part), url_behind(span, "promise_kept")),
                before=_share(_sum(part_before)),
            )
            for span, part, part_before in pieces
        ],
    )


def _share(numbers: Numbers, url: str = "") -> Value | None:
    percent = said.per_cent(numbers["promise_kept"], decided(numbers))
    return None if percent is None else Value(percent, url, f"{percent}%")


def _table(frame: Frame, by: str) -> Table:
    chosen = frame.chosen
    found = _numbers_by(chosen, by)
    names = _names(by, [key for key, _ in found])
    note = _("The %(number)s that wrote most.") % {"number": MOST} if len(found) == MOST else ""
    is_in_order = by in {"hour", "weekday"}
    return Table(
        name="by",
        title=_("Promises by %(what)s") % {"what": BY[by]},
        first=str(BY[by]),
        headings=[
            *(Heading(str(SHORT[each]), MEASURES[each]) for each in PROMISES),
            Heading(_("share kept"), MEASURES["promise_kept"]),
        ],
        rows=[
            _row(frame, by, key, names[key], numbers)
            for key, numbers in sorted(
                found, key=lambda each: each[0] if is_in_order else names[each[0]].casefold()
            )
        ],
        note=note,
    )


def _numbers_by(chosen: ReportFilter, by: str) -> list[tuple[Any, dict[str, int]]]:
    """Of customers and organisations there may be any number, so only some are read."""
    if by in GRAINS:
        return [*figures.by_some(chosen, PROMISES, by, busiest(chosen, by))]
    return figures.by(chosen, PROMISES, by)


def _row(frame: Frame, by: str, key: Any, name: str, numbers: Numbers) -> Row:
    part: dict[str, Any] = {by: key}
    values = [
        Value(numbers[each], url_behind(frame.chosen, each, **part) if numbers[each] else "")
        for each in PROMISES
    ]
    only = f"?{frame.query(**part)}" if by in LABELS else ""
    return Row(name, [*values, _share(numbers)], only)


def _names(by: str, keys: list[Any]) -> dict[Any, str]:
    if by == "hour":
        return {hour: hour_name(hour) for hour in keys}
    if by == "weekday":
        return {day: str(WEEKDAYS[day]) for day in keys}
    return names_of(by, keys)


def _choices(frame: Frame, by: str) -> list[dict[str, Any]]:
    """What the table can tell apart."""
    plain = frame.chosen.query()
    return [
        {
            "label": label,
            "query": plain if name == USUAL_BY else f"{plain}&by={name}",
            "is_current": name == by,
        }
        for name, label in BY.items()
    ]


def _sum(days: Iterable[Numbers]) -> dict[str, int]:
    """All days together."""
    found = dict.fromkeys(PROMISES, 0)
    for numbers in days:
        for each in PROMISES:
            found[each] += numbers[each]
    return found
