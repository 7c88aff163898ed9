"""While it is the customer's turn: two polite reminders, then closing with notice (sla.md 2.5)."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db import transaction
from django.utils import timezone

from sla.engine.commitments import FIRED
from sla.engine.settings import WAITS
from sla.models import Commitment, CommitmentQuerySet, Kind, Status
from sla.selectors import late_wait
from sla.services import rebuild, record_event
from sla.sweep import put_aside
from tickets.events import EventKind
from tickets.models import Ticket, TicketEvent
from tickets.services.recording import copy_reading, lock_ticket, save_change
from tickets.services.writing import AUTOMATIC, write_to_customer

logger = structlog.get_logger(__name__)
BATCH = 100


def fire_due_waits(*, now: datetime | None = None) -> int:
    """Remind or close where that is due; return how many tickets were looked at.

    Any number of processes may do it: each ticket is locked, and each letter has its own key.
    """
    now = now or timezone.now()
    due = _due_waits(now).order_by("next_check_at").values_list("clock__ticket", flat=True)
    tickets = list(dict.fromkeys(due[:BATCH]))
    for pk in tickets:
        try:
            _fire(pk, now=now)
        # Whatever is wrong with one ticket, the others are owed their turn.
        except Exception:
            logger.exception("waiting.ticket_failed", ticket=pk)
            _put_aside(pk, now=now)
    return len(tickets)


def _put_aside(ticket_id: int, *, now: datetime) -> None:
    due = _due_waits(now).filter(clock__ticket=ticket_id)
    for commitment_id in due.values_list("pk", flat=True):
        put_aside(commitment_id, now=now)


def _due_waits(now: datetime) -> CommitmentQuerySet:
    return Commitment.objects.live().filter(kind__in=WAITS, next_check_at__lte=now)


@transaction.atomic
def _fire(pk: int, *, now: datetime) -> None:
    fire_waits(lock_ticket(Ticket(pk=pk)), now=now)


def fire_waits(ticket: Ticket, *, now: datetime) -> None:
    """Remind or close where that is due on a locked ticket.

    Whatever changes a ticket without contact does this first: the log counts what was due as done,
    and a letter that was not written by then never would be.
    """
    if ticket.status != Status.PENDING_CUSTOMER:
        return
    # Also those put aside: the log does not know of that.
    waits = ticket.clock.commitments.live().filter(kind__in=WAITS, due_at__lte=now)
    due = list(waits.order_by("due_at"))
    if not due:
        return
    if delay := late_wait(due[0], now=now):
        record_event(
            ticket.clock, event="waits_delayed", at=due[0].due_at, now=now, data={"by": delay}
        )
    copy_reading(ticket, rebuild(ticket.clock, now=now))
    for wait in ticket.clock.commitments.filter(pk__in=[w.pk for w in due], end_reason=FIRED):
        _act(ticket, wait, now=now)
    save_change(ticket, now=now)


def _act(ticket: Ticket, wait: Commitment, *, now: datetime) -> None:
    is_closing = wait.kind == Kind.AUTO_CLOSE
    TicketEvent.objects.create(
        ticket=ticket, kind=EventKind.CLOSED if is_closing else EventKind.REMINDED, at=now
    )
    if is_closing:
        ticket.resolved_at = now
    write_to_customer(
        ticket,
        "closing" if is_closing else "reminder",
        dedupe_key=f"wait:{wait.pk}",
        now=now,
        headers=AUTOMATIC,
    )
