"""Rows in an order that people choose: each has a `position`, and those of the same come by age."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Max, Model, QuerySet

Row = TypeVar("Row", bound=Model)


def place_behind(rows: QuerySet[Row]) -> int:
    """The position after the last of them."""
    last = rows.aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1


def steps_to(rows: QuerySet[Row], row: Row, *, place: int) -> int:
    """How many places down, or, below 0, up it is among them to this one; 0 is the first."""
    ordered = list(rows.order_by("position", "pk").values_list("pk", flat=True))
    return place - ordered.index(row.pk)


def move_within(rows: QuerySet[Row], row: Row, *, by: int) -> None:
    """One place up (-1) or down (1) among them. Call it in a transaction."""
    ordered = list(rows.select_for_update().order_by("position", "pk"))
    here = [each.pk for each in ordered].index(row.pk)
    there = min(max(here + by, 0), len(ordered) - 1)
    ordered.insert(there, ordered.pop(here))
    for position, each in enumerate(ordered):
        each.position = position  # type: ignore[attr-defined]
    rows.model._default_manager.bulk_update(ordered, ["position"])  # noqa: SLF001
