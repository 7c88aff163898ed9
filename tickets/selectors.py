"""Reads that span tables, shaped for a page."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts.models import Agent
from customers.models import Customer
from sla.models import Commitment, Status
from tickets import events
from tickets.events import EventKind
from tickets.models import Message, Note, Ticket, TicketEvent
from tickets.queue import ROW_FIELDS
from tickets.searching.query import LARGEST_NUMBER, NUMBER

# One ticket -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """One thing on the timeline: exactly one of message, note and event is set."""

    at: datetime
    message: Message | None = None
    note: Note | None = None
    event: str = ""
    event_kind: str = ""
    # The merge that this event tells of, while it can be taken back here.
    merge: int | None = None


def timeline(ticket: Ticket) -> list[Entry]:
    """Messages, notes and facts of a ticket and of those merged into it, in the order they
    happened, in four queries."""
    told = {"ticket__in": ticket.family()}
    messages = (
        Message.objects.filter(**told)
        .select_related("agent", "customer", "email")
        .prefetch_related("attachments")
    )
    notes = Note.objects.filter(**told).select_related("agent")
    facts = list(TicketEvent.objects.filter(**told).select_related("agent"))
    merges = _standing_merges(ticket, facts)
    entries = [
        *(Entry(at=message.sent_at, message=message) for message in messages),
        *(Entry(at=note.written_at, note=note) for note in notes),
        *(
            Entry(
                at=event.at,
                event=events.sentence(
                    event.kind, event.facts, event.agent.name if event.agent else ""
                ),
                event_kind=event.kind,
                merge=merges.get(event.pk),
            )
            for event in facts
        ),
    ]
    return sorted(entries, key=lambda entry: entry.at)


def _standing_merges(ticket: Ticket, events: Sequence[TicketEvent]) -> dict[int, int]:
    """The merges into this very ticket that were not taken back, by the event that tells of them."""
    here = [event for event in events if event.ticket_id == ticket.pk and "merge" in event.facts]
    undone = {event.facts["merge"] for event in here if event.kind == EventKind.SEPARATED}
    return {event.pk: event.facts["merge"] for event in here if event.facts["merge"] not in undone}


def tickets_of_customer(
    customer: Customer, *, agent: Agent, limit: int = 5, without: Ticket | None = None
) -> list[dict[str, Any]]:
    """The customer's newest tickets that this agent may see, as queue rows."""
    tickets = Ticket.objects.visible_to(agent).filter(customer=customer)
    tickets = tickets.exclude(status=Status.MERGED)
    if without is not None:
        tickets = tickets.exclude(pk=without.pk)
    return list(tickets.order_by("-opened_at", "-pk").values(*ROW_FIELDS)[:limit])


def rows_of(ticket_ids: Collection[int], *, agent: Agent) -> dict[int, dict[str, Any]]:
    """These tickets, as far as this agent may see them, as queue rows by their id."""
    rows = Ticket.objects.visible_to(agent).filter(pk__in=ticket_ids).values(*ROW_FIELDS)
    return {row["pk"]: row for row in rows}


def ticket_of_number(text: str, *, agent: Agent) -> int | None:
    """The number that a text consists of, with or without #, when this agent may see its ticket."""
    number = NUMBER.fullmatch(text.strip())
    if number is None or int(number[1]) > LARGEST_NUMBER:
        return None
    tickets = Ticket.objects.visible_to(agent).filter(number=int(number[1]))
    return tickets.values_list("number", flat=True).first()


# What the customer sees -------------------------------------------------------------------------


@dataclass(frozen=True)
class PastPromise:
    """A promise that has ended: when we said, and when we were in touch, or when we wrote before
    that time and named a later one."""

    due_at: datetime
    met_at: datetime | None
    held_at: datetime | None
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
    family = ticket.family()
    promises = list(
        Commitment.objects.promises().filter(clock__ticket__in=family).order_by("due_at", "pk")
    )
    live = next((promise for promise in promises if promise.ended_at is None), None)
    return CustomerPage(
        messages=list(
            Message.objects.filter(ticket__in=family)
            .select_related("agent", "ticket__customer")
            .prefetch_related("attachments")
        ),
        promise_at=live.due_at if live else None,
        is_late=bool(live and live.due_at and live.due_at < timezone.now()),
        past_promises=[_past(promise) for promise in promises if _is_worth_telling(promise)],
    )


def _is_worth_telling(promise: Commitment) -> bool:
    """Kept, broken, and put off with a word; a promise that became needless was none of these."""
    return promise.ended_at is not None and (
        promise.met_at is not None or promise.is_broken or promise.is_held
    )


def _past(promise: Commitment) -> PastPromise:
    assert promise.due_at is not None, "only a stopwatch can be without a due time"  # noqa: S101
    return PastPromise(
        due_at=promise.due_at,
        met_at=promise.met_at,
        held_at=promise.ended_at if promise.is_held else None,
        is_kept=promise.state == Commitment.State.MET,
    )
