"""After an edit of policies or calendars: every open ticket gets the terms that hold now."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.models import Agent
from common import doorbell
from sla.engine.events import EventLogError
from sla.selectors import PolicyTable
from sla.services import change_policy
from tickets.events import EventKind
from tickets.models import Rematch, Ticket, TicketEvent
from tickets.services.recording import (
    copy_reading,
    lock_ticket,
    matter_of_ticket,
    record,
    save_change,
)
from tickets.services.waiting import fire_waits

logger = structlog.get_logger(__name__)
BATCH = 100


def start_rematch(*, now: datetime | None = None) -> Rematch:
    """Have all open tickets looked at in the background. Call it in the transaction of the edit."""
    rematch = Rematch.objects.create(
        started_at=now or timezone.now(), total=Ticket.objects.unresolved().count()
    )
    doorbell.ring("tickets.tasks.continue_rematch")
    return rematch


def continue_rematch(*, now: datetime | None = None) -> bool:
    """Look at the next batch of the oldest unfinished rematch; say whether more is to do.

    Any number of processes may call it: one batch is one transaction, held by one of them.
    """
    now = now or timezone.now()
    with transaction.atomic():
        rematch = (
            Rematch.objects.filter(finished_at=None)
            .select_for_update(skip_locked=True)
            .order_by("started_at")
            .first()
        )
        if rematch is None:
            return False
        _take_batch(rematch, now=now)
        rematch.save()
    return Rematch.objects.filter(finished_at=None).exists()


@transaction.atomic
def change_priority(
    ticket: Ticket,
    *,
    to: str,
    by: Agent,
    table: PolicyTable | None = None,
    now: datetime | None = None,
) -> Ticket:
    """Another priority: its targets, and the policy that holds for it, by rule R at once.

    The promise does not move: it is what the customer was told. `table` spares reading the policies.
    """
    ticket = lock_ticket(ticket)
    if ticket.priority == to:
        return ticket
    now = now or timezone.now()
    fire_waits(ticket, now=now)
    facts = {"from": ticket.priority, "to": to}
    ticket.priority = ticket.clock.priority = to
    ticket.clock.save(update_fields=["priority"])
    record(ticket, "priority", now=now, to=to)
    rematch_ticket(ticket, table or PolicyTable.load(), now=now)
    TicketEvent.objects.create(
        ticket=ticket, kind=EventKind.PRIORITY_CHANGED, at=now, agent=by, facts=facts
    )
    save_change(ticket, now=now)
    return ticket


def rematch_ticket(ticket: Ticket, table: PolicyTable, *, now: datetime) -> bool:
    """Give a locked ticket the terms that hold for it now; say whether they are others."""
    version_id = table.version_for(matter_of_ticket(ticket))
    if version_id == ticket.clock.policy_version_id:
        return False
    fire_waits(ticket, now=now)
    copy_reading(ticket, change_policy(ticket.clock, policy_version_id=version_id, now=now))
    return True


def _take_batch(rematch: Rematch, *, now: datetime) -> None:
    ids = list(
        Ticket.objects.unresolved()
        .filter(pk__gt=rematch.last_ticket)
        .order_by("pk")
        .values_list("pk", flat=True)[:BATCH]
    )
    table = PolicyTable.load()
    for pk in ids:
        rematch.moved += _move(pk, table, now=now)
    rematch.done += len(ids)
    rematch.last_ticket = ids[-1] if ids else rematch.last_ticket
    if len(ids) < BATCH:
        rematch.finished_at = now


def _move(pk: int, table: PolicyTable, *, now: datetime) -> bool:
    """One ticket in a savepoint: trouble with one is logged and leaves the others alone."""
    try:
        with transaction.atomic():
            ticket = lock_ticket(Ticket(pk=pk))
            is_moved = ticket.is_unresolved and rematch_ticket(ticket, table, now=now)
            if is_moved:
                save_change(ticket, now=now)
            return is_moved
    except (DatabaseError, EventLogError, LookupError):
        logger.exception("rematch.ticket_failed", ticket=pk)
        return False
