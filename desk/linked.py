"""How the tickets that a ticket is linked with read on its page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from tickets.models import Ticket, TicketLink

Kind = TicketLink.Kind
# Seen from the ticket that the link was made on, and from the other one.
FROM_HERE = {
    Kind.RELATED: gettext_noop("Related"),
    Kind.DUPLICATE: gettext_noop("This one is its duplicate"),
    Kind.PART: gettext_noop("This one is a part of it"),
}
FROM_THERE = {
    Kind.RELATED: gettext_noop("Related"),
    Kind.DUPLICATE: gettext_noop("Duplicate of this one"),
    Kind.PART: gettext_noop("Part of this one"),
}


@dataclass(frozen=True)
class Linked:
    """One line: the other ticket, and what it is to this one."""

    pk: int
    number: int
    subject: str
    words: str


def linked_tickets(ticket: Ticket, links: Iterable[TicketLink]) -> list[Linked]:
    """The other ends of the links of a ticket."""
    return [_seen_from(ticket, link) for link in links]


def _seen_from(ticket: Ticket, link: TicketLink) -> Linked:
    is_first = link.ticket.pk == ticket.pk
    other, words = (link.other, FROM_HERE) if is_first else (link.ticket, FROM_THERE)
    return Linked(link.pk, other.number, other.subject, _(words[Kind(link.kind)]))
