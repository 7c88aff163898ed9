"""Storing what the engine says: only the difference, and never what the sweep has still to do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from accounts.models import Notification
from accounts.notifying import Notice
from accounts.services import notify_agents
from sla.engine.commitments import (
    BREACH,
    BREACHED,
    CANCELLED,
    ESCALATE,
    WARN,
    CommitmentState,
    Step,
)
from sla.engine.replay import Timeline
from sla.models import Clock, Commitment, CommitmentWarning, Escalation
from sla.working_time import epoch_seconds, utc_datetime

WITHDRAWN = Commitment.WITHDRAWN
COMPARED = (
    *("cycle", "state", "source", "target_seconds", "started_at", "due_at", "met_at"),
    *("breached_at", "ended_at", "end_reason", "used_seconds", "schedule", "next_check_at"),
    "hold_at",
)


def store_difference(
    clock: Clock, timeline: Timeline, *, stored: Sequence[Commitment], now: datetime
) -> None:
    """Bring the rows of a clock in line with the engine's. `stored` are all its rows, locked."""
    pairs, left = paired(stored, timeline.commitments)
    fresh: list[tuple[Commitment, CommitmentState]] = []
    changed: list[tuple[Commitment, CommitmentState]] = []
    for known, computed in pairs:
        row = known or Commitment(clock=clock)
        # What is made anew from the log alone has all been told before.
        untold = untold_steps(row, computed) if stored else []
        if _take_over(row, computed, untold=untold, clock=clock, now=now):
            (changed if row.pk else fresh).append((row, computed))
    # What ends goes first: two promises may not be live even for a moment.
    _withdraw(left, now=now)
    for row, _ in sorted(changed, key=lambda pair: pair[1].is_live):
        row.save(update_fields=[*COMPARED, "detected_at", "policy_version"])
    Commitment.objects.bulk_create([row for row, _ in fresh])
    _store_steps([*fresh, *changed], now=now)
    _tell_settled(clock, [row for row, _ in changed], now=now)


def paired(
    stored: Iterable[Commitment], commitments: Iterable[CommitmentState]
) -> tuple[list[tuple[Commitment | None, CommitmentState]], list[Commitment]]:
    """Each computed commitment with its row, None when there is none yet, and the rows left over.

    A commitment is known by when it began. Its cycle is not enough: where the log has lost what
    began an earlier one, those after it count one less. The beginning moves only in a merge, and
    only to earlier (sla.md 2.8).
    """
    rows: dict[tuple[str, datetime], list[Commitment]] = defaultdict(list)
    for row in stored:
        if row.end_reason != WITHDRAWN:
            rows[(row.kind, row.started_at)].append(row)
    pairs: list[tuple[Commitment | None, CommitmentState]] = []
    for computed in commitments:
        queue = rows[(computed.kind, utc_datetime(computed.started_at))]
        pairs.append((queue.pop(0) if queue else None, computed))
    left = [row for queue in rows.values() for row in queue]
    for number, (known, computed) in enumerate(pairs):
        if known is None and (moved := _moved(left, computed)):
            left.remove(moved)
            pairs[number] = (moved, computed)
    return pairs, left


def _moved(rows: Iterable[Commitment], computed: CommitmentState) -> Commitment | None:
    """The row that began later before a merge."""
    began = utc_datetime(computed.started_at)
    return next(
        (
            row
            for row in rows
            if (row.kind, row.cycle) == (computed.kind, computed.cycle) and row.started_at > began
        ),
        None,
    )


def _withdraw(rows: Iterable[Commitment], *, now: datetime) -> None:
    """End what the log no longer has: the letter that began it never arrived, so nobody was told of
    it. It was neither kept nor broken, and its cycle is free for another."""
    for row in rows:
        row.state, row.end_reason = CANCELLED, WITHDRAWN
        row.ended_at = utc_datetime(epoch_seconds(now))
        row.met_at = row.breached_at = row.next_check_at = row.hold_at = None
        row.schedule = []
        row.save(update_fields=COMPARED)


def _take_over(
    row: Commitment,
    computed: CommitmentState,
    *,
    untold: Sequence[Step],
    clock: Clock,
    now: datetime,
) -> bool:
    """Set the row to what was computed; say whether anything changed."""
    wanted = compared_fields(computed)
    pending = pending_steps(row, computed, now=now) or untold
    if pending:
        wanted["schedule"] = [list(step) for step in (*pending, *computed.schedule)]
        wanted["next_check_at"] = utc_datetime(pending[0].at)
        if any(step.step == BREACH for step in pending):
            wanted |= {"state": Commitment.State.ACTIVE, "breached_at": None}
    if row.pk and all(getattr(row, name) == wanted[name] for name in COMPARED):
        return False
    if not row.pk or row.due_at != wanted["due_at"]:
        row.policy_version_id = clock.policy_version_id
    if wanted["breached_at"] and row.detected_at is None:
        row.detected_at = now
    row.kind = computed.kind
    for name in COMPARED:
        setattr(row, name, wanted[name])
    return True


def pending_steps(row: Commitment, computed: CommitmentState, *, now: datetime) -> list[Step]:
    """Steps that were due but that no sweep has taken yet: they stay for it to take.

    The engine supposes a sweep without delay. The real one comes within a second and tells people;
    an event in between must not take that away from a row that is still owed.
    """
    if not row.pk or not computed.is_live or row.due_at is None:
        return []
    if epoch_seconds(row.due_at) != computed.due_at:
        return []
    return [step for step in _readable(row.schedule) if step.at <= epoch_seconds(now)]


def untold_steps(row: Commitment, computed: CommitmentState) -> list[Step]:
    """Steps that have passed, of a row that was taken for ended, or due later, or not begun, because
    of a contact that never was. They are for the sweep to take now; what people were told before,
    its unique keys keep it from telling again."""
    is_new_breach = computed.state == BREACHED and row.state != BREACHED
    if not computed.is_live or computed.due_at is None or not (is_new_breach or row.ended_at):
        return []
    late_at = computed.due_at + 1
    passed = [
        *(Step(at, WARN, percent) for percent, at in computed.warned),
        *([Step(late_at, BREACH)] if is_new_breach else []),
        *(Step(max(at, late_at), ESCALATE, level) for level, at in computed.escalated),
    ]
    return sorted(passed)


def _readable(schedule: Any) -> list[Step]:
    """The stored steps; none when they are damaged, so that the next event mends the row."""
    try:
        steps = [Step(*step) for step in schedule]
    except TypeError:
        return []
    return steps if all(isinstance(step.at, int) for step in steps) else []


def compared_fields(computed: CommitmentState) -> dict[str, Any]:
    """The stored fields of a commitment and the values the engine gives them."""
    return {
        "cycle": computed.cycle,
        "state": computed.state,
        "source": computed.source or "",
        "target_seconds": computed.target_seconds,
        "started_at": utc_datetime(computed.started_at),
        "due_at": _instant(computed.due_at),
        "met_at": _instant(computed.met_at),
        "breached_at": _instant(computed.breached_at),
        "ended_at": _instant(computed.ended_at),
        "end_reason": computed.end_reason or "",
        "used_seconds": None if computed.is_live else computed.used_seconds,
        "schedule": [list(step) for step in computed.schedule],
        "next_check_at": _instant(computed.next_check_at),
        "hold_at": _instant(computed.hold_at),
    }


def _instant(epoch: int | None) -> datetime | None:
    return None if epoch is None else utc_datetime(epoch)


def _store_steps(rows: Sequence[tuple[Commitment, CommitmentState]], *, now: datetime) -> None:
    """Record the steps an ended row had passed before a sweep could take them. Nobody is told:
    what they would have been told about is done."""
    ended = [(row, computed) for row, computed in rows if not computed.is_live]
    warnings = [
        CommitmentWarning(commitment=row, percent=percent, at=utc_datetime(at))
        for row, computed in ended
        for percent, at in computed.warned
    ]
    escalations = [
        Escalation(commitment=row, level=level, at=utc_datetime(at), raised_at=now, is_skipped=True)
        for row, computed in ended
        for level, at in computed.escalated
    ]
    if warnings:
        CommitmentWarning.objects.bulk_create(warnings, ignore_conflicts=True)
    if escalations:
        Escalation.objects.bulk_create(escalations, ignore_conflicts=True)


def _tell_settled(clock: Clock, rows: Sequence[Commitment], *, now: datetime) -> None:
    """Whoever was alarmed of a broken commitment hears once, in the desk, that it is settled.

    Also when it was kept after all: an event of the due second that the sweep could not know of.
    """
    settled = [row.pk for row in rows if row.detected_at and row.ended_at]
    if not settled:
        return
    alarmed = (
        Notification.objects.filter(
            kind=Notification.Kind.BREACH, facts__commitment__in=settled, path=clock.path
        )
        .values_list("agent_id", "facts__commitment", "facts__due_at", "facts__kind")
        .distinct()
    )
    notify_agents(
        [
            Notice(
                agent_id=agent_id,
                kind=Notification.Kind.SETTLED,
                label=clock.label,
                path=clock.path,
                dedupe_key=f"settled:{commitment}:{agent_id}",
                facts={"commitment": commitment, "due_at": due_at, "kind": kind},
            )
            for agent_id, commitment, due_at, kind in alarmed
        ],
        now=now,
    )
