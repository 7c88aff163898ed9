"""What an agent may see, whichever door they come by; and that they looked at it is noted."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Agent
from accounts.selectors import teams_led_by
from audit.looking import note_look
from audit.models import Access
from common.prepared import prepared
from customers.models import Customer, Organization
from tickets.models import Attachment, Rating, Ticket, reach_of


def find_ticket(visitor: Agent, number: int) -> Ticket | None:
    """The ticket of this number, or the one it was merged into, if they may see it."""
    found = _ticket(number, reach_of(visitor))
    if found and found[0].merged_into_id is not None:
        found = _target(found[0].merged_into_id, reach_of(visitor))
    ticket = next(iter(found), None)
    if ticket is not None:
        note_ticket(Access.Kind.TICKET, ticket)
    return ticket


@prepared
def _ticket(number: int, reach: int | None) -> QuerySet[Ticket]:
    return _tickets_to_show(reach).filter(number=number)


@prepared
def _target(pk: int, reach: int | None) -> QuerySet[Ticket]:
    return _tickets_to_show(reach).filter(pk=pk)


def _tickets_to_show(reach: int | None) -> QuerySet[Ticket]:
    beside = ("customer__organization", "clock", "team", "assignee")
    return Ticket.objects.within_reach_of(reach).select_related(*beside)


def find_customer(visitor: Agent, pk: int) -> Customer | None:
    """A customer of whom they may see at least one ticket, or the record that they were merged
    into."""
    standing = customers_seen_by(visitor).select_related("organization").filter(merged_into=None)
    seen = standing.filter(Q(pk=pk) | Q(absorbed=pk)).first()
    if seen is not None:
        note_look(Access.Kind.CUSTOMER, customer=seen.pk)
    return seen


def customers_seen_by(visitor: Agent) -> QuerySet[Customer]:
    """Everybody of whom they may see at least one ticket."""
    if visitor.sees_everything:
        return Customer.objects.all()
    visible = Ticket.objects.visible_to(visitor).filter(customer=OuterRef("pk"))
    return Customer.objects.filter(Exists(visible))


def organizations_seen_by(visitor: Agent) -> QuerySet[Organization]:
    """Those of which they may see somebody; all of them for who sees everything."""
    if visitor.sees_everything:
        return Organization.objects.all()
    people = customers_seen_by(visitor)
    return Organization.objects.filter(pk__in=people.values("organization"))


def find_attachment(visitor: Agent, public_id: UUID) -> Attachment | None:
    """A file of a ticket they may see."""
    tickets = Ticket.objects.visible_to(visitor)
    beside = ("message__ticket", "third_party_letter__ticket")
    seen = (
        Attachment.objects.select_related(*beside)
        .filter(
            Q(message__ticket__in=tickets)
            | Q(message__ticket__merged_into__in=tickets)
            | Q(third_party_letter__ticket__in=tickets)
            | Q(third_party_letter__ticket__merged_into__in=tickets),
            public_id=public_id,
        )
        .first()
    )
    if seen is not None and (owner := seen.message or seen.third_party_letter):
        note_ticket(Access.Kind.FILE, owner.ticket, thing=seen.public_id)
    return seen


def note_ticket(kind: Access.Kind, ticket: Ticket, *, thing: object = "") -> None:
    """They look at a ticket, or at a thing on it."""
    note_look(kind, customer=ticket.customer_id, ticket=ticket.number, thing=thing)


def ratings_seen_by(visitor: Agent) -> QuerySet[Rating]:
    """What customers were asked and said: all of it for managers, that of their teams for leads, and
    nothing for everybody else."""
    if visitor.sees_everything:
        return Rating.objects.all()
    return Rating.objects.filter(ticket__team__in=teams_led_by(visitor))
