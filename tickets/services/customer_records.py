"""What changes a customer's record, and with it what their tickets are found by and shown as."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import Agent
from common import doorbell
from customers import merging, services
from customers.models import ContactPoint, Customer, CustomerMerge
from sla.models import UNRESOLVED
from tickets.models import Ticket
from tickets.searching.index import index_customer


@transaction.atomic
def merge_customers(
    customer: Customer, *, into: Customer, agent: Agent, now: datetime | None = None
) -> CustomerMerge:
    """Two records are one person: tickets, addresses, notes and history of both are one.

    Raises customers.exceptions.CannotBeMerged.
    """
    merge = merging.merge_records(customer, into=into, agent=agent, now=now or timezone.now())
    _show(merge.into)
    return merge


@transaction.atomic
def separate_customers(merge: CustomerMerge, *, now: datetime | None = None) -> Customer:
    """Take a merge back and return the record that stands again.

    Raises customers.exceptions.CannotBeMerged after thirty days.
    """
    customer = merging.undo_merge(merge, now=now or timezone.now())
    for each in (customer, merge.into):
        _show(each)
    return customer


@transaction.atomic
def change_customer(
    customer: Customer, *, name: str, organization: str, language: str, time_zone: str
) -> None:
    """Correct name, organisation, language and IANA time zone."""
    _show(
        services.update_customer(
            customer,
            name=name,
            organization=organization,
            language=language,
            time_zone=time_zone,
        )
    )


@transaction.atomic
def describe_customer(customer: Customer, *, values: Mapping[str, str]) -> None:
    """What these fields of the record say, as it was typed. Raises topics.exceptions.BadValues."""
    _show(services.set_customer_fields(customer, values=values))


@transaction.atomic
def add_address(customer: Customer, *, kind: str, value: str) -> None:
    """Raises customers.exceptions.BadAddress and AddressTaken."""
    services.add_address(customer, kind=kind, value=value)
    _show(customer)


@transaction.atomic
def remove_address(point: ContactPoint) -> None:
    """Letters about tickets that came from it go to the customer's next address.

    Raises customers.exceptions.BadAddress for the last one.
    """
    services.remove_address(point)
    Ticket.objects.filter(customer=point.customer_id, reply_address__iexact=point.value).update(
        reply_address=""
    )
    _show(point.customer)


def _show(customer: Customer) -> None:
    """The search and every open page look again."""
    customer = Customer.objects.get(pk=customer.pk)
    index_customer(customer)
    tickets = Ticket.objects.filter(customer=customer, status__in=UNRESOLVED)
    doorbell.announce(list(tickets.values_list("clock__path", flat=True)))
