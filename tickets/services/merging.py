"""Two tickets about one matter become one, and can be separated again (sla.md 2.8).

Nothing is copied or moved: messages, files, notes and history stay where they were written and are
told on the page of the ticket that goes on.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Agent
from sla.models import UNRESOLVED, Commitment, Kind, Status
from tickets.events import EventKind
from tickets.exceptions import CannotBeMerged
from tickets.models import Merge, Ticket, TicketEvent
from tickets.searching.index import index_families
from tickets.services.chasing import chased_since
from tickets.services.recording import (
    ask_again,
    hold_tickets,
    record,
    save_change,
    take_newest_words,
)
from tickets.services.waiting import fire_waits


@transaction.atomic
def merge_tickets(
    ticket: Ticket, *, into: Ticket, agent: Agent, now: datetime | None = None
) -> Merge:
    """Let `ticket` go on as `into`, which from here on owes what `ticket` still owed.

    Raises CannotBeMerged for one ticket twice, for spam, for what was merged before, and for two
    customers: each would read what the other wrote.
    """
    ticket, into = _lock_both(ticket, into)
    _check(ticket, into)
    now = now or timezone.now()
    for each in (ticket, into):
        fire_waits(each, now=now)
    merge = Merge.objects.create(ticket=ticket, into=into, at=now, agent=agent)
    owed = _owed(ticket, now=now)
    into.chased_at = min(filter(None, (ticket.chased_at, into.chased_at)), default=None)
    record(ticket, "merged_away", now=now, id=merge.event_id)
    record(into, "merge_in", now=now, id=merge.event_id, **owed)
    Ticket.objects.filter(merged_into=ticket).update(merged_into=into)
    ticket.merged_into = into
    into.entry_count += ticket.entry_count
    _tell(into, EventKind.MERGED_IN, other=ticket, merge=merge, agent=agent, now=now)
    _close_up(ticket, into, now=now)
    return merge


@transaction.atomic
def separate_tickets(merge: Merge, *, agent: Agent, now: datetime | None = None) -> Ticket:
    """Take the merge back: both tickets stand, and owe, as if it had not been. Return the one that
    had been merged.

    What was said since stays on the other one. Raises CannotBeMerged when it was taken back before,
    or when the ticket that goes on has itself been merged since.
    """
    ticket, into = _lock_both(merge.ticket, merge.into)
    merge = Merge.objects.select_for_update().get(pk=merge.pk)
    if merge.undone_at or into.status == Status.MERGED:
        raise CannotBeMerged(_("These tickets are no longer merged like this."))
    now = now or timezone.now()
    merge.undone_at = now
    merge.save(update_fields=["undone_at"])
    for each in (ticket, into):
        each.chased_at = chased_since(each)
        record(each, "undone", now=now, undoes=merge.event_id)
        ask_again(each, ended_at=merge.at)
    ticket.merged_into = None
    Ticket.objects.filter(pk__in=_absorbed_through(ticket)).update(merged_into=ticket)
    into.entry_count = max(1, into.entry_count - ticket.entry_count)
    for each, other in ((ticket, into), (into, ticket)):
        _tell(each, EventKind.SEPARATED, other=other, merge=merge, agent=agent, now=now)
    _close_up(ticket, into, now=now)
    return ticket


def _lock_both(ticket: Ticket, other: Ticket) -> tuple[Ticket, Ticket]:
    held = {each.pk: each for each in hold_tickets(ticket.pk, other.pk)}
    return held[ticket.pk], held[other.pk]


def _check(ticket: Ticket, into: Ticket) -> None:
    if ticket.pk == into.pk:
        raise CannotBeMerged(_("This is the same ticket. Choose another one."))
    if Status.MERGED in {ticket.status, into.status}:
        raise CannotBeMerged(_("One of these tickets has been merged already."))
    if Status.SPAM in {ticket.status, into.status}:
        raise CannotBeMerged(_("Spam cannot be merged. Take the ticket up again first."))
    if ticket.customer_id != into.customer_id:
        raise CannotBeMerged(
            _("These tickets are of two customers, and each would read what the other wrote.")
        )


def _owed(ticket: Ticket, *, now: datetime) -> dict[str, datetime | None]:
    """What is live and not broken: since when the customer waits for an answer, and until when we
    promised to be in touch."""
    second = now.replace(microsecond=0)
    unbroken = [
        row
        for row in ticket.clock.commitments.live().exclude(state=Commitment.State.BREACHED)
        if row.due_at is None or row.due_at >= second
    ]
    reply = next((r for r in unbroken if r.kind in {Kind.FIRST_REPLY, Kind.NEXT_REPLY}), None)
    promise = next((r for r in unbroken if r.kind == Kind.PROMISE), None)
    return {
        "waiting_since": reply.started_at if reply else None,
        "promise_at": promise.due_at if promise else None,
    }


def _absorbed_through(ticket: Ticket) -> set[int]:
    """The tickets that were merged into this one, directly or by way of others."""
    found: set[int] = set()
    around = {ticket.pk}
    while around:
        merges = Merge.objects.filter(into__in=around, undone_at=None).exclude(ticket__in=found)
        around = set(merges.values_list("ticket", flat=True))
        found |= around
    return found


def _tell(
    ticket: Ticket, kind: EventKind, *, other: Ticket, merge: Merge, agent: Agent, now: datetime
) -> None:
    facts = {"number": other.number, "merge": merge.pk}
    TicketEvent.objects.create(ticket=ticket, kind=kind, at=now, agent=agent, facts=facts)


def _close_up(ticket: Ticket, into: Ticket, *, now: datetime) -> None:
    """Whatever follows a merge and its undoing alike."""
    for each in (ticket, into):
        _take_queue_time(each, now=now)
        take_newest_words(each)
        save_change(each, now=now)
    index_families([ticket, into])


def _take_queue_time(ticket: Ticket, *, now: datetime) -> None:
    """A ticket that woke up is back in the queue; one that sleeps again left it now at the latest."""
    if ticket.status in UNRESOLVED:
        ticket.resolved_at = None
    elif ticket.resolved_at is None:
        ticket.resolved_at = now
