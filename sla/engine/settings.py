"""The words of the engine and what it needs to know of a policy (sla.md 2.2)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sla.working_time import Calendar, add_working_time

NEW = "new"
OPEN = "open"
ON_HOLD = "on_hold"
PENDING_CUSTOMER = "pending_customer"
RESOLVED = "resolved"
CLOSED = "closed"
SPAM = "spam"
MERGED = "merged"
UNRESOLVED = frozenset({NEW, OPEN, ON_HOLD, PENDING_CUSTOMER})
STATUSES = UNRESOLVED | {RESOLVED, CLOSED, SPAM}
"""What a ticket can be given; merged is what becomes of it."""

ACK = "ack"
FIRST_REPLY = "first_reply"
NEXT_REPLY = "next_reply"
UPDATE = "update"
RESOLUTION = "resolution"
PROMISE = "promise"
NUDGE_1 = "nudge_1"
NUDGE_2 = "nudge_2"
AUTO_CLOSE = "auto_close"
REPLIES = (FIRST_REPLY, NEXT_REPLY)
STOPWATCHES = (FIRST_REPLY, NEXT_REPLY, UPDATE, RESOLUTION)
WAITS = (NUDGE_1, NUDGE_2, AUTO_CLOSE)

_COUNTS_IN = {
    FIRST_REPLY: UNRESOLVED,
    NEXT_REPLY: UNRESOLVED,
    UPDATE: frozenset({NEW, OPEN, ON_HOLD}),
}
_RESOLUTION_COUNTS_IN = {
    "total": UNRESOLVED,
    "requester_wait": UNRESOLVED - {PENDING_CUSTOMER},
    "agent_work": frozenset({NEW, OPEN}),
}


class SettingsError(ValueError):
    """A policy that cannot be used; the sentence says what to correct."""


@dataclass(frozen=True)
class PolicySettings:
    """One version of an SLA policy; durations in seconds, business time unless named wall."""

    calendar: Calendar
    resolution_mode: str
    ack_seconds: int
    warn_percent: tuple[int, ...]
    targets: Mapping[str, Mapping[str, int]]
    promise_initial: Mapping[str, int]
    promise_default: Mapping[str, int]
    promise_fallback_wall: int
    escalation: tuple[tuple[int, int], ...]
    customer_wait: Mapping[str, int]
    reopen_floor: int
    holding_note: bool = False
    returns_unanswered: bool = False
    """Whether a ticket whose customer stays silent comes back to us, instead of being closed."""

    @classmethod
    def from_json(cls, data: Mapping[str, Any], *, calendar: Calendar) -> "PolicySettings":
        """Reads a policy as data/sla/README.md writes it; its calendar comes resolved.

        Raises SettingsError when a field is missing or has no meaning.
        """
        try:
            settings = cls(
                calendar=calendar,
                resolution_mode=data["resolution_mode"],
                ack_seconds=data["ack_seconds"],
                warn_percent=tuple(sorted(data["warn_percent"])),
                targets=dict(data["targets"]),
                promise_initial=dict(data["promise_initial"]),
                promise_default=dict(data["promise_default"]),
                promise_fallback_wall=data["promise_fallback_wall"],
                escalation=tuple((step["level"], step["after"]) for step in data["escalation"]),
                customer_wait=dict(data["customer_wait"]),
                reopen_floor=data["reopen_floor"],
                holding_note=bool(data.get("holding_note", False)),
                returns_unanswered=bool(data.get("returns_unanswered", False)),
            )
        except KeyError as error:
            raise SettingsError(f"The policy lacks {error}.") from None
        except TypeError as error:
            raise SettingsError(f"The policy cannot be read: {error}.") from None
        settings._check()
        return settings

    def with_calendar(self, calendar: Calendar) -> "PolicySettings":
        """The same policy with other opening hours."""
        return replace(self, calendar=calendar)

    def target(self, kind: str, priority: str) -> int | None:
        """The target of a stopwatch in open seconds; None when this kind is not tracked."""
        return self.targets.get(priority, {}).get(kind)

    def counts(self, kind: str, status: str) -> bool:
        """Whether a stopwatch of this kind runs while the ticket has this status."""
        counting = _COUNTS_IN.get(kind) or _RESOLUTION_COUNTS_IN[self.resolution_mode]
        return status in counting

    def due(self, start: int, seconds: int) -> int | None:
        """The instant `seconds` open seconds after `start`, in this policy's calendar."""
        return add_working_time(self.calendar, start, seconds)

    def waits(self) -> Iterator[tuple[str, int]]:
        """The steps towards a silent customer, as (kind, open seconds since the wait began)."""
        return ((kind, self.customer_wait[kind]) for kind in WAITS if kind in self.customer_wait)

    def _check(self) -> None:
        if self.resolution_mode not in _RESOLUTION_COUNTS_IN:
            modes = ", ".join(_RESOLUTION_COUNTS_IN)
            raise SettingsError(f"“{self.resolution_mode}” is no resolution mode; use {modes}.")
        if any(not 0 < percent <= 100 for percent in self.warn_percent):
            raise SettingsError("Warnings come at 1 to 100 percent of the target.")
        if set(self.promise_initial) != set(self.promise_default):
            raise SettingsError("Every priority needs both an initial and a default promise.")
