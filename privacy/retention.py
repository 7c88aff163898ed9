"""How long customers are remembered who need us no more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import structlog
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import Agent
from customers.models import Customer
from privacy.erasing import erase_customer
from privacy.exceptions import CannotErase
from privacy.models import Erasure, Retention
from sla.models import UNRESOLVED
from tickets.models import Ticket

logger = structlog.get_logger(__name__)
FEWEST_MONTHS, MOST_MONTHS = 3, 600
# Twelve of them are a year.
MONTH = timedelta(days=365.2425 / 12)
# Erasing reads every letter: so many an hour leave the desk to those who work.
AN_HOUR = 50


def retention() -> Retention:
    """As it is set; a desk on which nobody has set it keeps everybody."""
    return Retention.objects.first() or Retention()


def save_retention(*, months: int | None, by: Agent, now: datetime | None = None) -> None:
    """Erase customers so many months after the last thing that happened on any of their tickets;
    None keeps them for ever."""
    values = {"months": months, "changed_by": by, "changed_at": now or timezone.now()}
    Retention.objects.update_or_create(pk=1, defaults=values)


def due_customers(months: int, *, now: datetime) -> QuerySet[Customer]:
    """Whose time is over: nothing is open, nothing has happened on any of their tickets for so many
    months, and their record is as old."""
    limit = now - months * MONTH
    theirs = Q(customer=OuterRef("pk")) | Q(customer__merged_into=OuterRef("pk"))
    lively = Ticket.objects.filter(theirs, Q(status__in=UNRESOLVED) | Q(updated_at__gte=limit))
    erased = Erasure.objects.filter(customer=OuterRef("pk"))
    standing = Customer.objects.filter(merged_into=None, created_at__lt=limit)
    return standing.exclude(Exists(erased)).exclude(Exists(lively)).order_by("pk")


def forget_due(*, now: datetime | None = None) -> int:
    """Erase some of those whose time is over; return how many."""
    now = now or timezone.now()
    months = retention().months
    return sum(_forget(months, now=now)) if months is not None else 0


def _forget(months: int, *, now: datetime) -> Iterator[bool]:
    for customer in due_customers(months, now=now)[:AN_HOUR]:
        try:
            erase_customer(customer, by=None, now=now)
        except CannotErase:
            # They wrote in this moment.
            continue
        # Whatever is wrong with one, the others' time is over, too.
        except Exception:
            logger.exception("privacy.retention_failed", customer=customer.pk)
            continue
        yield True
