"""A promise that is about to break: the customer hears in time that it takes longer (sla.md 2.11)."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db import DatabaseError, transaction
from django.db.models import CharField, Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from accounts.models import Notification
from mail.models import OutboundEmail
from sla.models import Commitment, Kind
from tickets.events import EventKind
from tickets.models import MAIL_THREAD, Ticket, TicketEvent
from tickets.services.recording import holders_of, lock_ticket, record, save_change, tell_agents
from tickets.services.waiting import fire_waits
from tickets.services.writing import AUTOMATIC, address_of, write_to_customer

logger = structlog.get_logger(__name__)
BATCH = 100
NOTE = "held:"


def hold_due_promises(*, now: datetime | None = None) -> int:
    """Where the policy allows it and nobody has been in touch, name the customer a later time while
    the promise still holds; return how many were told.

    Any number of processes may do it: each ticket is locked, and each letter has its own key. What
    is broken already stays broken, so nothing is made up for after an outage.
    """
    due = _about_to_break(now or timezone.now()).filter(Exists(_letters_so_far()))
    tickets = due.order_by("due_at").values_list("clock__ticket", flat=True)[:BATCH]
    return sum(_try_to_hold(pk, now=now) for pk in list(tickets))


def _about_to_break(now: datetime) -> QuerySet[Commitment]:
    """Without those whose letter came back: the customer was told nothing, and cannot be."""
    key = Concat(Value(NOTE), Cast(OuterRef("pk"), CharField()))
    told = OutboundEmail.objects.filter(dedupe_key=key)
    return Commitment.objects.filter(~Exists(told), hold_at__lte=now, due_at__gt=now)


def _letters_so_far() -> QuerySet[OutboundEmail]:
    """Who has had no letter from us about this ticket gets none that nobody wrote: an address that
    somebody typed into a form must not be flooded hours later (see opening._acknowledge)."""
    thread = Concat(Value(MAIL_THREAD), Cast(OuterRef("clock__ticket"), CharField()))
    letters = OutboundEmail.objects.filter(thread=thread).exclude(thread="")
    return letters.exclude(state=OutboundEmail.State.FAILED)


def _try_to_hold(pk: int, *, now: datetime | None) -> bool:
    """One ticket in its own transaction: trouble with it is logged and stops nobody. It is tried
    again until the promise is due, which is soon."""
    try:
        return _hold(pk, now=now)
    except (DatabaseError, ValueError, LookupError):
        logger.exception("holding.ticket_failed", ticket=pk)
        return False


@transaction.atomic
def _hold(pk: int, *, now: datetime | None) -> bool:
    """Whoever held the ticket before us may have answered, or made us too late."""
    ticket = lock_ticket(Ticket(pk=pk))
    now = now or timezone.now()
    fire_waits(ticket, now=now)
    promise = _about_to_break(now).filter(clock=ticket.clock).first()
    if promise is None or not address_of(ticket, is_automatic=True):
        return False
    # The event bears the name of its letter: a letter that comes back takes it away again.
    record(ticket, "held", now=now, id=_name_of_note(promise))
    _tell(ticket, promise, now=now)
    save_change(ticket, now=now)
    return True


def _name_of_note(promise: Commitment) -> str:
    return f"{NOTE}{promise.pk}"


def _tell(ticket: Ticket, promise: Commitment, *, now: datetime) -> None:
    """The customer by letter, the timeline, and in the desk those whose ticket it is."""
    write_to_customer(
        ticket,
        "holding",
        dedupe_key=_name_of_note(promise),
        now=now,
        context={"promised_at": promise.due_at},
        headers=AUTOMATIC,
    )
    until = ticket.next_contact_at.isoformat() if ticket.next_contact_at else None
    TicketEvent.objects.create(ticket=ticket, kind=EventKind.HELD, at=now, facts={"until": until})
    tell_agents(
        ticket,
        holders_of(ticket),
        kind=Notification.Kind.HELD,
        key=_name_of_note(promise),
        now=now,
        facts={"kind": Kind.PROMISE, "due_at": until},
    )
