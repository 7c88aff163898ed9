"""All that a customer has asked, as they may see it themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Q, Subquery

from customers.models import Customer
from sla.models import Status
from tickets.models import CustomerTask, Ticket, TicketQuerySet

# More open inquiries than this are no list any more; what was done is told page by page.
MOST_OPEN = 100
PAGE = 20
HIDDEN = [Status.SPAM, Status.MERGED]
SHOWN = (
    *("pk", "number", "subject", "status", "opened_at", "resolved_at", "next_contact_at"),
    *("language", "customer__name"),
)


@dataclass(frozen=True)
class Inquiries:
    """The open ones, those first that are due first; a page of what is done, the newest first, and
    whether there is more."""

    open: Sequence[Ticket]
    done: Sequence[Ticket]
    has_more: bool


@dataclass(frozen=True)
class Inquired:
    """One inquiry, and whether it is the customer's own: what others asked is for reading."""

    ticket: Ticket
    is_own: bool


def inquiries_of(customer: Customer, *, before: tuple[datetime, int] | None = None) -> Inquiries:
    """Their own, in two queries."""
    return _inquiries(Ticket.objects.filter(customer=customer), before=before)


def inquiries_of_organization(customer: Customer) -> Inquiries | None:
    """What others of their organisation asked, if an agent has said that they may read it."""
    if not may_read_organization(customer):
        return None
    others = Ticket.objects.filter(customer__organization=customer.organization_id)
    return _inquiries(others.exclude(customer=customer), before=None)


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


def _inquiries(tickets: TicketQuerySet, *, before: tuple[datetime, int] | None) -> Inquiries:
    asked = CustomerTask.objects.filter(ticket=OuterRef("pk"), ended_at=None)
    tickets = tickets.select_related("customer").only(*SHOWN)
    unresolved = tickets.unresolved().annotate(thing=Subquery(asked.values("thing")[:1]))
    done = tickets.filter(status__in=[Status.RESOLVED, Status.CLOSED])
    if before is not None:
        opened_at, pk = before
        done = done.filter(Q(opened_at__lt=opened_at) | Q(opened_at=opened_at, pk__lt=pk))
    rows = list(done.order_by("-opened_at", "-pk")[: PAGE + 1])
    return Inquiries(
        open=list(unresolved.order_by("next_contact_at", "pk")[:MOST_OPEN]),
        done=rows[:PAGE],
        has_more=len(rows) > PAGE,
    )
