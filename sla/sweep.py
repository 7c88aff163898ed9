"""The sweep: finds what is due now and does it, exactly once, however many sweepers there are.

Rows are found by the partial index on `next_check_at`, claimed with FOR UPDATE SKIP LOCKED, and
changed together with everything that follows in one transaction: breach, warnings, escalations
and the notifications to people. Times are the database's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import connection, transaction

from accounts.models import Notification
from accounts.notifying import Notice
from accounts.on_call import people_on_call
from accounts.selectors import TeamPeople, manager_ids, people_of_teams
from accounts.services import notify_agents
from common import doorbell
from common.bulk import insert_new
from common.models import Heartbeat
from sla.engine.commitments import AUTO, BREACH, ESCALATE, WARN, Step
from sla.engine.settings import WAITS
from sla.models import Commitment, CommitmentWarning, Escalation, Kind, PolicyVersion
from sla.selectors import disturb_at, is_open, terms_of
from sla.working_time import epoch_seconds, utc_datetime

logger = structlog.get_logger(__name__)
BATCH = 500
Audience = PolicyVersion.Audience


@dataclass(frozen=True, slots=True)
class Due:
    """What the sweep needs of a commitment that is due; an object of Django's costs ten times it."""

    pk: int
    kind: str
    due_at: datetime | None
    schedule: list[list[Any]]
    policy_version_id: int
    team_id: int
    owner_id: int | None
    owner_is_active: bool | None
    owner_is_away: bool | None
    owner_away_until: datetime | None
    owner_substitute_id: int | None
    label: str
    path: str

    def reaches_owner(self, now: datetime) -> bool:
        """Whether there is an owner who can act, or somebody who stands in for them."""
        until = self.owner_away_until
        is_away = self.owner_is_away and (until is None or until > now)
        return bool(self.owner_is_active) and not (is_away and self.owner_substitute_id is None)


READ = (
    *("pk", "kind", "due_at", "schedule", "clock__policy_version_id", "clock__team_id"),
    *("clock__owner_id", "clock__owner__is_active", "clock__owner__is_away"),
    *("clock__owner__away_until", "clock__owner__substitute_id", "clock__label", "clock__path"),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one commitment's due steps come to."""

    due: Due
    ahead: list[Step]
    is_breached_now: bool = False
    warning: Step | None = None
    levels: Sequence[Step] = ()


def sweep_due(*, now: datetime | None = None, sweeper: str = "sweep") -> int:
    """Act on everything due at `now` (default: the database's clock); return how many rows."""
    total = 0
    while taken := _sweep_batch(now=now):
        total += taken
    Heartbeat.beat(sweeper)
    return total


def seconds_to_next(*, at_most: float) -> float:
    """How long until the sweep has work, in wall seconds by the database's clock, within bounds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM min(next_check_at) - clock_timestamp())"
            " FROM sla_commitment"
            " WHERE next_check_at IS NOT NULL AND kind <> ALL(%s) AND source <> %s",
            [list(WAITS), AUTO],
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
    # Whatever a row holds, the others are owed their turn.
    except Exception:
        logger.exception("sweep.batch_failed")
    return _sweep_one_by_one(now=now)


def _sweep_one_by_one(*, now: datetime | None) -> int:
    with transaction.atomic():
        at = now or _database_now()
        batch = _claim(at)
        for due in batch:
            try:
                with transaction.atomic():
                    _act([due], now=at)
            except Exception:
                logger.exception("sweep.row_failed", commitment=due.pk)
                put_aside(due.pk, now=at)
        return len(batch)


def put_aside(commitment_id: int, *, now: datetime) -> None:
    """Look at a row that makes trouble again after 1, 2, 4 … minutes, an hour at most, so that it
    keeps nobody else from their turn."""
    live = Commitment.objects.live().filter(pk=commitment_id)
    for failures in live.values_list("failures", flat=True):
        minutes = min(60, 2 ** min(failures, 6))
        live.update(failures=failures + 1, next_check_at=now + timedelta(minutes=minutes))


def _database_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        instant: datetime = cursor.fetchone()[0]
    return instant


def _claim(now: datetime) -> list[Due]:
    # What the system itself owes (reminders, and the promises they keep) is acted on by whoever
    # owns the matter: tickets.services.waiting.
    due = (
        Commitment.objects.filter(next_check_at__lte=now)
        .exclude(kind__in=WAITS)
        .exclude(source=AUTO)
        .order_by("next_check_at")
    )
    rows = due.select_for_update(skip_locked=True, of=("self",)).values_list(*READ)[:BATCH]
    return [Due(*row) for row in rows]


def _act(batch: Sequence[Due], *, now: datetime) -> None:
    if not batch:
        return
    outcomes = [_outcome(due, now=now) for due in batch]
    _store(outcomes, now=now)
    _store_warnings(outcomes)
    _store_escalations(outcomes, now=now)
    notify_agents(_notices(outcomes, now=now), now=now)
    doorbell.announce(sorted({o.due.path for o in outcomes}))


def _outcome(due: Due, *, now: datetime) -> Outcome:
    """Of several warnings or levels reached at once only the highest acts (sla.md 2.9)."""
    second = epoch_seconds(now)
    steps = [Step(*step) for step in due.schedule]
    reached = [step for step in steps if step.at <= second]
    is_breached = any(step.step == BREACH for step in reached)
    warnings = [step for step in reached if step.step == WARN]
    return Outcome(
        due=due,
        ahead=[step for step in steps if step.at > second],
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
                hold_at = CASE WHEN new.breached THEN NULL ELSE hold_at END,
                schedule = new.schedule,
                next_check_at = new.next_check_at,
                failures = 0
            FROM unnest(%s::bigint[], %s::boolean[], %s::jsonb[], %s::timestamptz[])
                AS new (id, breached, schedule, next_check_at)
            WHERE sla_commitment.id = new.id
            """,
            [
                now,
                [o.due.pk for o in outcomes],
                [o.is_breached_now for o in outcomes],
                [json.dumps(o.ahead) for o in outcomes],
                [utc_datetime(o.ahead[0].at) if o.ahead else None for o in outcomes],
            ],
        )


def _store_warnings(outcomes: Iterable[Outcome]) -> None:
    warned = [(o.due.pk, o.warning) for o in outcomes if o.warning]
    insert_new(
        CommitmentWarning,
        {
            "commitment": [pk for pk, _ in warned],
            "percent": [step.value for _, step in warned],
            "at": [utc_datetime(step.at) for _, step in warned],
        },
    )


def _store_escalations(outcomes: Iterable[Outcome], *, now: datetime) -> None:
    raised = [(o, step) for o in outcomes for step in o.levels]
    insert_new(
        Escalation,
        {
            "commitment": [o.due.pk for o, _ in raised],
            "level": [step.value for _, step in raised],
            "at": [_nominal(o.due, step) for o, step in raised],
            "raised_at": [now] * len(raised),
            "is_skipped": [step is not o.levels[-1] for o, step in raised],
        },
    )


def _nominal(due: Due, step: Step) -> datetime:
    """The instant the level belongs to. The first one is the breach itself, and a breach carries
    its due instant although nobody can know of it before the next second."""
    at = utc_datetime(step.at)
    return due.due_at if due.due_at and at - due.due_at <= timedelta(seconds=1) else at


def _notices(outcomes: Sequence[Outcome], *, now: datetime) -> list[Notice]:
    telling = _one_per_matter(o for o in outcomes if o.levels or o.warning)
    if not telling:
        return []
    people = people_of_teams({o.due.team_id for o in telling})
    on_call = _on_call(telling, now=now)
    managers = manager_ids()
    mail_after = {
        version: disturb_at(version, now=now)
        for version in {o.due.policy_version_id for o in telling}
    }
    return [
        _notice_on_call(o, agent_id, now=now)
        for o in telling
        for agent_id in on_call.get(o.due.pk, [])
    ] + [
        _notice(o, agent_id, mail_after=mail_after[o.due.policy_version_id])
        for o in telling
        if o.due.pk not in on_call or _audience(o) != Audience.LEAD
        for agent_id in _receivers(o, people[o.due.team_id], managers, now=now)
    ]


def _on_call(telling: Iterable[Outcome], *, now: datetime) -> dict[int, list[int]]:
    """By commitment, who hears now, outside opening hours, of what is broken: beside the assignee,
    and in place of the leads. What is for managers is theirs at any hour."""
    broken = [o.due for o in telling if o.levels and _audience(o) != Audience.MANAGER]
    resting = [due for due in broken if not is_open(due.policy_version_id, now=now)]
    if not resting:
        return {}
    people = people_on_call({due.team_id for due in resting}, now=now)
    return {due.pk: people[due.team_id] for due in resting if people[due.team_id]}


def _one_per_matter(telling: Iterable[Outcome]) -> list[Outcome]:
    """A promise and a target that break in the same second are one piece of news. The highest
    level tells it, and of equals the promise: it is what the customer knows."""
    chosen: dict[tuple[str, bool], Outcome] = {}
    for outcome in sorted(telling, key=_weight):
        chosen.setdefault((outcome.due.path, bool(outcome.levels)), outcome)
    return list(chosen.values())


def _weight(outcome: Outcome) -> tuple[int, bool]:
    highest = outcome.levels[-1].value if outcome.levels else 0
    return -highest, outcome.due.kind != Kind.PROMISE


def _audience(outcome: Outcome) -> str:
    if not outcome.levels:
        return Audience.ASSIGNEE
    return terms_of(outcome.due.policy_version_id).audiences[outcome.levels[-1].value]


def _receivers(
    outcome: Outcome, team: TeamPeople, managers: Sequence[int], *, now: datetime
) -> Iterable[int]:
    """Nobody to tell at one level means telling the next wider circle: no alarm gets lost."""
    due = outcome.due
    owner = [due.owner_id] if due.owner_id and due.reaches_owner(now) else []
    match _audience(outcome):
        case Audience.MANAGER:
            circles = [managers, team.leads, team.members]
        case Audience.LEAD:
            circles = [team.leads, team.members, managers]
        case _:
            circles = [owner, team.members, managers]
    return next((circle for circle in circles if circle), [])


def _notice_on_call(outcome: Outcome, agent_id: int, *, now: datetime) -> Notice:
    """To be on call is to be written to at once."""
    notice = _notice(outcome, agent_id, mail_after=now)
    return replace(notice, facts={**notice.facts, "is_on_call": True})


def _notice(outcome: Outcome, agent_id: int, *, mail_after: datetime) -> Notice:
    due = outcome.due
    facts: dict[str, Any] = {
        "commitment": due.pk,
        "kind": due.kind,
        "due_at": due.due_at.isoformat() if due.due_at else None,
    }
    if agent_id == due.owner_id:
        facts["is_yours"] = True
    if outcome.levels:
        level = outcome.levels[-1].value
        kind, step, facts["level"] = Notification.Kind.BREACH, f"level:{level}", level
    else:
        percent = outcome.warning.value if outcome.warning else 0
        kind, step, facts["percent"] = Notification.Kind.WARNING, f"warning:{percent}", percent
    return Notice(
        agent_id=agent_id,
        kind=kind,
        label=due.label,
        path=due.path,
        dedupe_key=f"{step}:{due.pk}:{agent_id}",
        facts=facts,
        mail_after=mail_after,
    )
