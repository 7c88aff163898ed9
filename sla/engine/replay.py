"""A ticket's event log and settings become its commitments (sla.md 2.3 to 2.9).

Read from the top: `replay` reads the log event by event; before each event an ideal sweeper, one
without delay, does what was due; `_ACTS` at the end names the method for each type of event.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sla.engine import events as log
from sla.engine.commitments import FIRED, CommitmentState
from sla.engine.events import Event, EventLogError, log_as_it_counts
from sla.engine.ledger import Ledger
from sla.engine.rows import Row
from sla.engine.settings import (
    ACK,
    AUTO_CLOSE,
    CLOSED,
    FIRST_REPLY,
    MERGED,
    NEW,
    NEXT_REPLY,
    ON_HOLD,
    OPEN,
    PENDING_CUSTOMER,
    PROMISE,
    REPLIES,
    RESOLUTION,
    RESOLVED,
    SPAM,
    STATUSES,
    UNRESOLVED,
    UPDATE,
    WAITS,
    PolicySettings,
)
from sla.working_time import Calendar

_NO_CALENDARS: Mapping[str, Calendar] = {}
_NORMAL = "normal"
_KEPT_BY_CONTACT = (ACK, *REPLIES, UPDATE, PROMISE)
_WAKES_ON_MESSAGE = frozenset({PENDING_CUSTOMER, ON_HOLD, RESOLVED, CLOSED})
_HOLDERS = {NEW: "us", OPEN: "us", PENDING_CUSTOMER: "customer", ON_HOLD: "third_party"}


@dataclass(frozen=True)
class Timeline:
    """A ticket at an instant: status, every commitment, and who has to act (None: nobody).

    `turns` are the instants (UTC epoch seconds) from which somebody else had to.
    """

    status: str
    commitments: tuple[CommitmentState, ...]
    holder: str | None
    turns: tuple[tuple[int, str | None], ...] = field(default=(), compare=False)


def replay(
    events: Iterable[Event],
    *,
    policies: Mapping[str, PolicySettings],
    now: int,
    calendars: Mapping[str, Calendar] = _NO_CALENDARS,
) -> Timeline:
    """What a ticket owes at `now` (UTC epoch seconds), from its log up to then and its settings.

    `policies` and `calendars` hold what the events name. Raises EventLogError for a log that does
    not begin with its `create`, or that names something unknown. Source: sla.md 2.3 to 2.9.
    """
    opening, *later = log_as_it_counts(events, until=now)
    story = _Story(opening, policies=policies, calendars=calendars)
    for event in later:
        story.read(event)
    return story.seen_at(now)


class _Story:
    """The ticket as far as its log has been read."""

    def __init__(
        self,
        opening: Event,
        *,
        policies: Mapping[str, PolicySettings],
        calendars: Mapping[str, Calendar],
    ) -> None:
        self.policies = dict(policies)
        self.calendars = calendars
        self.policy_id = opening.data.get("policy")
        self.status = NEW
        self.contact_has_happened = False
        priority = opening.data.get("priority", _NORMAL)
        self.ledger = Ledger(policy=self._policy_for(priority), priority=priority)
        self._create(opening)
        self.ledger.pace(opening.at, status=self.status)
        self.turns = [(opening.at, self.holder)]

    def read(self, event: Event) -> None:
        """What was due before the event happens first; a new status runs or pauses the clocks."""
        self._catch_up(at=event.at, seen=event.at)
        before = self.status
        if before != MERGED and event.type in _ACTS:
            _ACTS[event.type](self, event)
        if self.status != before:
            self.ledger.pace(event.at, status=self.status)
            self._take_turns(event.at)

    @property
    def holder(self) -> str | None:
        return _HOLDERS.get(self.status)

    def _take_turns(self, at: int) -> None:
        if self.holder != self.turns[-1][1]:
            self.turns.append((at, self.holder))

    def seen_at(self, now: int) -> Timeline:
        # A step due in this very second has been taken, but only the next second is late.
        self._catch_up(at=now, seen=now + 1)
        listed = [row for row in self.ledger.rows if row.is_listed]
        # Two rows of one cycle stay in the order in which they came to be, as they are stored; a
        # merge may have moved the start of the second before that of the first.
        listed.sort(key=lambda row: (row.kind, row.cycle))
        return Timeline(
            status=self.status,
            commitments=tuple(row.seen_at(now) for row in listed),
            holder=self.holder,
            turns=tuple(self.turns),
        )

    # What customers and agents do (2.6)

    def customer_message(self, event: Event) -> None:
        """The oldest unanswered message starts the reply clock; a sleeping ticket wakes."""
        if event.data.get("auto"):
            return
        if self.status in _WAKES_ON_MESSAGE:
            self._move(event.at, OPEN, why="customer_replied")
        if not self.ledger.has_live(*REPLIES):
            self._start_reply_clock(event.at)

    def outgoing(self, event: Event) -> None:
        """A bot may move the ticket, but only a person is in contact."""
        if event.is_human_contact:
            self._contact(event)
        else:
            self._move(event.at, _status_after(event, self.status))

    def ack_sent(self, event: Event) -> None:
        self.ledger.fulfil((ACK,), event.at, "ack_sent")

    def no_reply_needed(self, event: Event) -> None:
        self.ledger.cancel((NEXT_REPLY,), event.at, "no_reply_needed")

    def change_status(self, event: Event) -> None:
        self._move(event.at, _status(event.data.get("to")))

    def _create(self, event: Event) -> None:
        """An agent who creates a ticket is already in contact; a customer begins to wait."""
        if event.data.get("origin") == log.IMPORTED:
            self._take_over(event)
            return
        self.ledger.start(RESOLUTION, event.at, status=self.status)
        if event.data.get("origin", "customer") != "customer":
            self.status = OPEN
            self._contact(event)
            return
        if not event.data.get("auto"):
            self.ledger.acknowledge(event.at)
        self.ledger.start(FIRST_REPLY, event.at, status=self.status)
        if event.data.get("promise_at") is None:
            self.ledger.promise_first_contact(event.at)
        else:
            self.ledger.promise_at(event.at, event.data["promise_at"])
        self._move(event.at, _status_after(event, self.status))

    def _take_over(self, event: Event) -> None:
        """It comes from another desk: what was before is not owed here, neither kept nor broken."""
        self.status = _status_after(event, OPEN)
        self.contact_has_happened = self.status != NEW
        if self.status in UNRESOLVED:
            self._reopen_if_settled(event.at)
            self._stay_in_touch(event.at, no_later_than=None)

    def _contact(self, event: Event) -> None:
        """Someone spoke with the customer: all that waited for it is kept, the next is agreed."""
        self.contact_has_happened = True
        self.ledger.fulfil(_KEPT_BY_CONTACT, event.at, "contact")
        status = _status_after(event, OPEN if self.status == NEW else self.status)
        if status in UNRESOLVED:
            self._go_on_after_contact(event, status)
        else:
            self._move(event.at, status)

    def _go_on_after_contact(self, event: Event, status: str) -> None:
        wait_restarts = self.status == status == PENDING_CUSTOMER
        self.ledger.cancel(WAITS, event.at, "restarted" if wait_restarts else "status")
        self.status = status
        if not self.ledger.has_live(RESOLUTION):
            self.ledger.start(RESOLUTION, event.at, status=status)
        self.ledger.start(UPDATE, event.at, status=status)
        if status == PENDING_CUSTOMER:
            self.ledger.start_waits(event.at)
        self._promise_after_contact(event)

    def _promise_after_contact(self, event: Event) -> None:
        promise_at = event.data.get("promise_at")
        if promise_at is not None:
            self.ledger.promise_at(event.at, promise_at)
        elif self.status == PENDING_CUSTOMER:
            self.ledger.promise_next_wait(event.at)
        else:
            self.ledger.promise_by_default(event.at)

    def _start_reply_clock(self, at: int, *, since: int | None = None) -> None:
        kind = NEXT_REPLY if self.contact_has_happened else FIRST_REPLY
        self.ledger.start(kind, at, status=self.status, since=since)

    # Status without contact (2.6)

    def _move(
        self, at: int, status: str, *, why: str = "status", no_later_than: int | None = None
    ) -> None:
        before, self.status = self.status, status
        if status == before:
            return
        if status in UNRESOLVED:
            self._stop_waiting(at, why)
            self._reopen_if_settled(at)
            self._stay_in_touch(at, no_later_than=no_later_than)
        elif status == SPAM:
            self.ledger.cancel((PROMISE, *WAITS), at, "spam")
        else:
            self._settle(at)

    def _stop_waiting(self, at: int, why: str) -> None:
        self.ledger.cancel(WAITS, at, why)
        if self.ledger.has_automatic_promise:
            self.ledger.supersede_promise(at)

    def _reopen_if_settled(self, at: int) -> None:
        if self.ledger.has_live(RESOLUTION):
            return
        self.ledger.start(RESOLUTION, at, status=self.status)
        if self.contact_has_happened:
            self.ledger.start(UPDATE, at, status=self.status)

    def _stay_in_touch(self, at: int, *, no_later_than: int | None) -> None:
        if self.status == PENDING_CUSTOMER:
            self.ledger.start_waits(at)
        if self.ledger.promise is None:
            self.ledger.promise_by_default(at, no_later_than=no_later_than)

    def _settle(self, at: int) -> None:
        """Resolved: reply clocks that are still live were never answered, and are not kept."""
        self.ledger.fulfil((RESOLUTION,), at, "resolved")
        self.ledger.cancel(REPLIES, at, "resolved_without_reply")
        self.ledger.cancel((UPDATE, PROMISE, *WAITS), at, "resolved")

    # Waiting for the customer (2.5)

    def _catch_up(self, *, at: int, seen: int) -> None:
        """The sweeper acts on all before `seen`; an event of the same second is heard first."""
        while (due := self.ledger.next_wait(before=seen)) is not None:
            fires_at, wait = due
            self.ledger.sweep(at=fires_at, seen=fires_at + 1)
            self._fire(wait, fires_at)
        self.ledger.sweep(at=at, seen=seen)

    def _fire(self, wait: Row, at: int) -> None:
        """A nudge keeps the automatic promise and makes the next; closing ends everything, unless
        the ticket comes back to us."""
        if wait.kind == AUTO_CLOSE and self._is_postponed(wait, at):
            return
        keeps_promise = self.ledger.has_automatic_promise
        self.ledger.fulfil((wait.kind,), at, FIRED)
        if keeps_promise:
            self.ledger.fulfil((PROMISE,), at, wait.kind)
        if wait.kind == AUTO_CLOSE and wait.terms.returns_unanswered:
            self._move(at, OPEN, why="no_answer")
            self.ledger.pace(at, status=self.status)
            self._take_turns(at)
        elif wait.kind == AUTO_CLOSE:
            self.status = CLOSED
            self.ledger.cancel_all(at, "customer_unresponsive")
            self._take_turns(at)
        elif keeps_promise:
            self.ledger.promise_next_wait(at)

    def _is_postponed(self, closing: Row, at: int) -> bool:
        """Nobody is closed before a time that an agent has named; look again just after it."""
        promise = self.ledger.promise
        if promise is None or promise.is_automatic or promise.promised_at < at:
            return False
        after = promise.promised_at
        closing.due_at = closing.terms.due(after, 1) or after + 1
        return True

    def delay_waits(self, event: Event) -> None:
        """The system was away: what it would have written then it writes `by` seconds later (3.3)."""
        self.ledger.delay_waits(int(event.data["by"]))

    # The holding note (2.11)

    def hold(self, event: Event) -> None:
        """The system has written that it takes longer. A letter that was never sent is no event."""
        self.ledger.hold_promise(event.at)

    # Other settings (2.7)

    def change_priority(self, event: Event) -> None:
        self._renegotiate(event.at, priority=event.data.get("to", _NORMAL))

    def change_policy(self, event: Event) -> None:
        self.policy_id = event.data.get("to")
        self._renegotiate(event.at, priority=self.ledger.priority)

    def change_calendar(self, event: Event) -> None:
        name = str(event.data.get("to"))
        if name not in self.calendars:
            raise EventLogError(f"The log names the calendar “{name}”, which is not given.")
        edited = self.ledger.policy.with_calendar(self.calendars[name])
        self.policies[str(self.policy_id)] = edited
        self._renegotiate(event.at, priority=self.ledger.priority)

    def _renegotiate(self, at: int, *, priority: str) -> None:
        policy = self._policy_for(priority)
        self.ledger.renegotiate(at, policy=policy, priority=priority, status=self.status)

    def _policy_for(self, priority: str) -> PolicySettings:
        policy = self.policies.get(str(self.policy_id))
        if policy is None:
            raise EventLogError(f"The log names the policy “{self.policy_id}”, which is not given.")
        if priority not in policy.promise_default:
            raise EventLogError(f"Policy “{self.policy_id}” promises nothing for “{priority}”.")
        return policy

    # Merging (2.8): this ticket survives, or is absorbed

    def merge_in(self, event: Event) -> None:
        """What the absorbed ticket still owed the customer is owed here."""
        since, promise_at = event.data.get("waiting_since"), event.data.get("promise_at")
        if since is not None:
            self._inherit_wait(event.at, since, promise_at)
        if promise_at is not None:
            self._inherit_promise(event.at, promise_at)

    def merged_away(self, event: Event) -> None:
        self.ledger.cancel_all(event.at, "merged")
        self.status = MERGED

    def _inherit_wait(self, at: int, since: int, promise_at: int | None) -> None:
        if self.status in _WAKES_ON_MESSAGE:
            self._move(at, OPEN, why="customer_replied", no_later_than=promise_at)
        clock = self.ledger.stopwatch(*REPLIES)
        if clock is None:
            self._start_reply_clock(at, since=since)
        elif clock.breached_at is None:
            self.ledger.inherit_wait(clock, at, since=since, status=self.status)

    def _inherit_promise(self, at: int, promise_at: int) -> None:
        """The earlier one counts; a broken promise stays until someone is in contact."""
        promise = self.ledger.promise
        if promise is None or promise.breached_at is not None:
            return
        if promise.is_automatic:
            self.ledger.supersede_promise(at)
            self.ledger.promise_by_default(at, no_later_than=promise_at)
        elif promise_at < promise.promised_at:
            self.ledger.supersede_promise(at)
            self.ledger.promise_at(at, promise_at)


def _status_after(event: Event, otherwise: str) -> str:
    status = event.data.get("status_after")
    return otherwise if status is None else _status(status)


def _status(name: Any) -> str:
    if name not in STATUSES:
        raise EventLogError(f"“{name}” is no status that a ticket can be given.")
    return str(name)


_ACTS: Mapping[str, Callable[[_Story, Event], None]] = {
    log.ACK_SENT: _Story.ack_sent,
    log.CUSTOMER_MESSAGE: _Story.customer_message,
    log.OUTGOING: _Story.outgoing,
    log.STATUS: _Story.change_status,
    log.PRIORITY: _Story.change_priority,
    log.POLICY: _Story.change_policy,
    log.CALENDAR: _Story.change_calendar,
    log.NO_REPLY_NEEDED: _Story.no_reply_needed,
    log.MERGE_IN: _Story.merge_in,
    log.MERGED_AWAY: _Story.merged_away,
    log.WAITS_DELAYED: _Story.delay_waits,
    log.HELD: _Story.hold,
}
"""Notes, assignments and everything else that is not named here change nothing."""
