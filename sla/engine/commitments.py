"""What a commitment looks like at an instant, and the words for it (sla.md 2.3)."""

from dataclasses import dataclass
from typing import NamedTuple

from sla.working_time import Calendar

ACTIVE = "active"
PAUSED = "paused"
MET = "met"
BREACHED = "breached"
CANCELLED = "cancelled"

WARN = "warn"
BREACH = "breach"
ESCALATE = "escalate"
FIRE = "fire"

AGENT = "agent"
AUTO = "auto"
AGENT_FALLBACK = "agent_fallback"
AUTO_HOLD = "auto_hold"
AUTO_HOLD_FALLBACK = "auto_hold_fallback"
FIRED = "fired"
"""Why a reminder or a closing ended that the system has sent."""
HELD = "held"
"""Why a promise ended that was neither kept nor broken: the customer was told a later time."""
KEPT_BY_PEOPLE = (AGENT, AGENT_FALLBACK, AUTO_HOLD, AUTO_HOLD_FALLBACK)
"""Sources of promises that only contact by a person keeps; the system's reminders keep the others."""


class Step(NamedTuple):
    """What the sweeper must do at `at` (UTC epoch seconds); `value` is the percent or level."""

    at: int
    step: str
    value: int = 0


@dataclass(frozen=True, slots=True)
class CommitmentState:
    """One commitment as seen at an instant: the fields of data/sla/README.md, and its future.

    Instants are UTC epoch seconds. `warned` and `escalated` hold (percent or level, instant).
    """

    kind: str
    cycle: int
    state: str
    started_at: int
    due_at: int | None
    met_at: int | None
    breached_at: int | None
    ended_at: int | None
    end_reason: str | None
    target_seconds: int | None
    used_seconds: int | None
    source: str | None
    warned: tuple[tuple[int, int], ...]
    escalated: tuple[tuple[int, int], ...]
    late_wall_seconds: int | None
    late_business_seconds: int | None
    schedule: tuple[Step, ...]
    hold_at: int | None = None
    """From when on the customer may be told that it takes longer; None when they may not."""
    spans: tuple[tuple[int, int], ...] = ()
    """From when until when a stopwatch ran, in opening hours or not; nothing for other kinds."""
    calendar: Calendar | None = None
    """Whose opening hours counted."""

    @property
    def is_live(self) -> bool:
        """Whether it is still owed."""
        return self.ended_at is None

    @property
    def next_check_at(self) -> int | None:
        """When the sweeper has to look again (UTC epoch seconds); None when paused or ended."""
        return self.schedule[0].at if self.schedule else None
