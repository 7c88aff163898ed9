"""What an agent looks at while a page is made, gathered where objects are fetched.

It is written down once for each page, after the answer has left, so that nobody waits for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass

from django.db import connection

from audit.models import Access


@dataclass(frozen=True, kw_only=True)
class Look:
    """One thing that was looked at; see audit.models.Access."""

    kind: str
    customer: int | None = None
    ticket: int | None = None
    thing: str = ""


_looks: ContextVar[set[Look] | None] = ContextVar("looks", default=None)


@contextmanager
def gathering_looks() -> Iterator[set[Look]]:
    """What is noted meanwhile is in the set."""
    looks: set[Look] = set()
    token = _looks.set(looks)
    try:
        yield looks
    finally:
        _looks.reset(token)


def note_look(
    kind: Access.Kind,
    *,
    customer: int | None = None,
    ticket: int | None = None,
    thing: object = "",
) -> None:
    """Whoever asked for this page sees this. Outside a page nobody does."""
    looks = _looks.get()
    if looks is not None:
        looks.add(Look(kind=kind.value, customer=customer, ticket=ticket, thing=str(thing)))


def record_looks(looks: set[Look], *, agent: int, name: str) -> None:
    """Write them down; what the agent has looked at within this hour already is there."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT audit_look(%s, %s, %s)",
            [agent, name, json.dumps([asdict(look) for look in looks])],
        )
