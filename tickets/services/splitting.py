"""A message about another matter becomes a ticket of its own.

The message itself moves, with its files, so nothing is lost or doubled. Merging the new ticket into
the old one takes the split back.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Agent
from tickets.events import EventKind
from tickets.exceptions import CannotBeSplit
from tickets.models import Message, Ticket, TicketEvent, TicketLink
from tickets.searching.index import index_families
from tickets.services.opening import Inquiry, open_ticket
from tickets.services.recording import lock_ticket, save_change, take_newest_words


@transaction.atomic
def split_message(
    message: Message, *, subject: str, agent: Agent, now: datetime | None = None
) -> Ticket:
    """Open a ticket for what the customer wrote in this message and return it. The customer gets its
    acknowledgement, with a promise of its own; the old promise stands.

    Raises CannotBeSplit for our own words, and for the only thing the customer wrote.
    """
    now = now or timezone.now()
    ticket = lock_ticket(message.ticket)
    _check(message, ticket)
    inquiry = Inquiry(
        subject=subject,
        body=message.body,
        channel=message.channel,
        language=ticket.language,
        email=ticket.reply_address,
        customer=ticket.customer,
        priority=ticket.priority,
        team=ticket.team,
        assignee=ticket.assignee,
        is_told_at_once=False,
        has_uploads=False,
    )
    new = open_ticket(inquiry, now=now).ticket
    # The message takes the place of the copy that it was filed by.
    new.messages.all().delete()
    message.ticket = new
    message.save(update_fields=["ticket"])
    ticket.entry_count -= 1
    take_newest_words(ticket)
    for each, other, kind in (
        (ticket, new, EventKind.SPLIT_OFF),
        (new, ticket, EventKind.SPLIT_FROM),
    ):
        TicketEvent.objects.create(
            ticket=each, kind=kind, at=now, agent=agent, facts={"number": other.number}
        )
        save_change(each, now=now)
    TicketLink.objects.create(ticket=new, other=ticket, kind=TicketLink.Kind.RELATED)
    index_families([ticket, new])
    return new


def _check(message: Message, ticket: Ticket) -> None:
    if not message.is_inbound:
        raise CannotBeSplit(_("Only what the customer wrote can be split off."))
    said = Message.objects.filter(ticket__in=ticket.family(), direction=message.direction)
    if not said.exclude(pk=message.pk).exists():
        raise CannotBeSplit(_("This is all the customer wrote. Nothing would be left here."))
