"""What one ticket owes: its rows, and the terms under which the next ones are opened."""

from collections import defaultdict
from collections.abc import Iterable

from sla.engine.commitments import (
    AGENT,
    AGENT_FALLBACK,
    AUTO,
    AUTO_HOLD,
    AUTO_HOLD_FALLBACK,
    HELD,
)
from sla.engine.rows import Acknowledgement, Promise, Row, Stopwatch, Wait
from sla.engine.settings import ACK, PROMISE, RESOLUTION, WAITS, PolicySettings


class Ledger:
    """All rows of a ticket in the order they were opened; at most one of a kind is live."""

    def __init__(self, *, policy: PolicySettings, priority: str) -> None:
        self.policy = policy
        self.priority = priority
        self.rows: list[Row] = []
        self._live: dict[str, Row] = {}
        self._cycles: defaultdict[str, int] = defaultdict(int)

    def has_live(self, *kinds: str) -> bool:
        return any(kind in self._live for kind in kinds)

    def fulfil(self, kinds: Iterable[str], at: int, reason: str) -> None:
        for kind in kinds:
            if kind in self._live:
                self._live.pop(kind).fulfil(at, reason)

    def cancel(self, kinds: Iterable[str], at: int, reason: str) -> None:
        for kind in kinds:
            if kind in self._live:
                self._live.pop(kind).end(at, reason)

    def cancel_all(self, at: int, reason: str) -> None:
        self.cancel(tuple(self._live), at, reason)

    def sweep(self, *, at: int, seen: int) -> None:
        """What a sweeper without delay would have done by then; see `Row.sweep`."""
        for row in self._live.values():
            if row.quiet_until < seen:
                row.sweep(at=at, seen=seen)

    def acknowledge(self, at: int) -> None:
        self._open(Acknowledgement(self._next_cycle(ACK), terms=self.policy, at=at))

    # Stopwatches and rule R (2.7)

    def start(self, kind: str, at: int, *, status: str, since: int | None = None) -> None:
        """A new cycle; `since` lets it begin with what another ticket has already waited."""
        clock = Stopwatch(kind, self._next_cycle(kind), terms=self.policy, started_at=at)
        if kind == RESOLUTION:
            clock.used_in_earlier_cycle = self._used_in_last_resolution(at)
        self._open(clock)
        clock.retarget(at, terms=self.policy, target=self._target_of(clock), since=since)
        clock.pace(at, counts=self.policy.counts(kind, status))

    def stopwatch(self, *kinds: str) -> Stopwatch | None:
        """The live stopwatch of one of these kinds."""
        return next((clock for clock in self._stopwatches() if clock.kind in kinds), None)

    def pace(self, at: int, *, status: str) -> None:
        """Run or pause every stopwatch as policy and status ask."""
        for clock in self._stopwatches():
            clock.pace(at, counts=self.policy.counts(clock.kind, status))

    def renegotiate(self, at: int, *, policy: PolicySettings, priority: str, status: str) -> None:
        """New terms from here on; what broke under the old ones stays broken as it was."""
        self.policy, self.priority = policy, priority
        for clock in self._stopwatches():
            if clock.breached_at is None:
                self._retarget(clock, at)
        self.pace(at, status=status)

    def inherit_wait(self, clock: Stopwatch, at: int, *, since: int, status: str) -> None:
        """The customer has waited on this clock since the earlier of two instants."""
        self._retarget(clock, at, since=since)
        self.pace(at, status=status)

    def _retarget(self, clock: Stopwatch, at: int, *, since: int | None = None) -> None:
        """Rule R; a clock that has lost its target ends, and its dormant twin remembers it."""
        target = self._target_of(clock)
        if target is None and clock.is_listed:
            twin = clock.dormant_twin(at)
            self.cancel((clock.kind,), at, "no_target")
            self._open(twin)
            clock = twin
        clock.retarget(at, terms=self.policy, target=target, since=since)

    def _target_of(self, clock: Stopwatch) -> int | None:
        target = self.policy.target(clock.kind, self.priority)
        if target is None or clock.used_in_earlier_cycle is None:
            return target
        return max(target - clock.used_in_earlier_cycle, self.policy.reopen_floor)

    def _used_in_last_resolution(self, at: int) -> int | None:
        ended = [
            row.used(at)
            for row in self.rows
            if isinstance(row, Stopwatch) and row.kind == RESOLUTION
        ]
        return ended[-1] if ended else None

    def _stopwatches(self) -> list[Stopwatch]:
        return [row for row in self._live.values() if isinstance(row, Stopwatch)]

    # The promise (2.4)

    @property
    def promise(self) -> Promise | None:
        row = self._live.get(PROMISE)
        return row if isinstance(row, Promise) else None

    @property
    def has_automatic_promise(self) -> bool:
        return self.promise is not None and self.promise.is_automatic

    def promise_at(self, at: int, due_at: int) -> None:
        """The time an agent has named."""
        self._promise(at, due_at, source=AGENT)

    def promise_first_contact(self, at: int) -> None:
        self._promise_within(at, self.policy.promise_initial[self.priority])

    def promise_by_default(self, at: int, *, no_later_than: int | None = None) -> None:
        seconds = self.policy.promise_default[self.priority]
        self._promise_within(at, seconds, no_later_than=no_later_than)

    def promise_next_wait(self, at: int) -> None:
        """The system keeps this one itself, unless it will never write: then a person must."""
        dues = [row.due_at for kind in WAITS if (row := self._live.get(kind))]
        due_at = min((due_at for due_at in dues if due_at is not None), default=None)
        if due_at is None:
            self.promise_by_default(at)
        else:
            self._promise(at, due_at, source=AUTO)

    def supersede_promise(self, at: int) -> None:
        self.cancel((PROMISE,), at, "superseded")

    def hold_promise(self, at: int) -> None:
        """The customer was told that it takes longer, and until when: a person must keep that."""
        held = self.promise
        if held is None or not held.can_be_held:
            return
        self.cancel((PROMISE,), at, HELD)
        seconds = self.policy.promise_default[self.priority]
        due_at, is_fallback = self._due_within(at, seconds)
        if due_at <= held.promised_at:
            # A tenth of a long promise can be more than the default: nobody is put off to earlier.
            due_at, is_fallback = self._due_within(held.promised_at, seconds)
        self._promise(at, due_at, source=AUTO_HOLD_FALLBACK if is_fallback else AUTO_HOLD)

    def _promise_within(self, at: int, seconds: int, *, no_later_than: int | None = None) -> None:
        due_at, is_fallback = self._due_within(at, seconds)
        source = AGENT_FALLBACK if is_fallback else AGENT
        if no_later_than is not None and no_later_than < due_at:
            due_at, source = no_later_than, AGENT
        self._promise(at, due_at, source=source)

    def _due_within(self, start: int, seconds: int) -> tuple[int, bool]:
        """So many open seconds later; without opening hours by the wall, which is the second."""
        due_at = self.policy.due(start, seconds)
        if due_at is None:
            return start + self.policy.promise_fallback_wall, True
        return due_at, False

    def _promise(self, at: int, due_at: int, *, source: str) -> None:
        cycle = self._next_cycle(PROMISE)
        self._open(Promise(cycle, terms=self.policy, at=at, due_at=due_at, source=source))

    # Waiting for the customer (2.5)

    def start_waits(self, at: int) -> None:
        for kind, seconds in self.policy.waits():
            due_at = self.policy.due(at, seconds)
            cycle = self._next_cycle(kind)
            self._open(Wait(kind, cycle, terms=self.policy, started_at=at, due_at=due_at))

    def delay_waits(self, by: int) -> None:
        """Nobody is closed without the full notice: everything still to come moves together."""
        for row in self._live.values():
            is_systems = row.kind in WAITS or (isinstance(row, Promise) and row.is_automatic)
            if is_systems and row.due_at is not None:
                row.due_at += by

    def next_wait(self, *, before: int) -> tuple[int, Row] | None:
        """The first nudge or closing due before that instant, with its due time."""
        first: tuple[int, Row] | None = None
        for kind in WAITS:
            row = self._live.get(kind)
            if row is None or row.due_at is None or row.due_at >= before:
                continue
            if first is None or row.due_at < first[0]:
                first = row.due_at, row
        return first

    # Opening rows

    def _next_cycle(self, kind: str) -> int:
        self._cycles[kind] += 1
        return self._cycles[kind]

    def _open(self, row: Row) -> None:
        self.rows.append(row)
        self._live[row.kind] = row
