"""The sweep: finds what is due now and does it, exactly once, however many sweepers there are.

Rows are found by the partial index on `next_check_at`, claimed with FOR UPDATE SKIP LOCKED, and
changed together with everything that follows in one transaction: breach, warnings, escalations
and the notifications to people. Times are the database's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError, connection, transaction

from accounts.models import Notification
from accounts.selectors import TeamPeople, manager_ids, people_of_teams
from accounts.services import Notice, notify_agents
from common import doorbell
from common.models import Heartbeat
from sla.engine.commitments import BREACH, ESCALATE, WARN, Step
from sla.models import Commitment, CommitmentWarning, Escalation, PolicyVersion
from sla.selectors import Terms, terms_of
from sla.working_time import epoch_seconds, next_opening, utc_datetime

logger = structlog.get_logger(__name__)
BATCH = 500
Audience = PolicyVersion.Audience
State = Commitment.State


@dataclass(frozen=True)
class Outcome:
    """What one commitment's due steps come to."""

    commitment: Commitment
    ahead: list[Step]
    is_breached_now: bool = False
    warning: Step | None = None
    levels: list[Step] = field(default_factory=list)


def sweep_due(*, now: datetime | None = None, sweeper: str = "sweep") -> int:
    """Act on everything due at `now` (default: the database's clock); return how many rows."""
    total = 0
    while taken := _sweep_batch(now=now):
        total += taken
    Heartbeat.beat(sweeper)
    return total


def seconds_to_next(*, at_most: float) -> float:
    """How long until something is due, in wall seconds by the database's clock, within bounds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM min(next_check_at) - clock_timestamp())"
            " FROM sla_commitment WHERE next_check_at IS NOT NULL"
        )
        (seconds,) = cursor.fetchone()
    return at_most if seconds is None else min(at_most, max(0.0, float(seconds)))


def _sweep_batch(*, now: datetime | None) -> int:
    """One transaction; a row that cannot be processed is put aside and stops nobody."""
    try:
        with transaction.atomic():
            at = now or _database_now()
            batch = _claim(at)
            _act(batch, now=at)
            return len(batch)
    except (DatabaseError, ValueError, LookupError, TypeError):
        logger.exception("sweep.batch_failed")
    return _sweep_one_by_one(now=now)


def _sweep_one_by_one(*, now: datetime | None) -> int:
    with transaction.atomic():
        at = now or _database_now()
        batch = _claim(at)
        for commitment in batch:
            try:
                with transaction.atomic():
                    _act([commitment], now=at)
            except (DatabaseError, ValueError, LookupError, TypeError):
                logger.exception("sweep.row_failed", commitment=commitment.pk)
                _put_aside(commitment, now=at)
        return len(batch)


def _put_aside(commitment: Commitment, *, now: datetime) -> None:
    """Try this row again after 1, 2, 4 … minutes, an hour at most."""
    minutes = min(60, 2 ** min(commitment.failures, 6))
    commitment.failures += 1
    commitment.next_check_at = now + timedelta(minutes=minutes)
    commitment.save(update_fields=["failures", "next_check_at"])


def _database_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        instant: datetime = cursor.fetchone()[0]
    return instant


def _claim(now: datetime) -> list[Commitment]:
    due = Commitment.objects.filter(next_check_at__lte=now).order_by("next_check_at")
    return list(
        due.select_for_update(skip_locked=True, of=("self",)).select_related("clock")[:BATCH]
    )


def _act(batch: Sequence[Commitment], *, now: datetime) -> None:
    if not batch:
        return
    outcomes = [_outcome(commitment, now=now) for commitment in batch]
    _store(outcomes, now=now)
    _store_warnings(outcomes)
    _store_escalations(outcomes, now=now)
    notify_agents(_notices(outcomes, now=now), now=now)
    paths = {
        o.commitment.clock.path for o in outcomes if o.is_breached_now or o.levels or o.warning
    }
    doorbell.announce(sorted(paths))


def _outcome(commitment: Commitment, *, now: datetime) -> Outcome:
    """Of several warnings or levels reached at once only the highest acts (sla.md 2.9)."""
    steps = [Step(*step) for step in commitment.schedule]
    reached = [step for step in steps if step.at <= epoch_seconds(now)]
    is_breached = any(step.step == BREACH for step in reached)
    warnings = [step for step in reached if step.step == WARN]
    return Outcome(
        commitment=commitment,
        ahead=[step for step in steps if step.at > epoch_seconds(now)],
        is_breached_now=is_breached,
        warning=warnings[-1] if warnings and not is_breached else None,
        levels=sorted((s for s in reached if s.step == ESCALATE), key=lambda step: step.value),
    )


def _store(outcomes: Sequence[Outcome], *, now: datetime) -> None:
    """One statement for the whole batch: breaches carry the due instant, not the discovery's."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE sla_commitment SET
                state = CASE WHEN new.breached THEN 'breached' ELSE state END,
                breached_at = CASE WHEN new.breached THEN due_at ELSE breached_at END,
                detected_at = CASE WHEN new.breached THEN %s ELSE detected_at END,
                schedule = new.schedule::jsonb,
                next_check_at = new.next_check_at,
                failures = 0
            FROM unnest(%s::bigint[], %s::boolean[], %s::text[], %s::timestamptz[])
                AS new (id, breached, schedule, next_check_at)
            WHERE sla_commitment.id = new.id
            """,
            [
                now,
                [o.commitment.pk for o in outcomes],
                [o.is_breached_now for o in outcomes],
                [json.dumps(o.ahead) for o in outcomes],
                [utc_datetime(o.ahead[0].at) if o.ahead else None for o in outcomes],
            ],
        )


def _store_warnings(outcomes: Iterable[Outcome]) -> None:
    warnings = [
        CommitmentWarning(
            commitment=o.commitment, percent=o.warning.value, at=utc_datetime(o.warning.at)
        )
        for o in outcomes
        if o.warning
    ]
    if warnings:
        CommitmentWarning.objects.bulk_create(warnings, ignore_conflicts=True)


def _store_escalations(outcomes: Iterable[Outcome], *, now: datetime) -> None:
    escalations = [
        Escalation(
            commitment=o.commitment,
            level=step.value,
            at=_nominal(o.commitment, step),
            raised_at=now,
            is_skipped=step is not o.levels[-1],
        )
        for o in outcomes
        for step in o.levels
    ]
    if escalations:
        Escalation.objects.bulk_create(escalations, ignore_conflicts=True)


def _nominal(commitment: Commitment, step: Step) -> datetime:
    """The instant the level belongs to. The first one is the breach itself, and a breach carries
    its due instant although nobody can know of it before the next second."""
    at = utc_datetime(step.at)
    due_at = commitment.due_at
    return due_at if due_at and at - due_at <= timedelta(seconds=1) else at


def _notices(outcomes: Sequence[Outcome], *, now: datetime) -> list[Notice]:
    telling = [o for o in outcomes if o.levels or o.warning]
    if not telling:
        return []
    people = people_of_teams({o.commitment.clock.team_id for o in telling})
    managers = manager_ids() if any(_audience(o) == Audience.MANAGER for o in telling) else []
    return [
        _notice(o, agent_id, now=now)
        for o in telling
        for agent_id in _receivers(o, people[o.commitment.clock.team_id], managers)
    ]


def _terms(outcome: Outcome) -> Terms:
    return terms_of(outcome.commitment.clock.policy_version_id)


def _audience(outcome: Outcome) -> str:
    if not outcome.levels:
        return Audience.ASSIGNEE
    return _terms(outcome).audiences[outcome.levels[-1].value]


def _receivers(outcome: Outcome, team: TeamPeople, managers: Sequence[int]) -> Iterable[int]:
    """Nobody to tell at one level means telling the next wider circle: no alarm gets lost."""
    owner = outcome.commitment.clock.owner_id
    match _audience(outcome):
        case Audience.MANAGER:
            return managers or team.leads or team.members
        case Audience.LEAD:
            return team.leads or team.members
        case _:
            return [owner] if owner else team.members


def _notice(outcome: Outcome, agent_id: int, *, now: datetime) -> Notice:
    commitment, clock = outcome.commitment, outcome.commitment.clock
    facts = {
        "commitment": commitment.pk,
        "kind": commitment.kind,
        "due_at": commitment.due_at.isoformat() if commitment.due_at else None,
    }
    if outcome.levels:
        kind, step = Notification.Kind.BREACH, f"level:{outcome.levels[-1].value}"
        facts["level"] = outcome.levels[-1].value
    else:
        percent = outcome.warning.value if outcome.warning else 0
        kind, step = Notification.Kind.WARNING, f"warning:{percent}"
        facts["percent"] = percent
    return Notice(
        agent_id=agent_id,
        kind=kind,
        label=clock.label,
        path=clock.path,
        dedupe_key=f"{step}:{commitment.pk}:{agent_id}",
        facts=facts,
        mail_after=_mail_after(_terms(outcome), now=now),
    )


def _mail_after(terms: Terms, *, now: datetime) -> datetime:
    """Outside opening hours people are written to at the next opening, unless the policy says
    otherwise; the state on screen changes at once."""
    if terms.notifies_around_the_clock:
        return now
    opening = next_opening(terms.calendar, epoch_seconds(now))
    return now if opening is None else max(now, utc_datetime(opening))
