"""Pages of a long list, found by the row they begin behind: the last page costs what the first does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from django.db.models import Q, QuerySet

from common.numbers import whole_number

Row = TypeVar("Row")
# Where a row stands: what its columns say, and its id.
Place = tuple[Any, ...]
# Between the parts of a place in an address.
BETWEEN = "_"


@dataclass(frozen=True)
class Order:
    """The order of a list: by columns, and by id where those are the same; all up or all down. A
    column called `day` holds days, every other one instants."""

    columns: tuple[str, ...]
    is_ascending: bool

    @property
    def forward(self) -> tuple[str, ...]:
        """As `order_by` takes it."""
        sign = "" if self.is_ascending else "-"
        return tuple(f"{sign}{column}" for column in (*self.columns, "pk"))

    @property
    def reversed(self) -> Order:
        return Order(self.columns, not self.is_ascending)

    def place_of(self, row: object) -> Place:
        """Where it stands."""
        names = (*self.columns, "pk")
        if isinstance(row, Mapping):
            return tuple(row[name] for name in names)
        return tuple(getattr(row, name) for name in names)

    def beyond(self, place: Place) -> Q:
        """What comes after this place. Each column has a bound of its own, because an index is
        entered by a bound and never by an alternative."""
        step = "gt" if self.is_ascending else "lt"
        *values, pk = place
        further = Q(**{f"pk__{step}": pk})
        for column, value in reversed(list(zip(self.columns, values, strict=True))):
            further = Q(**{f"{column}__{step}": value}) | further
            further = Q(**{f"{column}__{step}e": value}) & further
        return further

    def written(self, row: object) -> str:
        """Where it stands, for an address; empty where a column says nothing."""
        *values, pk = self.place_of(row)
        if None in values:
            return ""
        return BETWEEN.join([*(value.isoformat() for value in values), str(pk)])

    def read(self, text: str) -> Place | None:
        """The place that `written` gave; None for anything else."""
        *values, number = text.split(BETWEEN)
        pk = whole_number(number)
        if pk is None or len(values) != len(self.columns):
            return None
        try:
            return (*map(_read, self.columns, values), pk)
        except ValueError:
            return None


def _read(column: str, text: str) -> date:
    """Raises ValueError for what is no day, or no instant with its zone."""
    if column == "day":
        return date.fromisoformat(text)
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(text)
    return at


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows, where the next page begins (empty: nowhere), and whether there is one before."""

    rows: list[Row]
    older: str
    has_newer: bool


def page_of(rows: QuerySet[Any, Row], order: Order, *, after: str, size: int) -> Page[Row]:
    """One page, in one query. `after` is the `older` of the page before; anything unreadable means
    the first page."""
    place = order.read(after)
    found = list(
        rows.filter(order.beyond(place) if place else Q()).order_by(*order.forward)[: size + 1]
    )
    older = order.written(found[size - 1]) if len(found) > size else ""
    return Page(found[:size], older, has_newer=place is not None)
