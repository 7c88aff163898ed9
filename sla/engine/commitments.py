"""What a commitment looks like at an instant, and the words for it (sla.md 2.3)."""

from dataclasses import dataclass
from typing import NamedTuple

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

    @property
    def is_live(self) -> bool:
        """Whether it is still owed."""
        return self.ended_at is None

    @property
    def next_check_at(self) -> int | None:
        """When the sweeper has to look again (UTC epoch seconds); None when paused or ended."""
        return self.schedule[0].at if self.schedule else None
