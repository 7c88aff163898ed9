"""Where the marks of two kinds of bar charts stand; the templates draw them as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 560, 190
LEFT, RIGHT, TOP, BOTTOM = 34, 8, 12, 24
GAP = 2
ROW = 34
LABEL_WIDTH, NUMBER_WIDTH = 150, 44


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A rectangle with the words it stands for."""

    x: float
    y: float
    width: float
    height: float
    tone: str
    title: str


@dataclass(frozen=True, kw_only=True)
class Column:
    """The stacked bars over one label."""

    x: float
    label: str
    bars: list[Bar]


@dataclass(frozen=True, kw_only=True)
class Tick:
    y: float
    number: int


@dataclass(frozen=True, kw_only=True)
class ColumnChart:
    columns: list[Column]
    ticks: list[Tick]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    base: int = HEIGHT - BOTTOM


@dataclass(frozen=True, kw_only=True)
class Line:
    """One horizontal bar with its label at the left and its number at its end."""

    bar: Bar
    label: str
    number: int
    url: str
    text_y: float
    number_x: float


@dataclass(frozen=True, kw_only=True)
class LineChart:
    lines: list[Line]
    height: int
    width: int = WIDTH
    left: int = LABEL_WIDTH


@dataclass(frozen=True)
class Part:
    """A number to draw, its colour and its words."""

    number: int
    tone: str
    title: str


@dataclass(frozen=True)
class Item:
    """A part with a label and an address of its own."""

    label: str
    part: Part
    url: str


def column_chart(stacks: Sequence[tuple[str, Sequence[Part]]]) -> ColumnChart:
    """Stacked columns, the first part at the bottom."""
    top = _round_up(max((sum(part.number for part in parts) for _, parts in stacks), default=0))
    step = (WIDTH - LEFT - RIGHT) / max(len(stacks), 1)
    columns = [
        _column(label, parts, x=LEFT + step * (number + 0.5), width=step * 0.56, top=top)
        for number, (label, parts) in enumerate(stacks)
    ]
    ticks = [Tick(y=_y(number, top), number=number) for number in (0, top // 2, top)]
    return ColumnChart(columns=columns, ticks=ticks)


def line_chart(items: Sequence[Item]) -> LineChart:
    """One bar below the other."""
    most = max((item.part.number for item in items), default=0) or 1
    room = WIDTH - LABEL_WIDTH - NUMBER_WIDTH
    return LineChart(
        lines=[
            _line(item, y=ROW * number, width=round(room * item.part.number / most, 1))
            for number, item in enumerate(items)
        ],
        height=ROW * len(items),
    )


def _column(label: str, parts: Sequence[Part], *, x: float, width: float, top: int) -> Column:
    bars: list[Bar] = []
    below = 0
    for part in parts:
        if part.number:
            y = _y(below + part.number, top)
            height = max(_y(below, top) - y - (GAP if below else 0), 1)
            bars.append(
                Bar(
                    x=round(x - width / 2, 1),
                    y=y,
                    width=round(width, 1),
                    height=round(height, 1),
                    tone=part.tone,
                    title=part.title,
                )
            )
        below += part.number
    return Column(x=round(x, 1), label=label, bars=bars)


def _line(item: Item, *, y: float, width: float) -> Line:
    bar = Bar(
        x=LABEL_WIDTH,
        y=y + 6,
        width=width,
        height=ROW - 12,
        tone=item.part.tone,
        title=item.part.title,
    )
    return Line(
        bar=bar,
        label=item.label,
        number=item.part.number,
        url=item.url,
        text_y=y + ROW / 2 + 4,
        number_x=bar.x + bar.width + 8,
    )


def _y(number: int, top: int) -> float:
    return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * number / top, 1)


def _round_up(number: int) -> int:
    """The next even number that reads well on an axis."""
    for step in (2, 10, 20, 50, 100, 200, 500, 1000):
        if number <= step * 4:
            return max(-(-number // step) * step, step)
    return -(-number // 5000) * 5000
