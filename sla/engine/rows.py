"""The rows of a ticket while its log is read.

`Row` knows how every commitment ends, breaches, warns and escalates (sla.md 2.9). `Stopwatch`
adds spans and rule R (2.7), `Promise` its fixed warnings (2.4) and the holding note (2.11), `Wait`
is fired by the system (2.5).
"""

from sla.engine.commitments import (
    ACTIVE,
    AGENT,
    AGENT_FALLBACK,
    AUTO,
    BREACH,
    BREACHED,
    CANCELLED,
    ESCALATE,
    FIRE,
    MET,
    PAUSED,
    WARN,
    CommitmentState,
    Step,
)
from sla.engine.ladders import NO_LADDER, Ladder, Reach
from sla.engine.settings import ACK, PROMISE, PolicySettings
from sla.working_time import working_seconds

HOLD_PERCENT = 90
HOLD_BEFORE = 5 * 60
"""A customer is told that it takes longer when this share of the time is used, and no later than
so many seconds on the wall before it ends (sla.md 2.11)."""


class Row:
    """One commitment; `terms` is the version of policy and calendar it was agreed under."""

    breaches = True
    escalates = True
    has_business_time = True

    def __init__(
        self, kind: str, cycle: int, *, terms: PolicySettings, started_at: int, due_at: int | None
    ) -> None:
        self.kind = kind
        self.cycle = cycle
        self.terms = terms
        self.started_at = started_at
        self.due_at = due_at
        self.met_at: int | None = None
        self.breached_at: int | None = None
        self.ended_at: int | None = None
        self.end_reason: str | None = None
        self.warned: list[tuple[int, int]] = []
        self.escalated: list[tuple[int, int]] = []
        self.warnings = NO_LADDER
        self.escalation = NO_LADDER
        self.quiet_until = started_at

    @property
    def is_listed(self) -> bool:
        return True

    @property
    def state(self) -> str:
        if self.breached_at is not None:
            return BREACHED
        if self.met_at is not None:
            return MET
        return ACTIVE if self.ended_at is None else CANCELLED

    def sweep(self, *, at: int, seen: int) -> None:
        """A sweeper without delay catches up: late is what `at` is past, told all before `seen`."""
        if self.breached_at is None:
            self.warned += self.warnings.climb(until=seen)
            if self.breaches and self.due_at is not None and self.due_at < at:
                self._breach(self.due_at)
        if self.breached_at is not None:
            self.escalated += self.escalation.climb(until=seen)
        self.quiet_until = self._next_step_at()

    def fulfil(self, at: int, reason: str) -> None:
        self.met_at = at
        self.end(at, reason)

    def end(self, at: int, reason: str) -> None:
        self.ended_at = at
        self.end_reason = reason

    def seen_at(self, now: int) -> CommitmentState:
        until = now if self.ended_at is None else self.ended_at
        return CommitmentState(
            kind=self.kind,
            cycle=self.cycle,
            state=self.state,
            started_at=self.started_at,
            due_at=self.due_at,
            met_at=self.met_at,
            breached_at=self.breached_at,
            ended_at=self.ended_at,
            end_reason=self.end_reason,
            target_seconds=self._target_seconds(),
            used_seconds=self._used_seconds(until),
            source=self._source(),
            warned=tuple(self.warned),
            escalated=tuple(self.escalated),
            late_wall_seconds=self._late_wall_seconds(until),
            late_business_seconds=self._late_business_seconds(until),
            schedule=self._schedule() if self.ended_at is None else (),
            hold_at=self._hold_at() if self.state == ACTIVE else None,
            spans=self._spans_until(until),
            calendar=self.terms.calendar,
        )

    def _next_step_at(self) -> int:
        """A lower bound that needs no calendar."""
        if self.breached_at is not None:
            return self.escalation.quiet_until
        if self.due_at is None:
            return self.warnings.quiet_until
        return min(self.due_at, self.warnings.quiet_until)

    def _breach(self, due_at: int) -> None:
        self.breached_at = due_at
        self.escalation = self._ladder_of_escalation(due_at)

    def _ladder_of_escalation(self, due_at: int) -> Ladder:
        if not self.escalates:
            return NO_LADDER
        rungs = ((after, level) for level, after in self.terms.escalation)
        return Ladder(start=due_at, rungs=rungs, reach=self.terms.due)

    def _schedule(self) -> tuple[Step, ...]:
        if self.breached_at is not None:
            return tuple(Step(at, ESCALATE, level) for at, level in self.escalation.ahead())
        if self.due_at is None:
            return ()
        # A row is late from the second after its due time; nobody is alarmed before that.
        late_at = self.due_at + 1
        ladder = self._ladder_of_escalation(self.due_at)
        return (
            *(Step(at, WARN, percent) for at, percent in self.warnings.ahead()),
            Step(late_at, BREACH),
            *(Step(max(at, late_at), ESCALATE, level) for at, level in ladder.ahead()),
        )

    def _target_seconds(self) -> int | None:
        return None

    def _used_seconds(self, until: int) -> int | None:
        return None

    def _source(self) -> str | None:
        return None

    def _hold_at(self) -> int | None:
        return None

    def _spans_until(self, until: int) -> tuple[tuple[int, int], ...]:
        return ()

    def _late_wall_seconds(self, until: int) -> int | None:
        return None if self.breached_at is None else until - self.breached_at

    def _late_business_seconds(self, until: int) -> int | None:
        if self.breached_at is None or not self.has_business_time:
            return None
        return working_seconds(self.terms.calendar, self.breached_at, until)


class Acknowledgement(Row):
    """The receipt: seconds on the wall, no warnings, nobody to escalate to."""

    escalates = False
    has_business_time = False

    def __init__(self, cycle: int, *, terms: PolicySettings, at: int) -> None:
        super().__init__(ACK, cycle, terms=terms, started_at=at, due_at=at + terms.ack_seconds)


class Stopwatch(Row):
    """A clock that counts open seconds of the spans in which it runs.

    Without a target it is dormant: it remembers its spans but is not listed.
    """

    def __init__(self, kind: str, cycle: int, *, terms: PolicySettings, started_at: int) -> None:
        super().__init__(kind, cycle, terms=terms, started_at=started_at, due_at=None)
        self.target: int | None = None
        self.used_in_earlier_cycle: int | None = None
        self._spans: list[tuple[int, int]] = []
        self._used_in_spans = 0
        self._running_since: int | None = None

    @property
    def is_listed(self) -> bool:
        return self.target is not None

    @property
    def state(self) -> str:
        state = super().state
        return PAUSED if state == ACTIVE and self._running_since is None else state

    def used(self, at: int) -> int:
        """Open seconds counted until `at`."""
        if self._running_since is None:
            return self._used_in_spans
        return self._used_in_spans + self._open_seconds(self._running_since, at)

    def pace(self, at: int, *, counts: bool) -> None:
        """Run or pause, whichever is asked and not yet so."""
        if counts and self._running_since is None:
            self._run(at)
        elif not counts and self._running_since is not None:
            self._pause(at)

    def retarget(
        self, at: int, *, terms: PolicySettings, target: int | None, since: int | None = None
    ) -> None:
        """Rule R: as if the new settings had always applied, and as if it had run `since` then.

        Leaves the clock paused; its pace under the new settings starts it again.
        """
        remaining = None if self.target is None else self.target - self.used(at)
        self._pause(at)
        self.terms = terms
        if since is not None and since < self.started_at:
            self._spans.insert(0, (since, self.started_at))
            self.started_at = since
        used = self._used_in_spans = sum(self._open_seconds(*span) for span in self._spans)
        if target is not None:
            # Tightening leaves a quarter of the target, unless less was left anyway.
            quarter = _ceil_divide(target, 4)
            least = quarter if remaining is None else min(remaining, quarter)
            self.target = used + max(target - used, least)

    def dormant_twin(self, at: int) -> "Stopwatch":
        """The same cycle without a target, for the day the target comes back."""
        twin = Stopwatch(self.kind, self.cycle, terms=self.terms, started_at=self.started_at)
        twin.used_in_earlier_cycle = self.used_in_earlier_cycle
        twin._spans = list(self._spans)
        if self._running_since is not None:
            twin._spans.append((self._running_since, at))
        return twin

    def end(self, at: int, reason: str) -> None:
        super().end(at, reason)
        self._close_span(at)

    def _run(self, at: int) -> None:
        self._running_since = at
        if self.target is None or self.breached_at is not None:
            return
        used, target = self._used_in_spans, self.target
        self.due_at = self.terms.due(at, max(0, target - used))
        told = self.warned[-1][0] if self.warned else 0
        rungs = [
            (max(0, _ceil_divide(target * percent, 100) - used), percent)
            for percent in self.terms.warn_percent
            if percent > told
        ]
        self.warnings = Ladder(start=at, rungs=rungs, reach=self.terms.due)
        self.quiet_until = at

    def _pause(self, at: int) -> None:
        self._close_span(at)
        if self.breached_at is None:
            self.due_at = None
            self.warnings = NO_LADDER

    def _close_span(self, at: int) -> None:
        if self._running_since is not None and self._running_since < at:
            self._used_in_spans += self._open_seconds(self._running_since, at)
            self._spans.append((self._running_since, at))
        self._running_since = None

    def _open_seconds(self, a: int, b: int) -> int:
        return working_seconds(self.terms.calendar, a, b)

    def _target_seconds(self) -> int | None:
        return self.target

    def _used_seconds(self, until: int) -> int | None:
        return self.used(until)

    def _spans_until(self, until: int) -> tuple[tuple[int, int], ...]:
        if self._running_since is None or self._running_since >= until:
            return tuple(self._spans)
        return (*self._spans, (self._running_since, until))


class Promise(Row):
    """When the customer was told to hear from us; nothing but contact moves it."""

    def __init__(
        self, cycle: int, *, terms: PolicySettings, at: int, due_at: int, source: str
    ) -> None:
        super().__init__(PROMISE, cycle, terms=terms, started_at=at, due_at=due_at)
        self.promised_at = due_at
        self.source = source
        if not self.is_automatic and due_at > at:
            self.warnings = self._fixed_warnings(at, due_at)

    @property
    def is_automatic(self) -> bool:
        """Whether the system's own nudges keep it."""
        return self.source == AUTO

    @property
    def can_be_held(self) -> bool:
        """Whether a later time may take its place: never twice in a row, never once it is broken."""
        return self.source in (AGENT, AGENT_FALLBACK) and self.breached_at is None

    def _fixed_warnings(self, at: int, due_at: int) -> Ladder:
        span, reach = self._span(at, due_at)
        rungs = [(_ceil_divide(span * p, 100), p) for p in self.terms.warn_percent]
        return Ladder(start=at, rungs=rungs, reach=reach)

    def _span(self, at: int, due_at: int) -> tuple[int, Reach]:
        """Its length and how to count it: open seconds, on the wall when there are none."""
        span = working_seconds(self.terms.calendar, at, due_at)
        return (span, self.terms.due) if span else (due_at - at, _on_the_wall)

    def _hold_at(self) -> int | None:
        """None when there is no moment for it: a promise of some minutes is kept or broken."""
        if not (self.terms.holding_note and self.can_be_held):
            return None
        span, reach = self._span(self.started_at, self.promised_at)
        nearly_used = reach(self.started_at, _ceil_divide(span * HOLD_PERCENT, 100))
        latest = self.promised_at - HOLD_BEFORE
        hold_at = latest if nearly_used is None else min(nearly_used, latest)
        return hold_at if hold_at > self.started_at else None

    def _source(self) -> str | None:
        return self.source


class Wait(Row):
    """A nudge or the closing of a ticket whose customer does not answer: an act, not a debt."""

    breaches = False
    escalates = False

    def _schedule(self) -> tuple[Step, ...]:
        return () if self.due_at is None else (Step(self.due_at, FIRE),)


def _on_the_wall(start: int, seconds: int) -> int:
    return start + seconds


def _ceil_divide(a: int, b: int) -> int:
    return -(-a // b)
