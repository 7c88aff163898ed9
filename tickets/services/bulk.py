"""One thing done to many tickets, through the services that do it to one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import structlog
from django.db import DatabaseError, transaction
from django.db.models import (
    Count,
    F,
    JSONField,
    Q,
    QuerySet,
    Value,
    prefetch_related_objects,
)
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import Agent
from common import doorbell
from sla.models import Status
from tickets.exceptions import TicketError, TooLateToUndo
from tickets.models import BulkChange, BulkItem, Ticket, TicketEvent, TicketQuerySet
from tickets.services.bulk_ways import UNDO_FOR, WAYS, Batch
from tickets.services.recording import hold_for_services

logger = structlog.get_logger(__name__)
AT_ONCE = 200
# One transaction: what it has done so far is not lost, and nobody waits long for one of them.
BATCH = 25
ERROR_LENGTH = 300
# Whoever has not finished in this time has died.
REQUEST_LASTS = timedelta(seconds=60)
Outcome = BulkItem.Outcome
OneAct = Callable[[Batch, BulkItem, Ticket], None]


def start_bulk_change(  # noqa: PLR0913 - all of it is what a bulk change is
    tickets: TicketQuerySet,
    *,
    action: str,
    facts: dict[str, Any],
    by: Agent,
    query: str = "",
    submission_key: UUID | None = None,
    now: datetime | None = None,
) -> BulkChange:
    """Do one thing to these tickets: at once up to 200, in the background beyond.

    The same submission key is one change.
    """
    with transaction.atomic():
        change, is_new = BulkChange.objects.get_or_create(
            submission_key=submission_key or uuid4(),
            defaults={
                "agent": by,
                "action": action,
                "facts": facts,
                "query": query,
                "started_at": now or timezone.now(),
            },
        )
        if not is_new:
            return change
        whole = tickets.exclude(status=Status.MERGED).order_by("pk")
        ids = list(whole.values_list("pk", flat=True))
        BulkItem.objects.bulk_create([BulkItem(change=change, ticket_id=pk) for pk in ids])
    return _go(change, now=now)


def undo_bulk_change(change: BulkChange, *, now: datetime | None = None) -> BulkChange:
    """Take it back where nobody has gone on since. Raises TooLateToUndo after 30 seconds."""
    at = now or timezone.now()
    won = BulkChange.objects.filter(
        pk=change.pk, undone_at=None, finished_at__gte=at - UNDO_FOR
    ).update(undone_at=at, finished_at=None)
    if not won:
        raise TooLateToUndo(_("This can no longer be undone. Change the tickets back one by one."))
    change.refresh_from_db()
    return _go(change, now=now)


def continue_bulk_changes(*, now: datetime | None = None) -> bool:
    """Do the next batch of the oldest unfinished change; say whether more is to do.

    Any number of processes may call it: each ticket is taken by one of them.
    A small change is left to the request that makes it, unless that seems to have died.
    """
    unfinished = _left_to_the_background(now or timezone.now())
    change = unfinished.select_related("agent").first()
    if change is None:
        return False
    return _do_batch(change, now=now) and unfinished.exists()


def _left_to_the_background(now: datetime) -> QuerySet[BulkChange]:
    begun = Coalesce("undone_at", "started_at")
    unfinished = BulkChange.objects.filter(finished_at=None).annotate(
        number=Count("items"), begun=begun
    )
    is_left = Q(number__gt=AT_ONCE) | Q(begun__lte=now - REQUEST_LASTS)
    return unfinished.filter(is_left).order_by("started_at")


def _go(change: BulkChange, *, now: datetime | None) -> BulkChange:
    if change.items.count() > AT_ONCE:
        doorbell.ring("tickets.tasks.continue_bulk_changes")
        return change
    while change.finished_at is None and _do_batch(change, now=now):
        change.refresh_from_db(fields=["finished_at"])
    change.refresh_from_db()
    return change


def _do_batch(change: BulkChange, *, now: datetime | None) -> bool:
    """The next tickets, in the words of whoever asked; False when another process has the rest."""
    with translation.override(change.agent.language):
        try:
            is_more = _do_next(change, BATCH, now=now or timezone.now())
        except DatabaseError:
            # Somebody held two of them, in another order: each by itself waits for nobody.
            logger.exception("bulk.batch_failed", change=change.pk)
            is_more = all(
                _do_next(change, 1, now=now or timezone.now()) for _number in range(BATCH)
            )
    return is_more or _finish(change, now=now or timezone.now())


def _finish(change: BulkChange, *, now: datetime) -> bool:
    if change.items.filter(outcome=_todo(change)).exists():
        return False
    BulkChange.objects.filter(pk=change.pk, finished_at=None).update(finished_at=now)
    return True


def _todo(change: BulkChange) -> str:
    return Outcome.DONE if change.undone_at else Outcome.WAITING


@transaction.atomic
def _do_next(change: BulkChange, most: int, *, now: datetime) -> bool:
    """So many tickets, held until their outcome is stored; False when there is none left to take."""
    waiting = change.items.select_for_update(skip_locked=True).filter(outcome=_todo(change))
    items = list(waiting.order_by("pk")[:most])
    if not items:
        return False
    tickets = hold_for_services(item.ticket_id for item in items)
    prefetch_related_objects(list(tickets.values()), "tags")
    batch = Batch(change, now)
    act = _undo_one if change.undone_at else _do_one
    for item in items:
        _try(act, batch, item, tickets[item.ticket_id])
    BulkItem.objects.bulk_create(
        items,
        update_conflicts=True,
        unique_fields=["pk"],
        update_fields=["outcome", "before", "revision", "error"],
    )
    _mark(batch, items)
    return True


def _try(act: OneAct, batch: Batch, item: BulkItem, ticket: Ticket) -> None:
    """What cannot be done to one ticket is said of it, and is nothing to the others."""
    try:
        act(batch, item, ticket)
    except TicketError as refusal:
        _fail(batch.change, item, str(refusal))
    # Whatever is wrong with one ticket, the others are owed their turn.
    except Exception:
        logger.exception("bulk.ticket_failed", ticket=item.ticket_id, change=batch.change.pk)
        sentence = _("Something went wrong with this ticket. Try it again by itself.")
        _fail(batch.change, item, sentence)


def _fail(change: BulkChange, item: BulkItem, error: str) -> None:
    item.outcome = Outcome.KEPT if change.undone_at else Outcome.FAILED
    item.error = error[:ERROR_LENGTH]


def _do_one(batch: Batch, item: BulkItem, ticket: Ticket) -> None:
    way = WAYS[batch.change.action]
    if ticket.status == Status.MERGED or (way.only_open and not ticket.is_unresolved):
        item.outcome = Outcome.SAME
        return
    item.before, revision = way.remember(ticket), ticket.revision
    item.revision = way.do(ticket, batch.change.facts, batch).revision
    item.outcome = Outcome.SAME if item.revision == revision else Outcome.DONE


def _undo_one(batch: Batch, item: BulkItem, ticket: Ticket) -> None:
    if ticket.revision != item.revision:
        _fail(batch.change, item, _("It was changed again in the meantime."))
        return
    WAYS[batch.change.action].undo(ticket, item.before, batch)
    item.outcome = Outcome.UNDONE


def _mark(batch: Batch, items: Iterable[BulkItem]) -> None:
    """Say in the history that it was done in bulk, before anybody has read it."""
    tickets = [item.ticket_id for item in items if item.outcome in {Outcome.DONE, Outcome.UNDONE}]
    told = TicketEvent.objects.filter(ticket__in=tickets, at=batch.now, agent=batch.by)
    in_bulk = Value({"bulk": batch.change.pk}, JSONField())
    told.update(facts=CombinedExpression(F("facts"), "||", in_bulk, output_field=JSONField()))
