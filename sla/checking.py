"""Whether the stored commitments are what their log says."""

from __future__ import annotations

from datetime import datetime

from sla.ledger import compared_fields, pending_steps
from sla.models import Clock, Commitment
from sla.services import compute


def differences(clock: Clock, *, now: datetime) -> list[str]:
    """One line for each row that is missing, left over or not as the engine says; none is right.

    What a sweep has still to do within its second is no difference.
    """
    timeline = compute(clock, now=now)
    rows = _in_order(list(clock.commitments.all()))
    found = (
        [] if clock.status == timeline.status else [f"status: {clock.status} is {timeline.status}"]
    )
    for computed in timeline.commitments:
        key = (computed.kind, computed.cycle)
        row = rows[key].pop(0) if rows.get(key) else None
        if row is None:
            found.append(f"{computed.kind} {computed.cycle}: missing")
        elif not pending_steps(row, computed, now=now):
            found += _unequal(row, compared_fields(computed))
    return found + [f"{row.kind} {row.cycle}: left over" for left in rows.values() for row in left]


def _unequal(row: Commitment, wanted: dict[str, object]) -> list[str]:
    return [
        f"{row.kind} {row.cycle}: {name} is {getattr(row, name)}, the log says {value}"
        for name, value in wanted.items()
        if getattr(row, name) != value
    ]


def _in_order(rows: list[Commitment]) -> dict[tuple[str, int], list[Commitment]]:
    ordered: dict[tuple[str, int], list[Commitment]] = {}
    for row in sorted(rows, key=lambda row: row.pk):
        ordered.setdefault((row.kind, row.cycle), []).append(row)
    return ordered
