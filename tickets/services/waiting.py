"""While it is the customer's turn: two polite reminders, then closing with notice (sla.md 2.5)."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone

from customers.models import ContactPoint
from mail.letters import write_letter
from mail.services import queue_email
from sla.engine.settings import WAITS
from sla.models import Commitment, Kind
from sla.selectors import late_wait
from sla.services import rebuild, record_event
from tickets import links
from tickets.events import EventKind
from tickets.models import Ticket, TicketEvent
from tickets.services.recording import copy_reading, lock_ticket, save_change

logger = structlog.get_logger(__name__)
BATCH = 100


def fire_due_waits(*, now: datetime | None = None) -> int:
    """Remind or close where that is due; return how many tickets were looked at.

    Any number of processes may do it: each ticket is locked, and each letter has its own key.
    """
    now = now or timezone.now()
    due = (
        Commitment.objects.filter(kind__in=WAITS, next_check_at__lte=now)
        .order_by("next_check_at")
        .values_list("clock__ticket", flat=True)[:BATCH]
    )
    tickets = list(dict.fromkeys(due))
    for pk in tickets:
        try:
            _fire(pk, now=now)
        except (DatabaseError, ValueError, LookupError):
            logger.exception("waiting.ticket_failed", ticket=pk)
    return len(tickets)


@transaction.atomic
def _fire(pk: int, *, now: datetime) -> None:
    fire_waits(lock_ticket(Ticket(pk=pk)), now=now)


def fire_waits(ticket: Ticket, *, now: datetime) -> None:
    """Remind or close where that is due on a locked ticket.

    Whatever changes a ticket without contact does this first: the log counts what was due as done,
    and a letter that was not written by then never would be.
    """
    due = list(
        ticket.clock.commitments.live()
        .filter(kind__in=WAITS, next_check_at__lte=now)
        .order_by("due_at")
    )
    if not due:
        return
    if delay := late_wait(due[0], now=now):
        record_event(
            ticket.clock, event="waits_delayed", at=due[0].due_at, now=now, data={"by": delay}
        )
    copy_reading(ticket, rebuild(ticket.clock, now=now))
    for wait in ticket.clock.commitments.filter(pk__in=[w.pk for w in due], end_reason="fired"):
        _act(ticket, wait, now=now)
    save_change(ticket, now=now)


def _act(ticket: Ticket, wait: Commitment, *, now: datetime) -> None:
    is_closing = wait.kind == Kind.AUTO_CLOSE
    TicketEvent.objects.create(
        ticket=ticket, kind=EventKind.CLOSED if is_closing else EventKind.REMINDED, at=now
    )
    if is_closing:
        ticket.resolved_at = now
    address = ticket.customer.contact_points.filter(kind=ContactPoint.Kind.EMAIL).first()
    if address is None:
        return
    letter = write_letter(
        "closing" if is_closing else "reminder",
        language=ticket.language,
        time_zone=ticket.customer.time_zone,
        context={
            "ticket": ticket,
            "link": links.url_for(ticket, now=now),
            "brand": settings.BRAND_NAME,
        },
    )
    queue_email(
        to=address.value,
        letter=letter,
        dedupe_key=f"wait:{wait.pk}",
        language=ticket.language,
        now=now,
        headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
    )
