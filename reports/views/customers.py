"""How well we serve each customer and each organisation: those that write most, and one by one."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reports import figures, said
from reports.behind import url_behind
from reports.busiest import MOST, Spreads, busiest, months_of, told_of, whole_months
from reports.charts.lines import Moment, line_chart
from reports.charts.parts import Chart, Value
from reports.filtering import ReportFilter
from reports.frame import Frame
from reports.measures import BY_MONTH, DECIDED, MEASURES
from reports.names import LABELS, names_of
from reports.page import report_page
from reports.said import Figure
from reports.spans import axis_name, full_name, in_spans, spans, what_of
from reports.tables import Heading, Row, Table
from reports.views.quality import (
    Numbers,
    percent_value,
    total,
    with_before,
)

BY = ("customer", "organization")
COUNTED = tuple(measure for measure in BY_MONTH if measure != "effort")


def customers(request: HttpRequest) -> HttpResponseBase:
    """The page, or its table."""
    return report_page(request, "reports/customers.html", contents(request))


def contents(request: HttpRequest) -> dict[str, Any]:
    """Whole months are tallied by customer; of one customer or organisation the facts are read."""
    asked = request.GET.get("by", "")
    by = asked if asked in BY else BY[0]
    frame = Frame.of(request, by=by if by != BY[0] else "")
    chosen = frame.chosen
    one = next((name for name in BY if chosen.chosen.get(name)), "")
    context: dict[str, Any] = {"current": "customers", "frame": frame, "one": one}
    if one:
        days_before, days = with_before(chosen, COUNTED)
        context |= {
            "name": names_of(one, [chosen.chosen[one]])[chosen.chosen[one]],
            "card": reverse("desk:customer", args=[chosen.customer]) if chosen.customer else "",
            "everybody": frame.query(**{one: None}),
            "figures": _figures(chosen, total(days, COUNTED), total(days_before, COUNTED)),
            "contacts_chart": _contacts_chart(chosen, days, days_before),
        }
    if not chosen.customer:
        shown_by = "customer" if one else by
        context |= {"table": _table(frame, shown_by)}
    if not one:
        context["choices"] = [
            {"label": LABELS[each], "query": _by_query(chosen, each), "is_current": each == by}
            for each in BY
        ]
    return context


def _by_query(chosen: ReportFilter, by: str) -> str:
    return chosen.query() if by == BY[0] else f"{chosen.query()}&by={by}"


def _decided(numbers: Numbers) -> tuple[int, int]:
    return numbers["promise_kept"], sum(numbers[each] for each in DECIDED)


def _rated(numbers: Numbers) -> tuple[int, int]:
    return numbers["rated_good"], numbers["rated_good"] + numbers["rated_bad"]


def _figures(chosen: ReportFilter, now: Numbers, then: Numbers) -> list[Figure]:
    effort = figures.times(chosen, "effort")
    before = figures.times(chosen.before(), "effort")
    return [
        *(said.counted(chosen, each, now[each], then[each]) for each in ("arrived", "contact")),
        said.share(
            chosen,
            "promise_kept",
            label=_("Share kept"),
            of=_decided(now),
            before=_decided(then),
            tone="kept",
        ),
        said.score(said.percentile(chosen, effort, 50, before, label=_("Effort, half at most"))),
        said.share(
            chosen,
            "rated_good",
            label=_("Rated good"),
            of=_rated(now),
            before=_rated(then),
            tone="kept",
        ),
        *(
            said.counted(chosen, each, now[each], then[each], tone="late")
            for each in ("unclean", "repeat_failure")
        ),
    ]


def _contacts_chart(chosen: ReportFilter, days: list[Numbers], days_before: list[Numbers]) -> Chart:
    pieces = zip(spans(chosen), in_spans(chosen, days), in_spans(chosen, days_before), strict=True)
    return line_chart(
        "contacts",
        title=_("Messages from customers"),
        about=_("How many messages came, beside the time before."),
        heading=what_of(chosen),
        what=_("messages"),
        before=said.time_before(chosen),
        moments=[
            Moment(
                axis_name(span),
                full_name(span),
                value=Value(_contacts(part), url_behind(span, "contact")),
                before=Value(_contacts(part_before)),
            )
            for span, part, part_before in pieces
        ],
    )


def _contacts(days: Any) -> int:
    return sum(numbers["contact"] for numbers in days)


# Those that write most ----------------------------------------------------------------------------


def _table(frame: Frame, by: str) -> Table:
    months = whole_months(frame.chosen)
    keys = busiest(months, by)
    told = told_of(months, BY_MONTH, by, keys) if keys else {}
    names = names_of(by, keys)
    ranked = sorted(keys, key=lambda key: (-told[key][0]["contact"].count, names[key].casefold()))
    return Table(
        name="busiest",
        title=_("%(what)s with the most messages, %(months)s")
        % {"what": _plural(by), "months": months_said(months)},
        first=str(LABELS[by]),
        headings=[
            Heading(_("messages"), MEASURES["contact"]),
            Heading(_("a month"), MEASURES["contact"]),
            Heading(_("beside the time before")),
            Heading(_("tickets"), MEASURES["arrived"]),
            Heading(_("promises kept"), MEASURES["promise_kept"]),
            Heading(_("effort, half at most"), MEASURES["effort"]),
            Heading(_("rated good"), MEASURES["rated_good"]),
            Heading(_("fell short"), MEASURES["unclean"]),
        ],
        rows=[
            _row(frame, months, by, key, names[key], told[key])
            for key in ranked
            if told[key][0]["contact"].count
        ],
        note=_note(months, by),
    )


def _note(months: ReportFilter, by: str) -> str:
    number = len(months_of(months))
    return ngettext(
        "The %(most)s that wrote most, of one whole month; a name opens its own figures.",
        "The %(most)s that wrote most, of %(number)s whole months; a name opens its own figures.",
        number,
    ) % {"most": MOST, "number": number}


def _plural(by: str) -> str:
    return {"customer": _("Customers"), "organization": _("Organisations")}[by]


def months_said(months: ReportFilter) -> str:
    """From the first month to the last, in words."""
    first, last = (date_format(day, "YEAR_MONTH_FORMAT") for day in (months.since, months.until))
    return first if first == last else _("%(since)s to %(until)s") % {"since": first, "until": last}


def _row(
    frame: Frame, months: ReportFilter, by: str, key: int, name: str, told: tuple[Spreads, Spreads]
) -> Row:
    now, then = told
    part: dict[str, Any] = {by: key}
    numbers = {measure: spread.count for measure, spread in now.items()}

    def value(measure: str) -> Value:
        number = numbers[measure]
        return Value(number, url_behind(months, measure, **part) if number else "")

    rated, decided = _rated(numbers), _decided(numbers)
    return Row(
        name,
        [
            value("contact"),
            Value(round(numbers["contact"] / len(months_of(months)), 1)),
            _trend(numbers["contact"], then["contact"].count),
            value("arrived"),
            percent_value(*decided, url_behind(months, "promise_kept", **part)),
            said.percentile_value(now["effort"], 50),
            percent_value(*rated, url_behind(months, "rated_good", **part)),
            value("unclean"),
        ],
        f"?{frame.query(since=months.since, until=months.until, **part)}",
    )


def _trend(number: int, before: int) -> Value:
    """An arrow, and the same in words."""
    change = number - before
    if not change:
        return Value(0, text=_("→ as many"))
    words = _("↑ %(number)s more") if change > 0 else _("↓ %(number)s fewer")
    return Value(change, text=words % {"number": abs(change)})
