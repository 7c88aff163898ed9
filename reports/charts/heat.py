"""When things happen in the week: the darker, the more. The number stands in the cell where it fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reports.charts import parts
from reports.charts.parts import Chart, Line, Mark, Shape, Value, Words

ROW, TOP = 24, 18
LEVELS = 5
GAP = 0.3


def heat_map(  # noqa: PLR0913 - what a chart says is one thing
    name: str,
    *,
    title: str,
    about: str,
    heading: str,
    rows: Sequence[tuple[str, str]],
    columns: Sequence[tuple[str, str]],
    values: Mapping[tuple[int, int], Value],
) -> Chart:
    """Rows and columns by label and full name, such as ("Mon", "Monday") and ("9", "9:00"); values
    by the numbers of their row and column. What is missing is 0."""
    most = max((value.number for value in values.values()), default=0)
    cells = list(_cells(rows, columns, values))
    return Chart(
        name=name,
        title=title,
        about=about,
        height=TOP + ROW * len(rows),
        marks=[
            _mark(row, column, len(columns), f"{rows[row][1]} {columns[column][1]}", value)
            for row, column, value in cells
            if value.number
        ],
        shapes=[
            _shape(row, column, len(columns), level_of(value.number, most))
            for row, column, value in cells
        ],
        words=[
            *(
                Words(label, "0%", parts.pixels(_y(number) + 16), anchor="start")
                for number, (label, _) in enumerate(rows)
            ),
            *_hours(columns),
            *(
                _number(row, column, len(columns), value, level_of(value.number, most))
                for row, column, value in cells
                if value.number
            ),
        ],
        headings=[heading, *(label for label, _ in columns)],
        lines=[
            Line(full, [values.get((row, column), Value(0)) for column in range(len(columns))])
            for row, (_, full) in enumerate(rows)
        ],
        is_textured=False,
    )


def level_of(number: float, most: float) -> int:
    """0 for nothing, else 1 to 5."""
    return int(-(-number * LEVELS // most)) if number else 0


def _cells(
    rows: Sequence[object], columns: Sequence[object], values: Mapping[tuple[int, int], Value]
) -> Iterator[tuple[int, int, Value]]:
    for row in range(len(rows)):
        for column in range(len(columns)):
            yield row, column, values.get((row, column), Value(0))


def _y(row: int) -> float:
    return TOP + ROW * row


def _x(column: int, of: int) -> float:
    return parts.LEFT + parts.pitch(of) * column


def _shape(row: int, column: int, of: int, level: int) -> Shape:
    return Shape(
        x=parts.percent(_x(column, of)),
        y=parts.pixels(_y(row)),
        width=parts.percent(parts.pitch(of) - GAP),
        height=parts.pixels(ROW - 2),
        tone="heat",
        level=level,
    )


def _mark(row: int, column: int, of: int, place: str, value: Value) -> Mark:
    box = (_x(column, of), _y(row), parts.pitch(of) - GAP, ROW - 2)
    return parts.mark_at(box, parts.name_of(place, "", value), value.url)


def _number(row: int, column: int, of: int, value: Value, level: int) -> Words:
    return Words(
        text=str(value),
        x=parts.percent(_x(column, of) + (parts.pitch(of) - GAP) / 2),
        y=parts.pixels(_y(row) + 15),
        tone="on-heat" if level > 3 else "in-heat",
        width="wide",
    )


def _hours(columns: Sequence[tuple[str, str]]) -> Iterator[Words]:
    """Every third, which fits on a telephone, too."""
    for number, (label, _) in enumerate(columns):
        if number % 3 == 0:
            x = _x(number, len(columns)) + parts.pitch(len(columns)) / 2
            yield Words(label, parts.percent(x), "12")
