"""Tickets that have to do with each other and stay two."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Agent
from tickets.events import EventKind
from tickets.exceptions import CannotBeLinked
from tickets.models import Ticket, TicketEvent, TicketLink
from tickets.services.recording import hold_tickets, save_change


@transaction.atomic
def link_tickets(ticket: Ticket, *, other: Ticket, kind: str, agent: Agent) -> TicketLink:
    """Tie two tickets together; a second time changes what the tie is. No clock moves.

    Raises CannotBeLinked for a ticket and itself.
    """
    if ticket.pk == other.pk:
        raise CannotBeLinked(_("This is the same ticket. Choose another one."))
    hold_tickets(ticket.pk, other.pk)
    TicketLink.objects.filter(ticket=other, other=ticket).delete()
    link, _is_new = TicketLink.objects.update_or_create(
        ticket=ticket, other=other, defaults={"kind": kind}
    )
    _tell(ticket, other, EventKind.LINKED, agent=agent)
    return link


@transaction.atomic
def unlink_tickets(link: TicketLink, *, agent: Agent) -> None:
    """Untie them."""
    if TicketLink.objects.filter(pk=link.pk).delete()[0]:
        _tell(link.ticket, link.other, EventKind.UNLINKED, agent=agent)


def _tell(ticket: Ticket, other: Ticket, kind: EventKind, *, agent: Agent) -> None:
    now = timezone.now()
    for each, second in ((ticket, other), (other, ticket)):
        TicketEvent.objects.create(
            ticket=each, kind=kind, at=now, agent=agent, facts={"number": second.number}
        )
        save_change(each, now=now)
