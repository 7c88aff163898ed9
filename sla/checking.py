"""Whether the stored commitments are what their log says."""

from __future__ import annotations

from datetime import datetime

from sla.engine.commitments import AUTO
from sla.engine.events import Event
from sla.engine.replay import Timeline
from sla.engine.settings import WAITS
from sla.ledger import compared_fields, paired, pending_steps
from sla.models import Clock, Commitment
from sla.services import read_log, replay_log
from sla.working_time import epoch_seconds


def differences(clock: Clock, *, now: datetime) -> list[str]:
    """One line for each row that is missing, left over or not as the engine says; none is right.

    What a sweep has still to do within its second is no difference, nor a reminder that is about to
    be sent.
    """
    stored = list(clock.commitments.all())
    unsent = _first_unsent_wait(stored, now=now)
    timeline = _expected(clock, unsent=unsent, now=now)
    found = (
        [] if clock.status == timeline.status else [f"status: {clock.status} is {timeline.status}"]
    )
    pairs, left = paired(stored, timeline.commitments)
    for row, computed in pairs:
        if row is None:
            found.append(f"{computed.kind} {computed.cycle}: missing")
        elif unsent and _is_systems(row):
            continue
        elif not pending_steps(row, computed, now=now):
            found += _unequal(row, compared_fields(computed))
    return found + [f"{row.kind} {row.cycle}: left over" for row in left]


def _first_unsent_wait(rows: list[Commitment], *, now: datetime) -> datetime | None:
    live = [row.due_at for row in rows if row.kind in WAITS and row.ended_at is None]
    return min((due_at for due_at in live if due_at and due_at <= now), default=None)


def _expected(clock: Clock, *, unsent: datetime | None, now: datetime) -> Timeline:
    """What the log says as long as nobody has sent what was due at `unsent`."""
    log = read_log(clock)
    if unsent is not None:
        due_at = epoch_seconds(unsent)
        log.append(Event(due_at, "waits_delayed", {"by": epoch_seconds(now) - due_at + 1}))
    return replay_log(log, now=now)


def _is_systems(row: Commitment) -> bool:
    return row.kind in WAITS or row.source == AUTO


def _unequal(row: Commitment, wanted: dict[str, object]) -> list[str]:
    return [
        f"{row.kind} {row.cycle}: {name} is {getattr(row, name)}, the log says {value}"
        for name, value in wanted.items()
        if getattr(row, name) != value
    ]
