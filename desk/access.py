"""The only way an agent reaches an object: what they may not see does not exist for them."""

from __future__ import annotations

import re
from typing import cast
from uuid import UUID

from django.http import Http404, HttpRequest

from accounts.models import Agent
from customers.models import Customer
from tickets.models import Attachment, Ticket

NUMBER = re.compile(r"[0-9]{1,19}")
LARGEST_NUMBER = 2**63 - 1


def agent(request: HttpRequest) -> Agent:
    """Who is signed in; helpdesk.access has let nobody else come this far."""
    return cast("Agent", request.user)


def ticket(visitor: Agent, number: str) -> Ticket:
    """The ticket of this number, if it is one of theirs. Raises Http404."""
    # Python and PostgreSQL read １０４２ as 1042; an address has one spelling.
    if not NUMBER.fullmatch(number) or int(number) > LARGEST_NUMBER:
        raise Http404
    found = (
        Ticket.objects.visible_to(visitor)
        .select_related("customer__organization", "clock", "team", "assignee")
        .filter(number=int(number))
        .first()
    )
    if found is None:
        raise Http404
    return found


def customer(visitor: Agent, pk: int) -> Customer:
    """A customer of whom they may see at least one ticket. Raises Http404."""
    customers = Customer.objects.select_related("organization").filter(pk=pk)
    if not visitor.sees_everything:
        visible = Ticket.objects.visible_to(visitor).filter(customer=pk)
        customers = customers.filter(pk__in=visible.values("customer"))
    found = customers.first()
    if found is None:
        raise Http404
    return found


def attachment(visitor: Agent, public_id: UUID) -> Attachment:
    """A file of a ticket they may see. Raises Http404."""
    found = Attachment.objects.filter(
        public_id=public_id, message__ticket__in=Ticket.objects.visible_to(visitor)
    ).first()
    if found is None:
        raise Http404
    return found
