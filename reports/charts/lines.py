"""How a number goes on from day to day, beside the period before, and what is to be expected."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from reports.charts import parts
from reports.charts.parts import Chart, Line, Mark, Scale, Series, Value

HEIGHT, TOP, BOTTOM = 190, 14, 24


@dataclass(frozen=True)
class Moment:
    """A day of the line. What is expected lies between `low` and `high`; None: nobody knows."""

    label: str
    name: str
    value: Value | None = None
    before: Value | None = None
    expected: Value | None = None
    low: float | None = None
    high: float | None = None

    def numbers(self) -> list[float]:
        values = [each.number for each in (self.value, self.before, self.expected) if each]
        return values + [each for each in (self.low, self.high) if each is not None]


@dataclass(frozen=True)
class Path:
    """Points of a line or an area, in hundredths of the room for it."""

    points: str
    tone: str


@dataclass(frozen=True)
class Point:
    x: str
    y: str
    tone: str


@dataclass(frozen=True, kw_only=True)
class LineChart(Chart):
    paths: list[Path] = field(default_factory=list)
    areas: list[Path] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    plot_y: int = TOP
    plot_height: int = HEIGHT - TOP - BOTTOM
    plot_width: str = f"{100 - parts.LEFT:g}%"


def line_chart(  # noqa: PLR0913 - what a chart says is one thing
    name: str,
    *,
    title: str,
    about: str,
    heading: str,
    what: str,
    moments: Sequence[Moment],
    before: str = "",
    expected: str = "",
) -> LineChart:
    """`what` is counted; `before` and `expected` are the names of the other two lines, if any."""
    numbers = [number for moment in moments for number in moment.numbers()]
    scale = Scale.of(numbers, y=TOP, height=HEIGHT - TOP - BOTTOM)
    series = [
        Series(what, "line"),
        *([Series(before, "before")] if before else []),
        *([Series(expected, "expected")] if expected else []),
    ]
    plot = _Plot(moments, scale)
    return LineChart(
        name=name,
        title=title,
        about=about,
        height=HEIGHT,
        drawing="reports/charts/_lines.html",
        marks=list(plot.marks(before, expected)),
        words=[
            *scale.words(),
            *parts.labels_below([moment.label for moment in moments], y=HEIGHT - 6),
        ],
        levels=scale.levels,
        legend=series if len(series) > 1 else (),
        headings=[
            heading,
            what,
            *([before] if before else []),
            *([expected, _("at least"), _("at most")] if expected else []),
        ],
        lines=[_line(moment, bool(before), bool(expected)) for moment in moments],
        paths=[
            *plot.paths("before", lambda moment: moment.before),
            *plot.paths("expected", lambda moment: moment.expected),
            *plot.paths("line", lambda moment: moment.value),
        ],
        areas=list(plot.areas()),
        points=list(plot.points()),
    )


def _line(moment: Moment, has_before: bool, has_expected: bool) -> Line:
    values: list[Value | None] = [moment.value]
    if has_before:
        values.append(moment.before)
    if has_expected:
        bounds = [None if each is None else Value(each) for each in (moment.low, moment.high)]
        values += [moment.expected, *bounds]
    return Line(moment.name, values)


@dataclass(frozen=True)
class _Plot:
    moments: Sequence[Moment]
    scale: Scale

    def paths(self, tone: str, of: Callable[[Moment], Value | None]) -> Iterator[Path]:
        """One for each unbroken run of days with a number."""
        for run in _runs([of(moment) is not None for moment in self.moments]):
            values = [(number, of(self.moments[number])) for number in run]
            points = [self._point(number, value.number) for number, value in values if value]
            yield Path(" ".join(points), tone)

    def areas(self) -> Iterator[Path]:
        for run in _runs([_is_bounded(moment) for moment in self.moments]):
            upper = [self._point(number, self.moments[number].high or 0) for number in run]
            lower = [self._point(number, self.moments[number].low or 0) for number in run]
            yield Path(" ".join([*upper, *reversed(lower)]), "expected")

    def points(self) -> Iterator[Point]:
        for number, moment in enumerate(self.moments):
            for tone, value in (("line", moment.value), ("expected", moment.expected)):
                if value is not None:
                    x = parts.middle_of(number, len(self.moments))
                    y = self.scale.at(value.number)
                    yield Point(parts.percent(x), parts.pixels(y), tone)

    def marks(self, before: str, expected: str) -> Iterator[Mark]:
        """A day is one mark over the whole height: lines are thin and cross."""
        width = parts.pitch(len(self.moments))
        for number, moment in enumerate(self.moments):
            value = moment.value or moment.expected
            if value is not None:
                x = parts.middle_of(number, len(self.moments)) - width / 2
                box = (x, self.scale.at(value.number), width, 0.0)
                mark = parts.mark_at(box, _name(moment, before, expected), value.url)
                yield _over_all(mark)

    def _point(self, number: int, value: float) -> str:
        x = (number + 0.5) / len(self.moments) * 100
        y = (1 - value / self.scale.top) * 100
        return f"{round(x, 2):g},{round(y, 2):g}"


def _over_all(mark: Mark) -> Mark:
    return Mark(
        x=mark.x,
        y=str(TOP),
        width=mark.width,
        height=str(HEIGHT - TOP - BOTTOM),
        name=mark.name,
        url=mark.url,
        tip=mark.tip,
    )


def _name(moment: Moment, before: str, expected: str) -> str:
    """Everything that is known of the day."""
    if moment.value is None and moment.expected is not None:
        name = parts.name_of(moment.name, expected, moment.expected)
        if not _is_bounded(moment):
            return name
        bounds = {"name": name, "low": f"{moment.low:g}", "high": f"{moment.high:g}"}
        return _("%(name)s (%(low)s to %(high)s)") % bounds
    name = parts.name_of(moment.name, "", moment.value or Value(0))
    if moment.before is None:
        return name
    said = {"name": name, "before": before, "number": moment.before}
    return _("%(name)s (%(before)s: %(number)s)") % said


def _is_bounded(moment: Moment) -> bool:
    return moment.low is not None and moment.high is not None


def _runs(known: Sequence[bool]) -> Iterator[list[int]]:
    """The numbers of days in unbroken runs."""
    run: list[int] = []
    for number, is_known in enumerate(known):
        if is_known:
            run.append(number)
        elif run:
            yield run
            run = []
    if run:
        yield run
