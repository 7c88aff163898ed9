"""Rules at work: on what happened, on what has lasted long enough, and by hand on what matches now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import structlog
from django.db import connection, transaction
from django.db.models import (
    DateTimeField,
    Exists,
    F,
    JSONField,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.expressions import Combinable, CombinedExpression
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from integrations.listening import held_until, is_my_turn, noted_for
from integrations.models import Listener, Occurrence
from rules.actions import DOINGS
from rules.conditions import condition_of
from rules.models import Happening, Rule, Run, Since
from sla.models import Commitment, Kind, Status
from tickets.exceptions import TicketError
from tickets.models import BulkChange, Message, Ticket, TicketEvent, TicketQuerySet
from tickets.services.bulk_ways import Batch
from tickets.services.recording import hold_for_services

logger = structlog.get_logger(__name__)
OCCURRENCES_A_PASS = 100
TICKETS_A_PASS = 200
# Rules that set each other off.
LONGEST_CHAIN = 5
RUNS_A_DAY = 20
ERROR_LENGTH = 300
TIME, BY_HAND = "time", "by hand"
Outcome = Run.Outcome

# What happened --------------------------------------------------------------------------------

# By what the database notes (integrations.models.Occurrence); rules wait for nothing else.
HAPPENINGS: Mapping[str, Happening] = {
    "event.opened": Happening.OPENED,
    "event.chased": Happening.CHASED,
    "event.rated": Happening.RATED,
    "event.priority_changed": Happening.PRIORITY,
    "event.tags_changed": Happening.TAGGED,
    "event.topic_changed": Happening.TOPIC,
    **dict.fromkeys(
        ("event.assigned", "event.released", "event.handed_over", "event.went_back"),
        Happening.ASSIGNED,
    ),
    "ticket.status_changed": Happening.MOVED,
    "message.inbound": Happening.WROTE,
    "message.outbound": Happening.ANSWERED,
    "promise.broken": Happening.BROKEN,
}


def run_on_occurrences(*, now: datetime | None = None) -> int:
    """Let the rules of events see what happened, in its order; return how much that was.

    Any number of processes may call it: one of them works, and what it was at when it died is done
    again by the next.
    """
    done = 0
    while done < OCCURRENCES_A_PASS and _take_next(now=now or timezone.now()):
        done += 1
    return done


@transaction.atomic
def _take_next(*, now: datetime) -> bool:
    noted = noted_for(Listener.Name.RULES)
    waiting = noted.filter(Q(look_at=None) | Q(look_at__lte=now)).order_by("pk")
    if not waiting.exists() or not is_my_turn(Listener.Name.RULES):
        return False
    occurrence = waiting.first()
    if occurrence is None:
        return False
    if (until := _held_until(occurrence, now=now)) is not None:
        noted.filter(pk=occurrence.pk).update(look_at=until)
        return True
    occurrence.delete()
    happening, ticket = _happening_of(occurrence), _ticket_of(occurrence)
    if happening is None or ticket is None:
        return True
    chain = [*filter(None, occurrence.chain.split(","))]
    for rule in Rule.objects.filter(is_active=True, events__contains=[happening]):
        if _is_met(rule, ticket):
            _run(rule, ticket, because=happening, chain=chain, now=now)
    return True


def _held_until(occurrence: Occurrence, *, now: datetime) -> datetime | None:
    """An answer that can still be taken back is none yet."""
    if HAPPENINGS.get(occurrence.kind) != Happening.ANSWERED:
        return None
    return held_until([occurrence.thing], now=now).get(occurrence.thing)


def _happening_of(occurrence: Occurrence) -> Happening | None:
    happening = HAPPENINGS.get(occurrence.kind)
    if happening in {Happening.WROTE, Happening.ANSWERED} and not _is_further_word(occurrence):
        return None
    return happening


def _is_further_word(occurrence: Occurrence) -> bool:
    """Not what the ticket was opened with, and not what was taken back."""
    said = Message.objects.filter(ticket=occurrence.ticket)
    is_there = said.filter(pk=occurrence.thing).exists()
    return is_there and said.filter(pk__lt=occurrence.thing).exists()


def _ticket_of(occurrence: Occurrence) -> int | None:
    """Of a promise only the clock is noted."""
    if occurrence.clock is None:
        return occurrence.ticket
    of_clock = Ticket.objects.filter(clock=occurrence.clock)
    return of_clock.values_list("pk", flat=True).first()


def _is_met(rule: Rule, ticket_id: int) -> bool:
    return tickets_of(rule).filter(pk=ticket_id).exists()


def tickets_of(rule: Rule) -> TicketQuerySet:
    """All that meet its conditions, whatever their age; not spam, and not what was merged."""
    asked = condition_of(rule.conditions, needs_all=rule.needs_all)
    return Ticket.objects.filter(asked).exclude(status__in=[Status.SPAM, Status.MERGED])


# What has lasted --------------------------------------------------------------------------------


def run_on_time(*, now: datetime | None = None) -> int:
    """Let each rule of time act on the open tickets for which its time has come; return how many.

    Once for each instant it counts from: the index of its runs says so, whoever else does the same.
    """
    now = now or timezone.now()
    return sum(
        _run_one_on_time(rule, now=now)
        for rule in Rule.objects.exclude(since="").filter(is_active=True)
    )


def _run_one_on_time(rule: Rule, *, now: datetime) -> int:
    batch = uuid4()
    due = list(due_for(rule, now=now).values_list("pk", "anchor")[:TICKETS_A_PASS])
    for pk, anchor in due:
        with transaction.atomic():
            # In between it may have moved on.
            if due_for(rule, now=now).filter(pk=pk, anchor=anchor).exists():
                _run(rule, pk, because=TIME, chain=[], now=now, anchor=anchor, batch=batch)
    return len(due)


def due_for(rule: Rule, *, now: datetime) -> QuerySet[Any, Any]:
    """Open tickets that meet its conditions and whose time has come since it was switched on, with
    the instant it counts from as `anchor`; not those on which it has acted for this instant."""
    waited = Q(anchor__lte=now + rule.after if rule.since == Since.PROMISE else now - rule.after)
    found: QuerySet[Any, Any] = (
        tickets_of(rule).unresolved().annotate(anchor=_anchor(rule.since)).filter(waited)
    )
    if rule.active_since is not None and rule.since != Since.PROMISE:
        found = found.filter(anchor__gt=rule.active_since - rule.after)
    ran = Run.objects.filter(rule=rule.pk, ticket=OuterRef("pk"), anchor=OuterRef("anchor"))
    return found.exclude(Exists(ran)).order_by("anchor", "pk")


def _anchor(since: str) -> Combinable:
    if since != Since.WAITING:
        columns = {
            Since.OPENED: "opened_at",
            Since.UNTOUCHED: "updated_at",
            Since.PROMISE: "next_contact_at",
        }
        return F(columns[Since(since)])
    replies = [Kind.FIRST_REPLY, Kind.NEXT_REPLY]
    owed = Commitment.objects.live().filter(clock=OuterRef("clock"), kind__in=replies, met_at=None)
    first = owed.order_by().values("clock").annotate(first=Min("started_at")).values("first")
    return Subquery(first, output_field=DateTimeField())


# By hand ----------------------------------------------------------------------------------------


def run_by_hand(rule: Rule, ids: Iterable[int], *, now: datetime | None = None) -> UUID:
    """Do what the rule says to those of these tickets that meet its conditions; the name of it all,
    by which it can be undone."""
    batch, now = uuid4(), now or timezone.now()
    for pk in ids:
        with transaction.atomic():
            if _is_met(rule, pk):
                _run(rule, pk, because=BY_HAND, chain=[], now=now, batch=batch)
    return batch


# One run ------------------------------------------------------------------------------------------


def _run(  # noqa: PLR0913 - all of it is what a run is
    rule: Rule,
    ticket_id: int,
    *,
    because: str,
    chain: list[str],
    now: datetime,
    anchor: datetime | None = None,
    batch: UUID | None = None,
) -> None:
    """Do it all, or nothing, and write down what became of it."""
    run = Run(
        rule=rule,
        ticket_id=ticket_id,
        at=now,
        because=because,
        anchor=anchor,
        batch=batch,
        actions=rule.actions,
        outcome=Outcome.DONE,
    )
    if _goes_round(rule, ticket_id, chain, now=now):
        _stop(run)
        return
    with translation.override(rule.keeper.language):
        try:
            with transaction.atomic(), _setting_off([*chain, str(rule.pk)]):
                _do_all(run, now=now)
        except TicketError as refusal:
            _fail(run, str(refusal))
        # Whatever is wrong with one ticket, the others are owed their turn.
        except Exception:
            logger.exception("rules.run_failed", rule=rule.pk, ticket=ticket_id)
            _fail(run, _("Something went wrong with this ticket. Try it again by itself."))
    run.save()


def _goes_round(rule: Rule, ticket_id: int, chain: list[str], *, now: datetime) -> bool:
    if str(rule.pk) in chain or len(chain) >= LONGEST_CHAIN:
        return True
    today = Run.objects.filter(rule=rule, ticket=ticket_id, at__gt=now - timedelta(days=1))
    return today.filter(outcome=Outcome.DONE).count() >= RUNS_A_DAY


def _stop(run: Run) -> None:
    """Once a day is enough to know."""
    today = Run.objects.filter(
        rule=run.rule, ticket=run.ticket_id, at__gt=run.at - timedelta(days=1)
    )
    if not today.filter(outcome=Outcome.STOPPED).exists():
        logger.warning("rules.loop_stopped", rule=run.rule_id, ticket=run.ticket_id)
        run.outcome = Outcome.STOPPED
        run.save()


def _fail(run: Run, error: str) -> None:
    run.outcome, run.error, run.before, run.revision = (
        Outcome.FAILED,
        error[:ERROR_LENGTH],
        [],
        None,
    )


@contextmanager
def _setting_off(chain: list[str]) -> Iterator[None]:
    """What happens meanwhile is written down as caused by these rules."""
    _say_to_triggers(",".join(chain))
    yield
    _say_to_triggers("")


def _say_to_triggers(chain: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('yakusoku.rules', %s, true)", [chain])


def batch_of(rule: Rule, *, now: datetime) -> Batch:
    """The services' view of it: who is at work, and under which name."""
    change = BulkChange(agent=rule.keeper, submission_key=uuid4(), query=rule.name)
    return Batch(change, now)


def _do_all(run: Run, *, now: datetime) -> None:
    ticket = hold_for_services([run.ticket_id])[run.ticket_id]
    first, entries = ticket.revision, _events_of(run)
    batch = batch_of(run.rule, now=now)
    for action in run.actions:
        doing = DOINGS[action["do"]]
        run.before.append(doing.remember(ticket))
        if ticket.is_unresolved or not doing.only_open:
            ticket = doing.do(ticket, action["value"], batch)
    run.revision = ticket.revision
    told = any(action["do"] in {"tell", "webhook"} for action in run.actions)
    run.outcome = Outcome.DONE if told or ticket.revision != first else Outcome.SAME
    mark(run, after=entries)


def _events_of(run: Run) -> int:
    """The newest entry of the history before it began."""
    newest = TicketEvent.objects.filter(ticket=run.ticket_id).order_by("-pk")
    return newest.values_list("pk", flat=True).first() or 0


def mark(run: Run, *, after: int) -> None:
    """Say in the history that a rule did it, before anybody has read it."""
    told = TicketEvent.objects.filter(ticket=run.ticket_id, pk__gt=after)
    named = Value({"rule": run.rule.name}, JSONField())
    told.update(facts=CombinedExpression(F("facts"), "||", named, output_field=JSONField()))


# Taking back ----------------------------------------------------------------------------------


@transaction.atomic
def undo(run: Run, *, now: datetime | None = None) -> None:
    """Make the ticket what it was before, as far as that can be; not when somebody has gone on."""
    [run] = (
        Run.objects.select_for_update(of=("self",)).select_related("rule__keeper").filter(pk=run.pk)
    )
    if run.outcome != Outcome.DONE:
        return
    now = now or timezone.now()
    ticket = hold_for_services([run.ticket_id])[run.ticket_id]
    run.outcome = Outcome.KEPT
    if ticket.revision == run.revision:
        entries = _events_of(run)
        try:
            with transaction.atomic(), _setting_off([str(run.rule_id)]):
                _undo_all(run, ticket, now=now)
            run.outcome = Outcome.UNDONE
        except TicketError as refusal:
            run.error = str(refusal)[:ERROR_LENGTH]
        mark(run, after=entries)
    run.save(update_fields=["outcome", "error"])


def _undo_all(run: Run, ticket: Ticket, *, now: datetime) -> None:
    batch = batch_of(run.rule, now=now)
    for action, before in reversed(list(zip(run.actions, run.before, strict=True))):
        doing = DOINGS[action["do"]]
        if doing.undo is not None:
            ticket = doing.undo(ticket, before, batch)


def undo_batch(batch: UUID, *, now: datetime | None = None) -> int:
    """All that was done together; how many tickets are as they were."""
    runs = list(Run.objects.filter(batch=batch, outcome=Outcome.DONE).order_by("-pk"))
    for run in runs:
        undo(run, now=now)
    return Run.objects.filter(batch=batch, outcome=Outcome.UNDONE).count()
