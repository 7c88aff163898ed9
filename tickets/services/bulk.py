"""One thing done to many tickets, through the services that do it to one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import DatabaseError, transaction
from django.db.models import Count, F, JSONField, Q, QuerySet, Value
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import Agent
from common import doorbell
from sla.engine.events import EventLogError
from sla.models import UNRESOLVED, Status
from tickets.exceptions import TicketError, TooLateToUndo
from tickets.models import BulkChange, BulkItem, Ticket, TicketEvent, TicketQuerySet
from tickets.services.handling import assign, change_tags, reopen, set_status, set_tags, solve
from tickets.services.rematching import change_priority

logger = structlog.get_logger(__name__)
AT_ONCE = 200
BATCH = 50
UNDO_FOR = timedelta(seconds=30)
# Whoever has not finished in this time has died.
REQUEST_LASTS = timedelta(seconds=60)
Action = BulkChange.Action
Outcome = BulkItem.Outcome


Act = Callable[[Ticket, dict[str, Any], Agent, datetime], Ticket]


# What can be done -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Way:
    """How one action is done to a ticket, what is remembered of it, and how it is taken back."""

    do: Act
    remember: Callable[[Ticket], dict[str, Any]]
    undo: Act
    only_open: bool = False


def _assign(ticket: Ticket, facts: dict[str, Any], by: Agent, now: datetime) -> Ticket:
    to = Agent.objects.filter(pk=facts["to"]).first() if facts["to"] else None
    return assign(ticket, to=to, by=by, now=now)


def _set_status(ticket: Ticket, facts: dict[str, Any], by: Agent, now: datetime) -> Ticket:
    # A ticket that was new has been looked at: it comes back as open.
    to = Status.OPEN if facts["status"] == Status.NEW else Status(facts["status"])
    return set_status(ticket, to=to, reason=facts["reason"], agent=by, now=now)


def _reopen(ticket: Ticket, facts: dict[str, Any], by: Agent, now: datetime) -> Ticket:
    ticket = reopen(ticket, agent=by, now=now)
    if facts["status"] in {Status.PENDING_CUSTOMER, Status.ON_HOLD}:
        return _set_status(ticket, facts, by, now)
    return ticket


def _status_of(ticket: Ticket) -> dict[str, Any]:
    return {"status": ticket.status, "reason": ticket.hold_reason}


def _tags_of(ticket: Ticket) -> dict[str, Any]:
    return {"tags": [tag.name for tag in ticket.tags.all()]}


def _set_tags(ticket: Ticket, facts: dict[str, Any], by: Agent, now: datetime) -> Ticket:
    return set_tags(ticket, names=facts["tags"], by=by, now=now)


def _change_priority(ticket: Ticket, facts: dict[str, Any], by: Agent, now: datetime) -> Ticket:
    return change_priority(ticket, to=facts["priority"], by=by, now=now)


WAYS: dict[str, Way] = {
    Action.ASSIGN: Way(_assign, lambda ticket: {"to": ticket.assignee_id}, _assign),
    Action.STATUS: Way(_set_status, _status_of, _set_status, only_open=True),
    Action.PRIORITY: Way(
        _change_priority,
        lambda ticket: {"priority": ticket.priority},
        _change_priority,
        only_open=True,
    ),
    Action.TAG: Way(
        lambda ticket, facts, by, now: change_tags(ticket, add=facts["tags"], by=by, now=now),
        _tags_of,
        _set_tags,
    ),
    Action.UNTAG: Way(
        lambda ticket, facts, by, now: change_tags(ticket, remove=facts["tags"], by=by, now=now),
        _tags_of,
        _set_tags,
    ),
    Action.RESOLVE: Way(
        lambda ticket, facts, by, now: solve(ticket, agent=by, now=now),
        _status_of,
        _reopen,
        only_open=True,
    ),
}


# Doing it -------------------------------------------------------------------------------------


def start_bulk_change(
    tickets: TicketQuerySet,
    *,
    action: str,
    facts: dict[str, Any],
    by: Agent,
    query: str = "",
    now: datetime | None = None,
) -> BulkChange:
    """Do one thing to these tickets: at once up to 200, in the background beyond."""
    with transaction.atomic():
        change = BulkChange.objects.create(
            agent=by, action=action, facts=facts, query=query, started_at=now or timezone.now()
        )
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

    Any number of processes may call it: each ticket is taken by one of them, in one transaction.
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
        change.refresh_from_db()
    change.refresh_from_db()
    return change


def _do_batch(change: BulkChange, *, now: datetime | None) -> bool:
    """The next tickets, in the words of whoever asked; False when another process has the rest."""
    with translation.override(change.agent.language):
        for _number in range(BATCH):
            if not _do_next(change, now=now or timezone.now()):
                return _finish(change, now=now or timezone.now())
    return True


def _finish(change: BulkChange, *, now: datetime) -> bool:
    if change.items.filter(outcome=_todo(change)).exists():
        return False
    BulkChange.objects.filter(pk=change.pk, finished_at=None).update(finished_at=now)
    return True


def _todo(change: BulkChange) -> str:
    return Outcome.DONE if change.undone_at else Outcome.WAITING


@transaction.atomic
def _do_next(change: BulkChange, *, now: datetime) -> bool:
    """One ticket, held until its outcome is stored; False when there is none left to take."""
    items = change.items.select_for_update(skip_locked=True).filter(outcome=_todo(change))
    item = items.order_by("pk").first()
    if item is None:
        return False
    act = _undo_one if change.undone_at else _do_one
    try:
        with transaction.atomic():
            act(change, item, now=now)
    except TicketError as refusal:
        _fail(change, item, str(refusal))
    except (DatabaseError, EventLogError, LookupError, ValueError):
        logger.exception("bulk.ticket_failed", ticket=item.ticket_id, change=change.pk)
        _fail(change, item, _("Something went wrong with this ticket. Try it again by itself."))
    item.save(update_fields=["outcome", "before", "revision", "error"])
    return True


def _fail(change: BulkChange, item: BulkItem, error: str) -> None:
    item.outcome = Outcome.KEPT if change.undone_at else Outcome.FAILED
    item.error = error


def _do_one(change: BulkChange, item: BulkItem, *, now: datetime) -> None:
    way = WAYS[change.action]
    ticket = _held(item)
    if ticket.status == Status.MERGED or (way.only_open and ticket.status not in UNRESOLVED):
        item.outcome = Outcome.SAME
        return
    item.before = way.remember(ticket)
    item.revision = way.do(ticket, change.facts, change.agent, now).revision
    item.outcome = Outcome.SAME if item.revision == ticket.revision else Outcome.DONE
    _mark(change, ticket, now=now)


def _undo_one(change: BulkChange, item: BulkItem, *, now: datetime) -> None:
    ticket = _held(item)
    if ticket.revision != item.revision:
        item.outcome = Outcome.KEPT
        item.error = _("It was changed again in the meantime.")
        return
    WAYS[change.action].undo(ticket, item.before, change.agent, now)
    item.outcome = Outcome.UNDONE
    _mark(change, ticket, now=now)


def _held(item: BulkItem) -> Ticket:
    """Only its own row: the service that changes it reads what stands beside."""
    return Ticket.objects.select_for_update().get(pk=item.ticket_id)


def _mark(change: BulkChange, ticket: Ticket, *, now: datetime) -> None:
    """Say in the history that it was done in bulk, before anybody has read it."""
    told = TicketEvent.objects.filter(ticket=ticket, at=now, agent=change.agent)
    in_bulk = Value({"bulk": change.pk}, JSONField())
    told.update(facts=CombinedExpression(F("facts"), "||", in_bulk, output_field=JSONField()))
