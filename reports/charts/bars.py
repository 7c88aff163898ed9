"""One bar below the other, each under its own label: the words have the whole width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reports.charts import parts
from reports.charts.parts import Chart, Line, Mark, Series, Shape, Value, Words

ROW, BAR_Y, BAR = 33, 19, 9
LABEL_Y = 13
INDENT = 4.0


@dataclass(frozen=True)
class Row:
    """A label, its number, and how much of it is what: the parts lie over the bar of the whole.

    `detail` says the same in words at the end of the line; otherwise the number stands there.
    """

    label: str
    value: Value
    tone: str = ""
    parts: Sequence[Value] = ()
    detail: str = ""
    # Belongs to the row above that is not.
    is_part: bool = False


def bar_chart(  # noqa: PLR0913 - what a chart says is one thing
    name: str,
    *,
    title: str,
    about: str,
    headings: Sequence[str],
    rows: Sequence[Row],
    whole: str = "",
    series: Sequence[Series] = (),
    is_divided: bool = False,
) -> Chart:
    """`series` name the parts of each row, and `whole` what their sum is of; where the row is divided
    into them, nothing is left of its own colour.

    `headings` are those of the table: of the labels, of the whole, and of each part.
    """
    most = max((row.value.number for row in rows), default=0) or 1
    of_whole = [] if is_divided else [Series(whole, rows[0].tone if rows else "")]
    drawn = [_Drawn(row, number, most, whole, series) for number, row in enumerate(rows)]
    return Chart(
        name=name,
        title=title,
        about=about,
        height=ROW * len(rows),
        marks=[mark for row in drawn for mark in row.marks()],
        shapes=[shape for row in drawn for shape in row.shapes()],
        words=[words for row in drawn for words in row.words()],
        legend=[*of_whole, *series] if series else (),
        headings=headings,
        lines=[Line(row.label, [row.value, *row.parts]) for row in rows],
        left="0%",
    )


@dataclass(frozen=True)
class _Drawn:
    row: Row
    number: int
    most: float
    whole: str
    series: Sequence[Series]

    @property
    def y(self) -> float:
        return ROW * self.number

    @property
    def start(self) -> float:
        return INDENT if self.row.is_part else 0.0

    def length(self, number: float) -> float:
        return number / self.most * (100 - INDENT)

    def shapes(self) -> Iterator[Shape]:
        yield self._shape(0, self.length(self.row.value.number), self.row.tone)
        for each, (start, length) in zip(self.series, self._pieces(), strict=True):
            yield self._shape(start, length, each.tone)

    def _shape(self, start: float, length: float, tone: str) -> Shape:
        return Shape(
            x=parts.percent(self.start + start),
            y=parts.pixels(self.y + BAR_Y),
            width=parts.percent(length),
            height=parts.pixels(BAR),
            tone=tone,
        )

    def _pieces(self) -> list[tuple[float, float]]:
        """Where each part begins in the bar, and how long it is."""
        whole = self.row.value.number
        scale = self.length(whole) / whole if whole else 0
        pieces, start = [], 0.0
        for part in self.row.parts:
            pieces.append((start, part.number * scale))
            start += part.number * scale
        return pieces

    def words(self) -> Iterator[Words]:
        said = self.row.detail or str(self.row.value)
        x, y = parts.percent(self.start), parts.pixels(self.y + LABEL_Y)
        for label, width in self._labels(said):
            yield Words(label, x, y, anchor="start", tone="ink", width=width)
        yield Words(said, "100%", y, anchor="end")

    def _labels(self, said: str) -> list[tuple[str, str]]:
        """As much of the label as there is room for beside the number, on a telephone and a desk."""
        narrow, wide = (
            parts.shortened(
                self.row.label, room * (100 - self.start) / 100 - parts.width_of(said) - 12
            )
            for room in (parts.NARROW, parts.WIDE)
        )
        return [(wide, "")] if narrow == wide else [(narrow, "narrow"), (wide, "wide")]

    def marks(self) -> Iterator[Mark]:
        row = self.row
        box = (self.start, self.y + 1, 100 - self.start, ROW - 3)
        yield parts.mark_at(box, parts.name_of(row.label, self.whole, row.value), row.value.url)
        for each, value, piece in zip(self.series, row.parts, self._pieces(), strict=True):
            if value.number:
                box = (self.start + piece[0], self.y + BAR_Y, piece[1], BAR)
                name = parts.name_of(row.label, each.label, value)
                yield parts.mark_at(box, name, value.url)
