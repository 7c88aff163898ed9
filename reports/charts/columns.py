"""Stacked columns, such as kept and broken promises per day; and how a duration is distributed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reports.charts import parts
from reports.charts.parts import Chart, Line, Mark, Scale, Series, Shape, Value, Words

HEIGHT, TOP, BOTTOM = 190, 14, 24
GAP = 2
LINE = 14
# Per cent of the room from one column to the next.
COLUMN, BIN = 0.62, 0.94


@dataclass(frozen=True)
class Stack:
    """What stands over one label: a value for each series, the first at the bottom."""

    label: str
    name: str
    values: Sequence[Value]


@dataclass(frozen=True)
class Limit:
    """A line down between two columns: 90 % are left of it."""

    label: str
    # So many columns are left of it.
    after: float


def column_chart(
    name: str,
    *,
    title: str,
    about: str,
    heading: str,
    series: Sequence[Series],
    stacks: Sequence[Stack],
) -> Chart:
    """A column for each stack; `heading` is what the table calls the stacks."""
    scale = _scale([sum(value.number for value in stack.values) for stack in stacks])
    drawn = [
        each
        for number, stack in enumerate(stacks)
        for each in _column(stack, series, scale, at=(number, len(stacks), COLUMN))
    ]
    return Chart(
        name=name,
        title=title,
        about=about,
        height=HEIGHT,
        marks=[mark for _, mark in drawn],
        shapes=[shape for shape, _ in drawn],
        words=[*scale.words(), *_labels(stacks)],
        levels=scale.levels,
        legend=series if len(series) > 1 else (),
        headings=[heading, *(each.label for each in series)],
        lines=[Line(stack.name, stack.values) for stack in stacks],
    )


def histogram(
    name: str,
    *,
    title: str,
    about: str,
    headings: tuple[str, str],
    bins: Sequence[tuple[str, str, Value]],
    limits: Sequence[Limit] = (),
) -> Chart:
    """How many fall into each bin, given by its label, its name and its number."""
    stacks = [Stack(label, full, [value]) for label, full, value in bins]
    scale = _scale([value.number for _, _, value in bins], above=LINE * len(limits))
    drawn = [
        each
        for number, stack in enumerate(stacks)
        for each in _column(stack, [Series("")], scale, at=(number, len(stacks), BIN))
    ]
    return Chart(
        name=name,
        title=title,
        about=about,
        height=HEIGHT,
        marks=[mark for _, mark in drawn],
        shapes=[
            *(shape for shape, _ in drawn),
            *(_limit_shape(limit, len(stacks)) for limit in limits),
        ],
        words=[
            *scale.words(),
            *_labels(stacks),
            *(_limit_words(limit, len(stacks), line=number) for number, limit in enumerate(limits)),
        ],
        levels=scale.levels,
        headings=headings,
        lines=[Line(stack.name, stack.values) for stack in stacks],
    )


def _scale(numbers: Sequence[float], *, above: int = 0) -> Scale:
    """With room above it for words that no column may hide."""
    return Scale.of(numbers, y=TOP + above, height=HEIGHT - TOP - BOTTOM - above)


def _labels(stacks: Sequence[Stack]) -> list[Words]:
    return parts.labels_below([stack.label for stack in stacks], y=HEIGHT - 6)


def _column(
    stack: Stack, series: Sequence[Series], scale: Scale, *, at: tuple[int, int, float]
) -> Iterator[tuple[Shape, Mark]]:
    number, of, share = at
    middle, width = parts.middle_of(number, of), parts.pitch(of) * share
    below = 0.0
    for each, value in zip(series, stack.values, strict=True):
        if value.number:
            y = scale.at(below + value.number)
            height = max(scale.at(below) - y - (GAP if below else 0), 1)
            shape = Shape(
                x=parts.percent(middle - width / 2),
                y=parts.pixels(y),
                width=parts.percent(width),
                height=parts.pixels(height),
                tone=each.tone,
            )
            room = parts.pitch(of)
            name = parts.name_of(stack.name, each.label, value)
            yield shape, parts.mark_at((middle - room / 2, y, room, height), name, value.url)
        below += value.number


def _limit_x(limit: Limit, of: int) -> float:
    return parts.LEFT + parts.pitch(of) * limit.after


def _limit_shape(limit: Limit, of: int) -> Shape:
    x = parts.percent(_limit_x(limit, of))
    return Shape(x, "0", "2", parts.pixels(HEIGHT - BOTTOM), tone="limit")


def _limit_words(limit: Limit, of: int, *, line: int) -> Words:
    """Each on a line of its own: two limits may stand close together."""
    x = _limit_x(limit, of)
    is_late = x > parts.LAST_THIRD
    return Words(
        text=limit.label,
        x=parts.percent(x + (-1 if is_late else 1)),
        y=parts.pixels(TOP + LINE * line),
        anchor="end" if is_late else "start",
    )
