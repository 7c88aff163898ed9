"""In which language we write about a ticket."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from sla.selectors import PolicyTable
from tickets.events import EventKind
from tickets.models import Ticket, TicketEvent
from tickets.services.recording import lock_ticket, save_change
from tickets.services.rematching import rematch_ticket


@transaction.atomic
def change_language(ticket: Ticket, *, to: str, now: datetime | None = None) -> Ticket:
    """The customer wants our letters in another language: it holds for all that follows, with the
    terms that are promised for it. What was promised stays."""
    ticket = lock_ticket(ticket)
    if ticket.language == to:
        return ticket
    now = now or timezone.now()
    ticket.language = to
    if ticket.is_unresolved:
        rematch_ticket(ticket, PolicyTable.load(), now=now)
    TicketEvent.objects.create(
        ticket=ticket, kind=EventKind.LANGUAGE_CHANGED, at=now, facts={"to": to}
    )
    save_change(ticket, now=now)
    return ticket
