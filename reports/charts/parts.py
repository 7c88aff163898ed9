"""What every chart consists of: numbers that lead somewhere, words that fit, and the same in a table.

Across, everything stands in per cent of whatever room there is, and down in pixels; so a drawing is
as wide as its card, and its words stay as large as the words around it. Each number is drawn twice:
as a shape, and above all shapes as a link over it, so that no shape hides what a link tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from unicodedata import east_asian_width

from django.utils.translation import gettext as _

# Per cent at the left that belongs to the numbers of the axis.
LEFT = 8.0
# Pixels a chart has at least, on a telephone and on a desk, and those of one letter.
NARROW, WIDE = 280, 500
LETTER, WIDE_LETTER = 6.8, 12.0
BETWEEN_LABELS = 8
TIP_HEIGHT, TIP_MARGIN = 24, 10
# Beyond these the words of a tip or a label would leave the drawing.
FIRST_THIRD, LAST_THIRD = 34.0, 66.0
SMALLEST_TARGET = 8.0


@dataclass(frozen=True)
class Value:
    """A number, where it can be counted, and how it is read if not as it is."""

    number: float
    url: str = ""
    text: str = ""

    def __str__(self) -> str:
        return self.text or f"{self.number:g}"


@dataclass(frozen=True)
class Series:
    """What a colour stands for: "", kept, late, soon, second or quiet."""

    label: str
    tone: str = ""


@dataclass(frozen=True)
class Shape:
    """A rectangle; `tone` is its colour and its texture."""

    x: str
    y: str
    width: str
    height: str
    tone: str = ""
    level: int = 0


@dataclass(frozen=True)
class Words:
    """A short text, and at which of its ends it stands."""

    text: str
    x: str
    y: str
    anchor: str = "middle"
    tone: str = ""
    # Where it stands only: where there is "narrow" or "wide" room.
    width: str = ""


@dataclass(frozen=True)
class Mark:
    """What can be pointed at and tabbed to: its place, its name and where it leads."""

    x: str
    y: str
    width: str
    height: str
    name: str
    url: str
    tip: Tip


@dataclass(frozen=True)
class Tip:
    """The name of a mark on a plate beside it."""

    x: str
    y: str
    width: int
    left: int
    text_x: int
    height: int = TIP_HEIGHT


@dataclass(frozen=True)
class Line:
    """One line of the table below a drawing."""

    name: str
    values: Sequence[Value | None]


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A drawing with its words. `name` is unique on its page: its ids begin with it."""

    name: str
    title: str
    # What it shows, in a sentence, for whoever does not see it.
    about: str
    height: int
    drawing: str = "reports/charts/_shapes.html"
    marks: list[Mark]
    shapes: list[Shape] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)
    # Heights of the lines across, the first of them the axis.
    levels: list[str] = field(default_factory=list)
    legend: Sequence[Series] = ()
    headings: Sequence[str]
    lines: list[Line]
    is_textured: bool = True
    left: str = f"{LEFT:g}%"

    @property
    def has_links(self) -> bool:
        """Whether it is a list of links, and not a picture only."""
        return any(mark.url for mark in self.marks)


def name_of(place: str, what: str, value: Value) -> str:
    """How a mark is called: by where it stands, what it counts, and how many."""
    if not what:
        return f"{place}: {value}"
    return _("%(place)s, %(what)s: %(number)s") % {"place": place, "what": what, "number": value}


def mark_at(box: tuple[float, float, float, float], name: str, url: str = "") -> Mark:
    """A mark over a box of x and width in per cent, y and height in pixels."""
    x, y, width, height = box
    more = max(SMALLEST_TARGET - height, 0)
    return Mark(
        x=percent(x),
        y=pixels(max(y - more, 0)),
        width=percent(width),
        height=pixels(height + more),
        name=name,
        url=url,
        tip=_tip(name, x + width / 2, y),
    )


def _tip(text: str, x: float, y: float) -> Tip:
    width = round(width_of(text)) + 2 * TIP_MARGIN
    left = {"start": 0, "middle": -width // 2, "end": -width}[anchor_at(x)]
    return Tip(
        x=percent(x),
        y=pixels(max(y - TIP_HEIGHT - 4, 0)),
        width=width,
        left=left,
        text_x=left + TIP_MARGIN,
    )


def anchor_at(x: float) -> str:
    """At which of its ends a text stands at x, so that it stays inside."""
    if x < FIRST_THIRD:
        return "start"
    return "end" if x > LAST_THIRD else "middle"


def labels_below(names: Sequence[str], *, y: float) -> list[Words]:
    """One label under each of evenly spaced columns, as many of them as fit, always the last."""
    if not names:
        return []
    last = _anchor_of_label(middle_of(len(names) - 1, len(names)), width_of(names[-1]))
    # The last one may have to stand left of its column, and nearer to the one before it.
    widest = max(map(width_of, names)) * (1.5 if last == "end" else 1) + BETWEEN_LABELS
    step = _step(len(names), widest, WIDE)
    # A multiple: what is read on a telephone is read on a desk, too.
    narrow = -(-_step(len(names), widest, NARROW) // step) * step
    return [
        Words(
            text=text,
            x=percent(x),
            y=pixels(y),
            anchor=_anchor_of_label(x, width_of(text)),
            width="wide" if back % narrow else "",
        )
        for number, text in enumerate(names)
        if (back := len(names) - 1 - number) % step == 0
        for x in [middle_of(number, len(names))]
    ]


def _step(number: int, width: float, room: int) -> int:
    fitting = max(int(room * (100 - LEFT) / 100 / width), 1)
    return max(-(-number // fitting), 1)


def _anchor_of_label(x: float, width: float) -> str:
    """Centred, unless it would leave a narrow drawing."""
    half = width / 2 / NARROW * 100
    return "end" if x + half > 101 else "middle"


def middle_of(number: int, of: int) -> float:
    """Per cent of the middle of one of so many columns."""
    return LEFT + pitch(of) * (number + 0.5)


def pitch(of: int) -> float:
    """Per cent from one of so many columns to the next."""
    return (100 - LEFT) / max(of, 1)


@dataclass(frozen=True)
class Scale:
    """From 0 to a number that reads well, over so many pixels."""

    top: float
    y: float
    height: float

    @classmethod
    def of(cls, numbers: Iterable[float], *, y: float, height: float) -> Scale:
        return cls(round_up(max(numbers, default=0)), y, height)

    def at(self, number: float) -> float:
        return self.y + self.height * (1 - number / self.top)

    @property
    def steps(self) -> list[float]:
        return [0, self.top / 2, self.top]

    @property
    def levels(self) -> list[str]:
        return [pixels(self.at(step)) for step in self.steps]

    def words(self) -> list[Words]:
        return [
            Words(f"{step:g}", percent(LEFT - 1), pixels(self.at(step) + 4), anchor="end")
            for step in self.steps
        ]


def round_up(number: float) -> int:
    """The next even number that reads well on an axis."""
    for step in (2, 10, 20, 50, 100, 200, 500, 1000):
        if number <= step * 4:
            return max(int(-(-number // step)) * step, step)
    size = int("1" + "0" * (len(str(int(number))) - 1))
    return int(-(-number // size)) * size


def width_of(text: str) -> float:
    """About so many pixels, at the size of a chart's words."""
    return sum(WIDE_LETTER if east_asian_width(each) in "WFA" else LETTER for each in text)


def shortened(text: str, room: float) -> str:
    """As much of it as fits."""
    if width_of(text) <= room:
        return text
    kept = ""
    for each in text:
        if width_of(kept + each) > room - WIDE_LETTER:
            break
        kept += each
    return kept.rstrip() + "…"


def percent(value: float) -> str:
    return f"{round(value, 2):g}%"


def pixels(value: float) -> str:
    return f"{round(value, 1):g}"
