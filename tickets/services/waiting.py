"""While it is the customer's turn: two polite reminders, then closing with notice, or the ticket is
ours again, as the policy says (sla.md 2.5)."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import Notification
from sla.engine.commitments import FIRED
from sla.engine.settings import WAITS
from sla.models import Commitment, CommitmentQuerySet, Kind, Status
from sla.selectors import late_wait
from sla.services import rebuild, record_event
from sla.sweep import put_aside
from tickets.events import EventKind
from tickets.models import CustomerTask, Ticket, TicketEvent
from tickets.services.assigning import await_act
from tickets.services.recording import (
    copy_reading,
    end_customer_task,
    holders_of,
    lock_ticket,
    save_change,
    tell_agents,
)
from tickets.services.writing import AUTOMATIC, write_to_customer

logger = structlog.get_logger(__name__)
BATCH = 100
# What is told of each letter.
EVENTS = {
    "reminder": EventKind.REMINDED,
    "closing": EventKind.CLOSED,
    "returned": EventKind.RETURNED,
}


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
    task = ticket.customer_tasks.filter(ended_at=None).first()
    if wait.kind != Kind.AUTO_CLOSE:
        letter = _remind(task)
    elif ticket.status == Status.CLOSED:
        letter = "closing"
        ticket.resolved_at = now
        end_customer_task(ticket, ending=CustomerTask.Ending.CLOSED, now=now)
    else:
        letter = "returned"
        _bring_back(ticket, task, wait, now=now)
    TicketEvent.objects.create(ticket=ticket, kind=EVENTS[letter], at=now)
    write_to_customer(
        ticket,
        letter,
        dedupe_key=f"wait:{wait.pk}",
        now=now,
        context={"thing": task},
        headers=AUTOMATIC,
    )


def _remind(task: CustomerTask | None) -> str:
    if task is not None:
        CustomerTask.objects.filter(pk=task.pk).update(reminders=F("reminders") + 1)
    return "reminder"


def _bring_back(
    ticket: Ticket, task: CustomerTask | None, wait: Commitment, *, now: datetime
) -> None:
    """It is ours again: perhaps the customer is stuck. Somebody should call them."""
    ticket.unanswered_since = now
    end_customer_task(ticket, ending=CustomerTask.Ending.RETURNED, now=now)
    await_act(ticket, now=now)
    tell_agents(
        ticket,
        holders_of(ticket),
        kind=Notification.Kind.RETURNED,
        key=f"returned:{wait.pk}",
        now=now,
        facts={"thing": task.thing if task else ""},
    )
