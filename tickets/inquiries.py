"""All that a customer has asked, as they may see it themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import OuterRef, Q, Subquery

from common.keyset import Order, page_of
from customers.models import Customer
from sla.models import Status
from tickets.models import CustomerTask, Ticket, TicketQuerySet

# More open inquiries than this are no list any more; what was done is told page by page.
MOST_OPEN = 100
PAGE = 20
NEWEST = Order(("opened_at",), is_ascending=False)
HIDDEN = [Status.SPAM, Status.MERGED]
SHOWN = (
    *("pk", "number", "subject", "status", "opened_at", "resolved_at", "next_contact_at"),
    *("language", "customer__name"),
)


@dataclass(frozen=True)
class Inquiries:
    """The open ones, those first that are due first; a page of what is done, the newest first, and
    where the next one begins (empty: nowhere)."""

    open: Sequence[Ticket]
    done: Sequence[Ticket]
    older: str


@dataclass(frozen=True)
class Inquired:
    """One inquiry, and whether it is the customer's own: what others asked is for reading."""

    ticket: Ticket
    is_own: bool


def inquiries_of(customer: Customer, *, after: str = "") -> Inquiries:
    """Their own, in two queries; `after` is the `older` of the page before."""
    return _inquiries(Ticket.objects.filter(customer=customer), after=after)


def inquiries_of_organization(customer: Customer) -> Inquiries | None:
    """What others of their organisation asked, if an agent has said that they may read it."""
    if not may_read_organization(customer):
        return None
    others = Ticket.objects.filter(customer__organization=customer.organization_id)
    return _inquiries(others.exclude(customer=customer))


def find_inquiry(customer: Customer, number: int) -> Inquired | None:
    """The inquiry of this number, if this customer may see it."""
    reach = Q(customer=customer)
    if may_read_organization(customer):
        reach |= Q(customer__organization=customer.organization_id)
    found = Ticket.objects.filter(reach, number=number).exclude(status__in=HIDDEN)
    ticket = found.select_related("customer", "clock", "assignee").first()
    return Inquired(ticket, ticket.customer_id == customer.pk) if ticket else None


def may_read_organization(customer: Customer) -> bool:
    """Whether somebody has let them, and they still belong to one."""
    return customer.sees_organization and customer.organization_id is not None


def _inquiries(tickets: TicketQuerySet, *, after: str = "") -> Inquiries:
    asked = CustomerTask.objects.filter(ticket=OuterRef("pk"), ended_at=None)
    tickets = tickets.select_related("customer").only(*SHOWN)
    unresolved = tickets.unresolved().annotate(thing=Subquery(asked.values("thing")[:1]))
    done = tickets.filter(status__in=[Status.RESOLVED, Status.CLOSED])
    page = page_of(done, NEWEST, after=after, size=PAGE)
    shown = list(unresolved.order_by("next_contact_at", "pk")[:MOST_OPEN])
    return Inquiries(open=shown, done=page.rows, older=page.older)
