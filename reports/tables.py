"""A table of a report: every number in it opens what it counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.charts.parts import Value
from reports.measures import Measure


@dataclass(frozen=True)
class Heading:
    """Of a column; a measure says what it means."""

    label: str
    measure: Measure | None = None


@dataclass(frozen=True)
class Row:
    """A line: what it is about, the same report about nothing else, and its numbers. A line of one
    measure says what that means."""

    name: str
    values: Sequence[Value | None]
    url: str = ""
    measure: Measure | None = None


@dataclass(frozen=True, kw_only=True)
class Table:
    """`name` is unique on its page. `note` says what the table leaves out."""

    name: str
    title: str
    first: str
    headings: Sequence[Heading]
    rows: Sequence[Row]
    note: str = ""
