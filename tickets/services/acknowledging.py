"""The clock hears that an acknowledgement left: only then the customer knows that we have it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from mail.models import OutboundEmail
from sla.models import Commitment, CommitmentQuerySet, Kind
from tickets.models import Ticket
from tickets.services.recording import hold_tickets, record_past, save_change

KEY = "acknowledgement:"
BATCH = 200


def acknowledgement_key(ticket: Ticket) -> str:
    """The name under which a ticket's acknowledgement is queued, once."""
    return f"{KEY}{ticket.pk}"


def note_acknowledgements(*, now: datetime | None = None) -> int:
    """Tell the clocks of acknowledgements that have left; return how many were told."""
    now = now or timezone.now()
    told = _owed().filter(clock__ticket__isnull=False)
    tickets = told.order_by("pk").values_list("clock__ticket", flat=True)[:BATCH]
    return sum(_note(pk, now=now) for pk in list(tickets))


def _owed() -> CommitmentQuerySet:
    """Acknowledgements that clocks still wait for, and that have left."""
    key = Concat(Value(KEY), Cast(OuterRef("clock__ticket"), CharField()))
    left = OutboundEmail.objects.filter(dedupe_key=key, sent_at__isnull=False)
    return Commitment.objects.live().filter(Exists(left), kind=Kind.ACK)


@transaction.atomic
def _note(ticket_id: int, *, now: datetime) -> bool:
    """Under the lock of the ticket; somebody else may have told it a moment ago."""
    [ticket] = hold_tickets(ticket_id)
    if not _owed().filter(clock=ticket.clock).exists():
        return False
    letter = OutboundEmail.objects.get(dedupe_key=acknowledgement_key(ticket))
    record_past(ticket, "ack_sent", at=min(letter.sent_at or now, now), now=now)
    save_change(ticket, now=now)
    return True
