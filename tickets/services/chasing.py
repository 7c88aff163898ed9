"""The customer asks for news: marked, put on top and counted, whether a promise was broken or not."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from tickets.events import EventKind
from tickets.models import Message, Ticket, TicketEvent
from tickets.understanding import meaning_of


def understand(ticket: Ticket, message: Message, *, has_files: bool) -> bool:
    """Note what a further message of the customer means, and return whether it moves the clock: a
    bare thanks does not. Tell the clock and save the ticket afterwards."""
    message.meaning = meaning_of(message.body, has_files=has_files)
    if message.meaning:
        message.save(update_fields=["meaning"])
    if message.meaning == Message.Meaning.CHASER:
        promised = ticket.next_contact_at
        TicketEvent.objects.create(
            ticket=ticket,
            kind=EventKind.CHASED,
            at=message.sent_at,
            facts={"is_late": promised is not None and promised < message.sent_at},
        )
        ticket.chaser_count += 1
        ticket.chased_at = ticket.chased_at or message.sent_at
    return message.meaning != Message.Meaning.THANKS


def chased_since(ticket: Ticket, *, without: Message | None = None) -> datetime | None:
    """Since when the customer has been asking for news without a word from us, if `without` is not
    counted as one."""
    ours = ticket.messages.filter(direction=Message.Direction.OUTBOUND, agent__isnull=False)
    counted = ours.exclude(pk=without.pk) if without else ours
    last = counted.order_by("sent_at", "pk").last()
    asked = ticket.messages.filter(meaning=Message.Meaning.CHASER).order_by("sent_at", "pk")
    if last:
        later = Q(sent_at__gt=last.sent_at) | Q(sent_at=last.sent_at, pk__gt=last.pk)
        asked = asked.filter(later)
    first = asked.first()
    return first.sent_at if first else None
