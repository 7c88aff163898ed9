"""Whose data somebody may have seen, or who wrote in some days: for a notice after a breach."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from django.db.models import Count, F, Max, Min, Q, QuerySet

from audit.selectors import Asked, looks
from customers.models import Customer
from tickets.models import Message, Note

AT_ONCE = 1000


@dataclass(kw_only=True)
class Touched:
    """One customer: how often they were looked at, and how many messages and notes were written by
    them or about them; from when until when."""

    customer: Customer
    looks: int = 0
    words: int = 0
    times: list[datetime] = field(default_factory=list)


def touched(asked: Asked) -> Iterator[Touched]:
    """All customers an agent has to do with, or anybody, in the time that is asked for; by key.

    Without an agent the customers' own messages count too: they lay open to whoever was in.
    """
    keys = sorted(_keys(asked))
    for first in range(0, len(keys), AT_ONCE):
        yield from _page(asked, keys[first : first + AT_ONCE])


def _keys(asked: Asked) -> set[int]:
    found = {
        *looks(asked).exclude(customer=None).values_list("customer", flat=True).distinct(),
        *(key for rows in _said(asked) for key in rows.values_list("ticket__customer", flat=True)),
    }
    # Records that were merged are now the ones they were merged into.
    return set(
        Customer.objects.filter(
            Q(pk__in=found) | Q(absorbed__in=found), merged_into=None
        ).values_list("pk", flat=True)
    )


def _page(asked: Asked, keys: list[int]) -> Iterator[Touched]:
    customers = Customer.objects.filter(pk__in=keys).select_related("organization")
    lines = {
        each.pk: Touched(customer=each) for each in customers.prefetch_related("contact_points")
    }
    absorbed = Customer.objects.filter(merged_into__in=keys).values_list("pk", "merged_into")
    lines |= {record: lines[into] for record, into in absorbed if into}
    for customer, number, first, last in _sums(looks(asked), "customer", lines):
        lines[customer].looks += number
        lines[customer].times += [first, last]
    for rows in _said(asked):
        for customer, number, first, last in _sums(rows, "ticket__customer", lines):
            lines[customer].words += number
            lines[customer].times += [first, last]
    yield from (lines[key] for key in keys)


def _sums(rows: QuerySet[Any], by: str, keys: Iterable[int]) -> QuerySet[Any, Any]:
    """By customer: how many, the first and the last time."""
    at = "at" if by == "customer" else "said_at"
    found = rows.filter(**{f"{by}__in": list(keys)}).order_by().values(by)
    counted = found.annotate(number=Count("pk"), first=Min(at), last=Max(at))
    return cast("QuerySet[Any, Any]", counted.values_list(by, "number", "first", "last"))


def _said(asked: Asked) -> list[QuerySet[Message] | QuerySet[Note]]:
    messages = Message.objects.annotate(said_at=F("sent_at"))
    notes = Note.objects.annotate(said_at=F("written_at"))
    since = Q(said_at__gte=asked.since) if asked.since else Q()
    until = Q(said_at__lt=asked.until) if asked.until else Q()
    whose = Q(agent=asked.agent) if asked.agent is not None else Q()
    return [rows.filter(since, until, whose) for rows in (messages, notes)]
