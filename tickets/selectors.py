"""Reads that span tables, shaped for a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from accounts.models import Agent
from customers.models import Customer
from sla.models import UNRESOLVED, Commitment
from tickets import events
from tickets.models import Message, Note, Ticket

PAGE = 50


# The queue ------------------------------------------------------------------------------------


# Hours from now until the promised contact: from, before.
PROMISE_WINDOWS: dict[str, tuple[int, int | None]] = {
    "hour": (0, 1),
    "four_hours": (1, 4),
    "day": (4, 24),
    "later": (24, None),
}


@dataclass(frozen=True)
class QueueFilter:
    """Which tickets a queue shows. It is also its address: see `query`."""

    scope: str = "team"  # team, mine, unassigned
    state: str = "open"  # open, resolved
    due: str = ""  # late (any commitment), broken (the promise), or a window it is promised for

    SCOPES: ClassVar = ("team", "mine", "unassigned")
    STATES: ClassVar = ("open", "resolved")
    DUES: ClassVar = ("late", "broken", *PROMISE_WINDOWS)

    @classmethod
    def read(cls, query: Any) -> QueueFilter:
        """From a query string; what is not known falls back to the whole open queue."""
        scope, state, due = (query.get(name, "") for name in ("scope", "state", "due"))
        return cls(
            scope=scope if scope in cls.SCOPES else "team",
            state=state if state in cls.STATES else "open",
            due=due if due in cls.DUES else "",
        )

    def tickets(self, agent: Agent, *, now: datetime) -> QuerySet[Ticket]:
        """The tickets, in no order yet."""
        tickets = Ticket.objects.visible_to(agent)
        tickets = tickets.filter(
            Q(status__in=UNRESOLVED) if self.state == "open" else ~Q(status__in=UNRESOLVED)
        )
        if self.scope == "mine":
            tickets = tickets.filter(assignee=agent)
        elif self.scope == "unassigned":
            tickets = tickets.filter(assignee=None)
        return tickets.filter(self.due_condition(now))

    def query(self) -> str:
        """The filter as a query string, for links that keep it."""
        parts = {"scope": self.scope, "state": self.state, "due": self.due}
        return urlencode({name: value for name, value in parts.items() if value})

    def due_condition(self, now: datetime) -> Q:
        """Late is what is past its whole second: sla.md 2.9."""
        second = now.replace(microsecond=0)
        if self.due == "late":
            return Q(next_due_at__lt=second)
        if self.due == "broken":
            return Q(next_contact_at__lt=second)
        if self.due not in PROMISE_WINDOWS:
            return Q()
        start, end = PROMISE_WINDOWS[self.due]
        window = Q(next_contact_at__gte=second + timedelta(hours=start))
        return (
            window if end is None else window & Q(next_contact_at__lt=second + timedelta(hours=end))
        )


@dataclass(frozen=True)
class QueuePage:
    rows: list[dict[str, Any]]
    older: str
    has_newer: bool


ROW_FIELDS = (
    *("pk", "number", "subject", "status", "priority", "channel", "preview", "is_last_word_ours"),
    *("next_due_at", "next_due_kind", "next_contact_at", "updated_at", "resolved_at", "revision"),
    *("customer__name", "customer_id", "customer__organization__name"),
    *("assignee__name", "assignee_id", "team__name"),
)


def queue_page(chosen: QueueFilter, *, agent: Agent, now: datetime, after: str = "") -> QueuePage:
    """One page of the queue by keyset, in one query: due first, or newest resolved first.

    `after` is the `older` of the page before; anything unreadable means the first page.
    """
    tickets = chosen.tickets(agent, now=now)
    column = "next_due_at" if chosen.state == "open" else "resolved_at"
    forward = chosen.state == "open"
    if position := _position(after):
        at, pk = position
        step = "gt" if forward else "lt"
        tickets = tickets.filter(
            Q(**{f"{column}__{step}": at}) | Q(**{column: at, f"pk__{step}": pk})
        )
    order = (column, "pk") if forward else (f"-{column}", "-pk")
    rows = list(tickets.order_by(*order).values(*ROW_FIELDS)[: PAGE + 1])
    more = rows[PAGE - 1] if len(rows) > PAGE else None
    older = f"{more[column].isoformat()}_{more['pk']}" if more and more[column] else ""
    return QueuePage(rows=rows[:PAGE], older=older, has_newer=bool(position))


def queue_counts(agent: Agent, *, now: datetime) -> dict[str, int]:
    """How many open tickets each chip of the queue shows, in one query."""
    return (
        Ticket.objects.visible_to(agent)
        .unresolved()
        .aggregate(
            team=Count("pk"),
            mine=Count("pk", filter=Q(assignee=agent)),
            unassigned=Count("pk", filter=Q(assignee=None)),
            late=Count("pk", filter=Q(next_due_at__lt=now.replace(microsecond=0))),
        )
    )


def next_in_queue(
    chosen: QueueFilter, *, agent: Agent, now: datetime, without: str = ""
) -> Ticket | None:
    """What is due next, other than the ticket of the number `without`."""
    tickets = chosen.tickets(agent, now=now).order_by("next_due_at", "pk")
    if without.isascii() and without.isdigit() and len(without) < 18:
        tickets = tickets.exclude(number=int(without))
    return tickets.first()


def _position(after: str) -> tuple[datetime, int] | None:
    instant, _, pk = after.rpartition("_")
    try:
        at = datetime.fromisoformat(instant)
        return (at, int(pk)) if at.tzinfo else None
    except ValueError:
        return None


# One ticket -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """One thing on the timeline: exactly one of message, note and event is set."""

    at: datetime
    message: Message | None = None
    note: Note | None = None
    event: str = ""
    event_kind: str = ""


def timeline(ticket: Ticket) -> list[Entry]:
    """Messages, notes and facts of a ticket in the order they happened, in four queries."""
    messages = ticket.messages.select_related("agent", "customer", "email").prefetch_related(
        "attachments"
    )
    entries = [
        *(Entry(at=message.sent_at, message=message) for message in messages),
        *(Entry(at=n.written_at, note=n) for n in ticket.notes.select_related("agent")),
        *(
            Entry(
                at=event.at,
                event=events.sentence(
                    event.kind, event.facts, event.agent.name if event.agent else ""
                ),
                event_kind=event.kind,
            )
            for event in ticket.events.select_related("agent")
        ),
    ]
    return sorted(entries, key=lambda entry: entry.at)


def tickets_of_customer(
    customer: Customer, *, agent: Agent, limit: int = 5, without: Ticket | None = None
) -> list[dict[str, Any]]:
    """The customer's newest tickets that this agent may see, as queue rows."""
    tickets = Ticket.objects.visible_to(agent).filter(customer=customer)
    if without is not None:
        tickets = tickets.exclude(pk=without.pk)
    return list(tickets.order_by("-opened_at", "-pk").values(*ROW_FIELDS)[:limit])


def find_tickets(text: str, *, agent: Agent, limit: int = PAGE) -> list[dict[str, Any]]:
    """Tickets by number, or by words in the subject, the newest line, the customer's name or an
    address; as queue rows."""
    tickets = Ticket.objects.visible_to(agent)
    number = text.strip().lstrip("#")
    if number.isascii() and number.isdigit() and len(number) < 18:
        return list(tickets.filter(number=int(number)).values(*ROW_FIELDS))
    for word in text.split()[:8]:
        tickets = tickets.filter(
            Q(subject__icontains=word)
            | Q(preview__icontains=word)
            | Q(customer__name__icontains=word)
            | Q(customer__contact_points__normalized__icontains=word)
        )
    return list(tickets.order_by("-updated_at", "-pk").values(*ROW_FIELDS).distinct()[:limit])


# What the customer sees -------------------------------------------------------------------------


@dataclass(frozen=True)
class PastPromise:
    """A promise that has ended: when we said, and when we were in touch."""

    due_at: datetime
    met_at: datetime | None
    is_kept: bool


@dataclass(frozen=True)
class CustomerPage:
    """All a customer may know of a ticket. Notes and inner facts are in no reach of it."""

    messages: Sequence[Message]
    promise_at: datetime | None
    is_late: bool
    past_promises: list[PastPromise]


def customer_page(ticket: Ticket) -> CustomerPage:
    """The ticket as its customer sees it, in three queries."""
    promises = list(ticket.clock.commitments.promises().order_by("pk"))
    live = next((promise for promise in promises if promise.ended_at is None), None)
    return CustomerPage(
        messages=list(
            ticket.messages.select_related("agent", "ticket__customer").prefetch_related(
                "attachments"
            )
        ),
        promise_at=live.due_at if live else None,
        is_late=bool(live and live.due_at and live.due_at < timezone.now()),
        past_promises=[_past(promise) for promise in promises if _is_worth_telling(promise)],
    )


def _is_worth_telling(promise: Commitment) -> bool:
    """Kept and broken ones; a promise that became needless was neither."""
    return promise.ended_at is not None and (promise.met_at is not None or promise.is_broken)


def _past(promise: Commitment) -> PastPromise:
    assert promise.due_at is not None, "only a stopwatch can be without a due time"  # noqa: S101
    return PastPromise(due_at=promise.due_at, met_at=promise.met_at, is_kept=not promise.is_broken)
