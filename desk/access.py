"""The only way an agent reaches an object: what they may not see does not exist for them."""

from __future__ import annotations

import re
from typing import TypeVar, cast
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest

from accounts.models import Agent
from customers.models import Customer
from tickets.models import Attachment, BulkChange, SavedView, Ticket
from tickets.services.viewing import views_kept_by, views_seen_by

NUMBER = re.compile(r"[0-9]{1,19}")
LARGEST_NUMBER = 2**63 - 1
Found = TypeVar("Found")


def agent(request: HttpRequest) -> Agent:
    """Who is signed in; helpdesk.access has let nobody else come this far."""
    return cast("Agent", request.user)


def ticket(visitor: Agent, number: str) -> Ticket:
    """The ticket of this number, or the one it was merged into, if it is theirs. Raises Http404."""
    # Python and PostgreSQL read １０４２ as 1042; an address has one spelling.
    if not NUMBER.fullmatch(number) or int(number) > LARGEST_NUMBER:
        raise Http404
    tickets = Ticket.objects.visible_to(visitor).select_related(
        "customer__organization", "clock", "team", "assignee"
    )
    found = tickets.filter(number=int(number)).first()
    if found is not None and found.merged_into_id is not None:
        found = tickets.filter(pk=found.merged_into_id).first()
    return _found(found)


def customer(visitor: Agent, pk: int) -> Customer:
    """A customer of whom they may see at least one ticket. Raises Http404."""
    found = customers(visitor).select_related("organization").filter(pk=pk).first()
    return _found(found)


def customer_of_id(visitor: Agent, text: str) -> Customer:
    """As customer(), by an id that was sent as a text. Raises Http404."""
    if not NUMBER.fullmatch(text) or int(text) > LARGEST_NUMBER:
        raise Http404
    return customer(visitor, int(text))


def customers(visitor: Agent) -> QuerySet[Customer]:
    """Everybody of whom they may see at least one ticket."""
    if visitor.sees_everything:
        return Customer.objects.all()
    visible = Ticket.objects.visible_to(visitor).filter(customer=OuterRef("pk"))
    return Customer.objects.filter(Exists(visible))


def view(visitor: Agent, pk: int) -> SavedView:
    """A saved view they may open. Raises Http404."""
    return _found(views_seen_by(visitor).filter(pk=pk).first())


def kept_view(visitor: Agent, pk: int) -> SavedView:
    """A saved view they may rename, move and delete. Raises Http404."""
    return _found(views_kept_by(visitor).filter(pk=pk).first())


def bulk_change(visitor: Agent, pk: int) -> BulkChange:
    """What they themselves did in bulk. Raises Http404."""
    found = BulkChange.objects.filter(agent=visitor, pk=pk).select_related("agent").first()
    return _found(found)


def attachment(visitor: Agent, public_id: UUID) -> Attachment:
    """A file of a ticket they may see. Raises Http404."""
    tickets = Ticket.objects.visible_to(visitor)
    found = Attachment.objects.filter(
        Q(message__ticket__in=tickets) | Q(message__ticket__merged_into__in=tickets),
        public_id=public_id,
    ).first()
    return _found(found)


def _found(found: Found | None) -> Found:
    if found is None:
        raise Http404
    return found
