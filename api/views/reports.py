"""Reports: the figures, tables and drawings of a page, as numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from api.endpoint import Asked, Endpoint, absolute, answer, call
from api.problems import invalid
from api.schema import PAGES
from api.shapes import Choice, Day, ListOf, Number, OrNull, Shape, Text, Whole, answered
from reports.charts.parts import Chart, Value
from reports.filtering import DIMENSIONS, ReportFilter
from reports.frame import Frame
from reports.measures import Measure
from reports.page import found_in
from reports.said import Figure
from reports.tables import Table
from reports.views import arrivals, customers, now, people, promises, quality, times
from tickets.models import Channel

OPENS = Text(500, about="The page of the desk that lists what was counted; empty: there is none")
MEASURE = OrNull(Text(60, about="As definitions and exports call it"))
FIGURE = answered(
    "Figure",
    {
        "measure": Text(60, about="As definitions and exports call it"),
        "label": Text(200),
        "meaning": Text(1000),
        "value": OrNull(Number(about="null: there is none, or it is beyond all bounds")),
        "unit": Choice(["number", "percent", "seconds", "score"]),
        "text": Text(200, about="As the page says it"),
        "context": Text(300),
        "change": Text(300, about="Beside the time before, in words"),
        "url": OPENS,
    },
)
CELL = answered(
    "Cell",
    {
        "value": Number(about="Of a length of time, seconds; of a share, per cent"),
        "text": Text(300),
        "url": OPENS,
    },
)
COLUMN = answered("Column", {"label": Text(300), "measure": MEASURE})
LINE = answered(
    "Line",
    {
        "name": Text(300),
        "measure": MEASURE,
        "values": ListOf(OrNull(CELL), 100),
    },
)
TABLE = answered(
    "ReportTable",
    {
        "name": Text(60),
        "title": Text(300),
        "about": Text(1000),
        "first": Text(200, about="What a line is about"),
        "columns": ListOf(COLUMN, 100),
        "rows": ListOf(LINE, 5000),
    },
)
REPORT = answered(
    "Report",
    {
        "page": Choice(PAGES),
        "since": Day(),
        "until": Day(),
        "figures": ListOf(FIGURE, 100),
        "tables": ListOf(TABLE, 100),
        "charts": ListOf(TABLE, 100, about="The numbers of each drawing"),
    },
)
SELECTED: dict[str, Shape] = {
    "period": Choice(ReportFilter.PERIODS, about="`month` when left out"),
    "since": Day(about="In place of a period: the first day"),
    "until": Day(about="The last day"),
    **{name: Whole(0, about="An id; 0: what has none") for name in DIMENSIONS if name != "channel"},
    "channel": Choice(Channel.values),
}
MORE: dict[str, Shape] = {
    "by": Choice(
        sorted({*promises.BY, *quality.BY, *customers.BY}),
        about="What a table of promises, quality or customers tells apart",
    ),
    "heat": Choice(list(arrivals.HEAT), about="What arrivals shows by weekday and hour"),
}


@dataclass(frozen=True)
class Page:
    """What it shows, and which parameters it knows, each with what it may say."""

    contents: Callable[[HttpRequest], Mapping[str, Any]]
    more: Mapping[str, Sequence[str]]
    is_selected: bool = True


FOUND: Mapping[str, Page] = {
    "overview": Page(now.contents, {}, is_selected=False),
    "promises": Page(promises.contents, {"by": list(promises.BY)}),
    "times": Page(times.contents, {}),
    "arrivals": Page(arrivals.contents, {"heat": list(arrivals.HEAT)}),
    "backlog": Page(arrivals.contents_of_backlog, {}),
    "quality": Page(quality.contents, {"by": list(quality.BY)}),
    "customers": Page(customers.contents, {"by": list(customers.BY)}),
    "people": Page(people.contents, {}),
}


class ReportPage(Endpoint):
    """One page of the reports."""

    of = section = "reports"

    @call(
        "Read a report",
        answer=REPORT,
        query={**SELECTED, **MORE},
        about="The same numbers as on the page, for the same parameters; `overview` is of this"
        " moment and of the last 30 days, and takes none. For whoever may read reports.",
    )
    def get(self, asked: Asked, page: str) -> HttpResponse:
        """From the functions that make the page."""
        if page not in FOUND:
            raise Http404
        found = FOUND[page]
        _check_known(found, asked.query)
        contents = found.contents(asked.request)
        frame: Frame = contents["frame"]
        if frame.chosen.message:
            raise invalid("", "period", frame.chosen.message)
        return answer(
            {
                "page": page,
                "since": frame.chosen.since.isoformat(),
                "until": frame.chosen.until.isoformat(),
                "figures": [_shown(figure) for figure in found_in(contents, Figure)],
                "tables": [_table(table) for table in found_in(contents, Table)],
                "charts": [_chart(chart) for chart in found_in(contents, Chart)],
            }
        )


def _check_known(found: Page, query: Mapping[str, Any]) -> None:
    for name, said in query.items():
        is_known = said in found.more.get(name, ()) if name in MORE else found.is_selected
        if not is_known:
            raise invalid(name, "unknown-parameter", _("This page does not know it."))


def _shown(figure: Figure) -> dict[str, Any]:
    return {
        "measure": figure.measure.key,
        "label": figure.label,
        "meaning": str(figure.measure.definition),
        "value": figure.value,
        "unit": figure.scale,
        "text": f"{figure.number}{figure.unit}",
        "context": figure.context,
        "change": figure.change,
        "url": _address(figure.url),
    }


def _table(table: Table) -> dict[str, Any]:
    return {
        "name": table.name,
        "title": table.title,
        "about": table.note,
        "first": table.first,
        "columns": [
            {"label": str(heading.label), "measure": _key(heading.measure)}
            for heading in table.headings
        ],
        "rows": [
            {"name": row.name, "measure": _key(row.measure), "values": list(_cells(row.values))}
            for row in table.rows
        ],
    }


def _chart(chart: Chart) -> dict[str, Any]:
    first, *others = chart.headings
    return {
        "name": chart.name,
        "title": chart.title,
        "about": chart.about,
        "first": first,
        "columns": [{"label": label, "measure": None} for label in others],
        "rows": [
            {"name": line.name, "measure": None, "values": list(_cells(line.values))}
            for line in chart.lines
        ],
    }


def _cells(values: Sequence[Value | None]) -> Iterator[dict[str, Any] | None]:
    for value in values:
        if value is None:
            yield None
        else:
            yield {"value": value.number, "text": str(value), "url": _address(value.url)}


def _key(measure: Measure | None) -> str | None:
    return measure.key if measure else None


def _address(url: str) -> str:
    return absolute(url) if url else ""
