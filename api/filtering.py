"""Which tickets a list shows: the queue's own filter, but strict, and what only programs ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _

from accounts.models import Agent
from api.endpoint import Asked, page
from api.problems import invalid
from api.shapes import Choice, Instant, ListOf, Shape, Text
from api.showing import FIELDS
from common.keyset import Order, Page, page_of
from sla.models import Priority
from tickets.models import Channel, Ticket
from tickets.queue import FIELD, LONGEST_QUERY, QueueFilter, order_of
from topics.models import Field
from topics.selectors import definitions

LATEST = Order(("updated_at",), is_ascending=True)
BY_ID = Order((), is_ascending=True)
ID = Text(20, about="An id")
OF_QUEUE: dict[str, Shape] = {
    "scope": Choice(QueueFilter.SCOPES, about="Whose tickets"),
    "state": Choice(QueueFilter.STATES, about="`open` when left out"),
    "due": Choice(QueueFilter.DUES, about="What is late, or when the promise is due"),
    "status": Choice(QueueFilter.STATUSES, about="Of open tickets only"),
    "priority": Choice(Priority.values),
    "channel": Choice(Channel.values),
    "assignee": Text(20, about="An id, `me` or `nobody`"),
    "team": ID,
    "tag": Text(120),
    "topic": ID,
    "care": Choice(["yes"], about="Only of customers whom we let down last time"),
}
SEARCH: dict[str, Shape] = {
    "q": Text(200, about="Words, as in the search of the desk; alone, without other filters."),
}
LISTED: dict[str, Shape] = {
    **OF_QUEUE,
    **SEARCH,
    "updated_since": Instant(
        about="Whatever its state (unless `state` is named), the oldest change first: for keeping a"
        " copy up to date."
    ),
    "fields": ListOf(
        Choice(list(FIELDS)), len(FIELDS), about="Only these fields, parted by commas"
    ),
}


def read_filter(query: Mapping[str, Any], kind: type[QueueFilter] = QueueFilter) -> QueueFilter:
    """The queue's filter. Raises Problem for what the queue would pass over."""
    said = {name: text for name, text in query.items() if _is_of_queue(name)}
    if sum(map(len, said.values())) > LONGEST_QUERY:
        raise invalid("", "too-long", _("This is more than a list can be cut down by."))
    chosen = kind.read(said)
    _check_read(said, chosen)
    return chosen


def _is_of_queue(name: str) -> bool:
    return name in OF_QUEUE or name.startswith(FIELD)


def _check_read(said: Mapping[str, str], chosen: QueueFilter) -> None:
    """Everything that was said must be in what was read."""
    values = dict(chosen.values)
    known = {field.key for field in definitions().fields_of(Field.Of.TICKET)}
    owners = {QueueFilter.ME: "mine", QueueFilter.NOBODY: "unassigned"}
    for name, text in said.items():
        key = name.removeprefix(FIELD)
        if name.startswith(FIELD) and key not in known:
            raise invalid(name, "unknown-parameter", _("There is no such field."))
        is_read = (
            key in values if name.startswith(FIELD) else bool(getattr(chosen, name))
        ) or owners.get(text) == chosen.scope
        if not is_read:
            raise invalid(name, "value", _("This cannot be asked for here: “%s”.") % text[:100])


def page_of_tickets(rows: Any, order: Order, *, after: str, size: int) -> Page[dict[str, Any]]:
    """One page of rows. Raises Problem for a beginning that is none."""
    check_after(order, after)
    return page_of(rows, order, after=after, size=size)


def paged(
    asked: Asked, rows: QuerySet[Any, Any], order: Order, shown: Callable[[Any], Any]
) -> HttpResponse:
    """The page of these rows that was asked for."""
    check_after(order, asked.after)
    found = page_of(rows, order, after=asked.after, size=asked.limit)
    return page(asked, [shown(row) for row in found.rows], found.older)


def check_after(order: Order, after: str) -> None:
    """Raises Problem for a beginning that is none."""
    if after and order.read(after) is None:
        raise invalid("after", "value", _("This is not where a page begins."))


@dataclass(frozen=True)
class WhateverState(QueueFilter):
    """Of open tickets and of what is done."""

    def state_condition(self) -> Q:
        """Nothing is asked."""
        return Q()


def listed(
    query: Mapping[str, Any], *, agent: Agent, now: datetime
) -> tuple[QuerySet[Ticket], Order]:
    """The tickets that are asked for, and in which order. Raises Problem."""
    since = query.get("updated_since")
    chosen = read_filter(query, QueueFilter if since is None or "state" in query else WhateverState)
    tickets = chosen.tickets(agent, now=now)
    if since is None:
        return tickets, order_of(chosen)
    return tickets.filter(updated_at__gte=since), LATEST
