"""Looking at tickets that have ended: where they fell short, and whom we let down last.

Whoever was let down is not to be let down twice in a row: their next ticket is marked as it is
opened. So this is done beforehand, and costs an inquiry nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from customers.models import Customer
from sla.models import ENDED
from tickets.cleanliness import reasons_of
from tickets.models import Ticket

BATCH = 200


def judge_all(*, now: datetime | None = None) -> None:
    """Look at everything that has ended since, or changed after it had."""
    after = 0
    while after := _judge_after(after, now=now or timezone.now()):
        pass


@transaction.atomic
def _judge_after(after: int, *, now: datetime) -> int:
    """Look at some tickets with keys above this one, and return the last of them; 0: there was none.

    It waits for nobody: what somebody else holds is left for the next time.
    """
    waiting = Ticket.objects.filter(awaits_judgement=True, pk__gt=after).order_by("pk")
    found = list(waiting.values_list("pk", "customer")[:BATCH])
    if not found:
        return 0
    customers = _hold_customers({customer for _, customer in found})
    ended = list(
        Ticket.objects.select_for_update(of=("self",), skip_locked=True).filter(
            pk__in=[pk for pk, _ in found], customer__in=customers, awaits_judgement=True
        )
    )
    reasons = reasons_of([ticket.pk for ticket in ended], now=now)
    for ticket in ended:
        ticket.awaits_judgement, ticket.shortfalls = False, sorted(reasons[ticket.pk])
    Ticket.objects.bulk_update(ended, ["awaits_judgement", "shortfalls"])
    _remember({ticket.customer_id for ticket in ended}, customers)
    return int(found[-1][0])


def _hold_customers(keys: Collection[int]) -> dict[int, Customer]:
    customers = Customer.objects.select_for_update(no_key=True, skip_locked=True)
    return {each.pk: each for each in customers.filter(pk__in=keys)}


def _remember(keys: Collection[int], customers: dict[int, Customer]) -> None:
    """Whether the ticket of each customer that ended last went well."""
    ended = Ticket.objects.filter(customer__in=keys, status__in=ENDED)
    last = ended.order_by("customer", "-resolved_at", "-pk").distinct("customer")
    changed = []
    for pk, customer, shortfalls in last.values_list("pk", "customer", "shortfalls"):
        let_down_on = pk if shortfalls else None
        if customers[customer].let_down_on != let_down_on:
            customers[customer].let_down_on = let_down_on
            changed.append(customers[customer])
    Customer.objects.bulk_update(changed, ["let_down_on"])
