"""Reads that span tables, shaped for a page."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Value
from django.utils import timezone

from accounts.models import Agent
from common.prepared import prepared
from customers.models import Customer
from mail.models import OutboundEmail
from sla.models import Commitment, Status
from tickets import events
from tickets.events import EventKind
from tickets.models import (
    Attachment,
    HandOver,
    Message,
    Note,
    ThirdPartyLetter,
    Ticket,
    TicketEvent,
    family_of,
    reach_of,
)
from tickets.queue import ROW_FIELDS
from tickets.searching.query import LARGEST_NUMBER, NUMBER
from tickets.surroundings import LetterAndFiles

# One ticket -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """One thing on the timeline: exactly one of message, note, brief, letter and event is set."""

    at: datetime
    message: Message | None = None
    note: Note | None = None
    brief: HandOver | None = None
    letter: ThirdPartyLetter | None = None
    # That came with the letter.
    files: Sequence[Attachment] = ()
    event: str = ""
    event_kind: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    # The merge that this event tells of, while it can be taken back here.
    merge: int | None = None


def timeline(ticket: Ticket, *, letters: Sequence[LetterAndFiles] = ()) -> list[Entry]:
    """Messages, notes, briefs, letters of third parties and facts of a ticket and of those merged
    into it, in the order they happened, in four queries, or five when it was handed over. The
    `letters` are read with its surroundings."""
    told = {"ticket__in": ticket.family()}
    messages, notes, facts = _messages(ticket.pk), _notes(ticket.pk), _facts(ticket.pk)
    was_handed_over = any(event.kind == EventKind.HANDED_OVER for event in facts)
    briefs = HandOver.objects.filter(**told) if was_handed_over else HandOver.objects.none()
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
                facts=event.facts,
                merge=merges.get(event.pk),
            )
            for event in facts
            # The letter itself tells of it.
            if event.kind != EventKind.FORWARDED
        ),
        *(Entry(at=letter.sent_at, letter=letter, files=files) for letter, files in letters),
        *(
            Entry(at=brief.at, brief=brief)
            for brief in briefs.select_related("by", "to_agent", "to_team")
        ),
    ]
    return sorted(entries, key=lambda entry: entry.at)


@prepared
def _messages(ticket: int) -> QuerySet[Message]:
    told = Message.objects.filter(ticket__in=family_of(ticket))
    return told.select_related("agent", "customer", "email").prefetch_related("attachments")


@prepared
def _notes(ticket: int) -> QuerySet[Note]:
    return Note.objects.filter(ticket__in=family_of(ticket)).select_related("agent")


@prepared
def _facts(ticket: int) -> QuerySet[TicketEvent]:
    return TicketEvent.objects.filter(ticket__in=family_of(ticket)).select_related("agent")


def _standing_merges(ticket: Ticket, events: Sequence[TicketEvent]) -> dict[int, int]:
    """The merges into this very ticket that were not taken back, by the event that tells of them."""
    here = [event for event in events if event.ticket_id == ticket.pk and "merge" in event.facts]
    undone = {event.facts["merge"] for event in here if event.kind == EventKind.SEPARATED}
    return {event.pk: event.facts["merge"] for event in here if event.facts["merge"] not in undone}


def tickets_of_customer(
    customer: Customer, *, agent: Agent, limit: int = 5, without: Ticket | None = None
) -> list[dict[str, Any]]:
    """The customer's newest tickets that this agent may see, as queue rows."""
    rows = _newest_of_customer(customer.pk, reach_of(agent), range(limit + 1))
    others = [row for row in rows if without is None or row["pk"] != without.pk]
    return others[:limit]


@prepared
def _newest_of_customer(
    customer: int, reach: int | None, window: range
) -> QuerySet[Ticket, dict[str, Any]]:
    tickets = Ticket.objects.within_reach_of(reach).filter(customer=customer)
    newest = tickets.exclude(status=Status.MERGED).order_by("-opened_at", "-pk")
    rows: QuerySet[Ticket, Any] = newest.values(*ROW_FIELDS)[window.start : window.stop]
    return rows


@dataclass(frozen=True, kw_only=True)
class Said:
    """One thing that was said or noted in any of a customer's tickets."""

    kind: str  # inbound, outbound, note
    at: datetime
    body: str
    channel: str
    author: str
    number: int
    subject: str


def history_of_customer(
    customer: Customer,
    *,
    agent: Agent,
    channel: str = "",
    before: datetime | None = None,
    limit: int = 50,
) -> list[Said]:
    """What was said over all channels (or one, then without notes) in the tickets that this agent
    may see, the newest first, in one query."""
    tickets = Ticket.objects.visible_to(agent).filter(customer=customer).values("pk")
    messages = Message.objects.filter(ticket__in=tickets)
    notes = Note.objects.filter(ticket__in=tickets)
    if channel:
        messages, notes = messages.filter(channel=channel), notes.none()
    if before:
        messages, notes = messages.filter(sent_at__lt=before), notes.filter(written_at__lt=before)
    said = messages.order_by().values_list(
        "direction", "sent_at", "body", "channel", *TOLD_WITH, named=True
    )
    noted = notes.order_by().values_list(
        Value("note"), "written_at", "body", Value(""), *TOLD_WITH, named=True
    )
    rows = said.union(noted, all=True).order_by("-sent_at")[:limit]
    return [
        Said(
            kind=row.direction,
            at=row.sent_at,
            body=row.body,
            channel=row.channel,
            author=row.agent__name or "",
            number=row.ticket__number,
            subject=row.ticket__subject,
        )
        for row in rows
    ]


TOLD_WITH = ("agent__name", "ticket__number", "ticket__subject")


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


def maybe_belongs_to(ticket: Ticket, *, agent: Agent) -> Ticket | None:
    """The ticket that this one's first mail named, if the agent may see it and they are two still."""
    if ticket.maybe_belongs_to_id is None:
        return None
    found = Ticket.objects.visible_to(agent).filter(pk=ticket.maybe_belongs_to_id).first()
    if found is not None and found.merged_into_id is not None:
        found = Ticket.objects.visible_to(agent).filter(pk=found.merged_into_id).first()
    return None if found == ticket else found


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
class CalendarEntry:
    """The promise as a calendar knows it: `sequence` grows with every change, and what `is_over` is
    taken out again."""

    uid: str
    sequence: int
    at: datetime
    made_at: datetime
    is_over: bool


@dataclass(frozen=True)
class CustomerPage:
    """All a customer may know of a ticket. Notes and inner facts are in no reach of it."""

    messages: Sequence[Message]
    promise_at: datetime | None
    is_late: bool
    past_promises: list[PastPromise]

    @property
    def last_broken(self) -> PastPromise | None:
        """The promise before the one that holds, if that was not kept: people remember it."""
        ended = [(each.held_at or each.met_at or each.due_at, each) for each in self.past_promises]
        last = max(ended, key=itemgetter(0))[1] if ended else None
        return None if last is None or last.is_kept or last.held_at else last


def customer_page(ticket: Ticket) -> CustomerPage:
    """The ticket as its customer sees it, in three queries; without what may be taken back yet."""
    family = ticket.family()
    held_back = OutboundEmail.objects.held_back(timezone.now()).filter(pk=OuterRef("email"))
    promises = list(
        Commitment.objects.promises().filter(clock__ticket__in=family).order_by("due_at", "pk")
    )
    live = next((promise for promise in promises if promise.ended_at is None), None)
    return CustomerPage(
        messages=list(
            Message.objects.filter(~Exists(held_back), ticket__in=family, is_hidden=False)
            .select_related("agent", "ticket__customer")
            .prefetch_related("attachments")
        ),
        promise_at=live.due_at if live else None,
        is_late=bool(live and live.due_at and live.due_at < timezone.now()),
        past_promises=[_past(promise) for promise in promises if _is_worth_telling(promise)],
    )


def promise_in_calendar(ticket: Ticket) -> CalendarEntry | None:
    """What a calendar may keep of the promise, in one query; None when none was ever made."""
    promises = list(Commitment.objects.promises().filter(clock=ticket.clock_id).order_by("pk"))
    if not promises:
        return None
    live = next((promise for promise in promises if promise.ended_at is None), None)
    shown = live or promises[-1]
    assert shown.due_at is not None, "only a stopwatch can be without a due time"  # noqa: S101
    return CalendarEntry(
        uid=f"promise-{ticket.clock_id}",
        sequence=2 * (len(promises) - 1) + (live is None),
        at=shown.due_at,
        made_at=shown.ended_at or shown.started_at,
        is_over=live is None,
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
