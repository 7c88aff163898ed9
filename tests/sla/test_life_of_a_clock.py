"""A machine that lives through whole tickets, and after each step the laws of sla.md.

The steps come in any order, at the very second of a due time, over nights, holidays, and the hours
that a zone skips or repeats. Pure engine; tests/tickets/test_life_of_a_ticket.py does the same with
the services and PostgreSQL.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from sla.engine.commitments import CommitmentState
from sla.engine.events import Event
from sla.engine.replay import Timeline
from sla.engine.settings import (
    ACK,
    MERGED,
    PENDING_CUSTOMER,
    PROMISE,
    REPLIES,
    STOPWATCHES,
    UNRESOLVED,
    WAITS,
    PolicySettings,
)
from sla.working_time import epoch_seconds
from tests.sla.test_engine import CALENDARS, DAY, HOUR, MINUTE, POLICIES, POLICY_FIELDS, seen

# One policy beside those of the vectors tracks no replies of low priority: targets go and return.
# Another one, and this, let the system put off a promise that is about to break.
STANDARD = POLICY_FIELDS["std"]
SETTINGS = {
    **POLICIES,
    "loose": PolicySettings.from_json(
        STANDARD
        | {
            "targets": STANDARD["targets"] | {"low": {"resolution": 9 * HOUR}},
            "holding_note": True,
        },
        calendar=CALENDARS["tokyo"],
    ),
    "holding": PolicySettings.from_json(
        STANDARD | {"holding_note": True}, calendar=CALENDARS["newyork"]
    ),
}
STARTS = [
    epoch_seconds(datetime.fromisoformat(text))
    for text in (
        "2026-10-06T10:00+09:00",  # a Tuesday before a holiday in Tokyo
        "2026-10-24T23:30+01:00",  # London falls back in an hour
        "2026-10-30T17:55-04:00",  # New York falls back on Sunday
        "2026-12-28T17:59:59+09:00",  # the last second before the New Year days
        "2027-03-12T16:00-05:00",  # New York springs forward on Sunday
        "2027-04-28T17:00+09:00",  # Golden Week
        "2028-02-28T23:59:59+00:00",  # a leap day
    )
]
STATUSES = ["open", "pending_customer", "on_hold", "resolved", "spam", "closed"]
PRIORITIES = ["urgent", "high", "normal", "low", "low"]
NAMES = [*sorted(SETTINGS), "loose", "loose", "holding"]
PAUSES = [1, 59, 10 * MINUTE, HOUR, 5 * HOUR, 14 * HOUR, DAY, 3 * DAY, 9 * DAY]
FROM_NOW = [1, 30 * MINUTE, 3 * HOUR, DAY, 4 * DAY, 20 * DAY]
NOTHING = Timeline(status="new", commitments=(), holder="us")
Identity = tuple[str, int]


def same(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


class LifeOfAClock(RuleBasedStateMachine):
    """One ticket from its first second; `timeline` is what it comes to at `now`."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[Event] = []
        self.sent: list[int] = []
        self.steps = 0

    @initialize(
        start=st.sampled_from(STARTS),
        policy=st.sampled_from(NAMES),
        priority=st.sampled_from(PRIORITIES),
        origin=same("customer", "customer", "agent_live", "agent_outbound"),
        extra=same({}, {}, {}, {"auto": True}, *({"status_after": s} for s in STATUSES)),
        promise_in=same(None, None, *FROM_NOW),
    )
    def is_created(
        self,
        start: int,
        policy: str,
        priority: str,
        origin: str,
        extra: dict[str, Any],
        promise_in: int | None,
    ) -> None:
        self.now = start
        self.policy, self.priority = policy, priority
        self.timeline = NOTHING
        data = {"policy": policy, "priority": priority, "origin": origin, **extra}
        self._happens("create", **data, **self._in_future(promise_in))

    # Time

    @rule(pause=st.sampled_from(PAUSES))
    def time_passes(self, pause: int) -> None:
        self._look(self.now + pause)

    @rule(which=st.integers(0, 3), offset=same(-1, 0, 0, 1))
    def a_step_comes(self, which: int, offset: int) -> None:
        """To the very second in which a sweeper has something to do, or beside it."""
        checks = sorted(
            row.next_check_at for row in self.timeline.commitments if row.next_check_at is not None
        )
        if checks:
            self._look(max(self.now, checks[which % len(checks)] + offset))

    # Who says something

    @rule(auto=same(False, False, False, True))
    def the_customer_writes(self, auto: bool) -> None:
        before = self._live(PROMISE)
        self._happens("customer_message", auto=auto)
        # An agent's promise is not moved by what the customer writes (2.4).
        if before and before.source != "auto" and before.started_at < self.now:
            assert self._live(PROMISE) == before
        if not auto and self.timeline.status != MERGED and self._tracks_replies():
            assert any(self._live(kind) for kind in REPLIES)

    @rule(status_after=same(None, None, *STATUSES), promise_in=same(None, None, *FROM_NOW))
    def a_person_answers(self, status_after: str | None, promise_in: int | None) -> None:
        named = self._in_future(promise_in)
        self._outgoing(status_after, **named)
        if self.timeline.status in UNRESOLVED:
            promise = self._live(PROMISE)
            assert promise is not None
            assert promise.started_at == self.now
            assert promise.due_at == named.get("promise_at", promise.due_at)
        if self.timeline.status != MERGED:
            assert not any(self._live(kind) for kind in (ACK, *REPLIES))

    @rule(
        status_after=same(None, *STATUSES),
        who=same({"author": "bot"}, {"author": "system"}, {"public": False}),
        promise_in=same(None, None, *FROM_NOW),
    )
    def no_person_answers(
        self, status_after: str | None, who: dict[str, Any], promise_in: int | None
    ) -> None:
        """A bot's message, or one between colleagues: whatever it says, it is no contact."""
        contacts = self._contacts()
        self._outgoing(status_after, **who, **self._in_future(promise_in))
        assert self._contacts() == contacts

    @rule(which=st.integers(0, 5))
    def a_letter_bounces(self, which: int) -> None:
        """The ticket is replayed without that message: of the past, only the laws remain."""
        if not self.sent:
            return
        lost = self.sent[-1 - which % len(self.sent)]
        self.timeline = NOTHING
        self._happens("delivery_failed", outgoing=lost)

    # What is decided

    @rule(to=st.sampled_from(STATUSES))
    def the_status_changes(self, to: str) -> None:
        self._happens("status", to=to)
        assert self.timeline.status in (to, MERGED)

    @rule(to=st.sampled_from(PRIORITIES))
    def the_priority_changes(self, to: str) -> None:
        self.priority = to
        self._settings_change("priority", to)

    @rule(to=st.sampled_from(NAMES))
    def the_policy_changes(self, to: str) -> None:
        self.policy = to
        self._settings_change("policy", to)

    @rule(to=st.sampled_from(sorted(CALENDARS)))
    def the_hours_are_edited(self, to: str) -> None:
        self._settings_change("calendar", to)

    @rule(kind=same("no_reply_needed", "ack_sent", "note", "assign"))
    def something_small(self, kind: str) -> None:
        promise = self._live(PROMISE)
        self._happens(kind)
        assert self._live(PROMISE) == promise

    @rule(waited=same(None, 1, 5 * HOUR, 3 * DAY), promise_in=same(None, 0, *FROM_NOW))
    def another_ticket_is_merged_in(self, waited: int | None, promise_in: int | None) -> None:
        self._happens(
            "merge_in",
            **({} if waited is None else {"waiting_since": self.now - waited}),
            **({} if promise_in is None else {"promise_at": self.now + promise_in}),
        )

    @rule()
    def it_is_merged_away(self) -> None:
        if len(self.log) > 25:
            self._happens("merged_away")

    @rule(late=same(1, HOUR, DAY), by=same(1, HOUR + 1, 2 * DAY))
    def reminders_are_late(self, late: int, by: int) -> None:
        """The system was away when one was due: all of them move by the delay."""
        due_at = self._next_wait()
        if due_at is None:
            return
        before = [row for kind in WAITS if (row := self._live(kind)) and row.due_at is not None]
        self.log.append(Event(due_at, "waits_delayed", {"by": by, "id": len(self.log)}))
        self._look(due_at)
        for earlier, later in zip(before, self._now_like(before), strict=True):
            assert later.due_at == (earlier.due_at or 0) + by
        self._look(due_at + late)

    @rule(comes=same(True, True, False))
    def the_customer_is_told_that_it_takes_longer(self, comes: bool) -> None:
        """When the time for it comes, or at any time: what cannot be put off stays (2.11)."""
        live = self._live(PROMISE)
        if comes and live and live.hold_at is not None:
            self._look(max(self.now, live.hold_at))
        before, others = self._live(PROMISE), self._all_but_promises()
        self._happens("held")
        assert self._all_but_promises() == others
        told = self._live(PROMISE)
        if before is None or before.source not in ("agent", "agent_fallback") or before.breached_at:
            assert told == before
        elif before.started_at < self.now:
            (old,) = self._now_like([before])
            assert told is not None
            assert (old.state, old.end_reason, old.ended_at) == ("cancelled", "held", self.now)
            assert told.source in ("auto_hold", "auto_hold_fallback")
            assert (told.due_at or 0) > (before.due_at or 0)

    # The laws

    def _look(self, now: int) -> None:
        before, since = self.timeline, self.now
        self.now, self.timeline = now, seen(self.log, now, SETTINGS)
        promises_are_kept_count(self.timeline)
        for row in self.timeline.commitments:
            row_is_possible(row, now)
        live_rows_suit_the_status(self.timeline)
        the_past_stays(before, self.timeline, since)
        self.steps += 1
        if self.steps % 4 == 0:
            self._read_the_log_again()

    def _read_the_log_again(self) -> None:
        """Every event delivered twice and a note after each: the same."""
        again = [
            copy
            for event in self.log
            for copy in (event, event, Event(event.at, "note"), Event(event.at, "assign"))
        ]
        # A creation without an id cannot be recognised; ours all have one.
        assert seen(again, self.now, SETTINGS) == self.timeline

    def teardown(self) -> None:
        if self.log:
            self._read_the_log_again()
            assert (
                seen(sorted(self.log, key=lambda event: -event.at), self.now, SETTINGS)
                == self.timeline
            )

    # Steps

    def _happens(self, type_: str, **data: Any) -> None:
        self.log.append(Event(self.now, type_, {"id": len(self.log), **data}))
        self._look(self.now)

    def _outgoing(self, status_after: str | None, **data: Any) -> None:
        self.sent.append(len(self.log))
        if status_after is not None:
            data["status_after"] = status_after
        self._happens("outgoing", **data)

    def _settings_change(self, type_: str, to: str) -> None:
        """What the customer was told, and when we write to them, moves for no setting (2.4, 2.7)."""
        fixed = (PROMISE, ACK, *WAITS)
        before = [row for row in self.timeline.commitments if row.kind in fixed]
        self._happens(type_, to=to)
        assert [row for row in self.timeline.commitments if row.kind in fixed] == before

    def _in_future(self, promise_in: int | None) -> dict[str, int]:
        return {} if promise_in is None else {"promise_at": self.now + promise_in}

    def _live(self, kind: str) -> CommitmentState | None:
        live = [row for row in self.timeline.commitments if row.kind == kind and row.is_live]
        return live[0] if live else None

    def _now_like(self, rows: list[CommitmentState]) -> list[CommitmentState]:
        known = {(r.kind, r.cycle, r.started_at): r for r in self.timeline.commitments}
        return [known[r.kind, r.cycle, r.started_at] for r in rows]

    def _next_wait(self) -> int | None:
        dues = [row.due_at for kind in WAITS if (row := self._live(kind))]
        return min((due for due in dues if due is not None and due >= self.now), default=None)

    def _all_but_promises(self) -> list[CommitmentState]:
        return [row for row in self.timeline.commitments if row.kind != PROMISE]

    def _contacts(self) -> list[Identity]:
        """What has been kept by a person's word in this second."""
        return [
            (row.kind, row.cycle)
            for row in self.timeline.commitments
            if row.end_reason == "contact" and row.ended_at == self.now
        ]

    def _tracks_replies(self) -> bool:
        targets = SETTINGS[self.policy].targets[self.priority]
        return all(kind in targets for kind in REPLIES)


# The laws, each with its paragraph


def promises_are_kept_count(timeline: Timeline) -> None:
    """Exactly one live promise while it is unresolved (2.4); at most one live row of a kind."""
    live = Counter(row.kind for row in timeline.commitments if row.is_live)
    assert live[PROMISE] == (1 if timeline.status in UNRESOLVED else 0)
    assert max(live.values(), default=0) <= 1


def row_is_possible(row: CommitmentState, now: int) -> None:
    assert (row.state == "breached") == (row.breached_at is not None)
    if row.breached_at is not None:
        assert row.breached_at == row.due_at
        assert row.breached_at < (row.met_at or row.ended_at or now)
    elif row.met_at is not None:
        assert row.state == "met"
        assert row.due_at is None or row.met_at <= row.due_at
    if row.is_live:
        assert row.state in ("active", "paused", "breached")
        assert row.met_at is None
        assert list(row.schedule) == sorted(row.schedule, key=lambda step: step.at)
        assert all(step.at > now for step in row.schedule)
        assert row.state != "active" or row.due_at is None or row.due_at >= now
    else:
        assert row.schedule == ()
        assert row.state in ("met", "breached", "cancelled")
    if row.hold_at is not None:
        assert (row.kind, row.state) == (PROMISE, "active")
        assert row.source in ("agent", "agent_fallback")
        assert row.started_at < row.hold_at <= (row.due_at or 0) - 5 * MINUTE
    steps_were_taken_once(row)
    seconds_add_up(row, now if row.ended_at is None else row.ended_at)


def steps_were_taken_once(row: CommitmentState) -> None:
    for taken in (row.warned, row.escalated):
        values, instants = [value for value, _ in taken], [at for _, at in taken]
        assert values == sorted(set(values))
        assert instants == sorted(instants)
    assert not row.escalated or row.breached_at is not None
    if row.breached_at is not None:
        assert all(at >= row.breached_at for _, at in row.escalated)


def seconds_add_up(row: CommitmentState, until: int) -> None:
    """Nothing counts more than the wall does, and what is late is late on both."""
    if row.kind in STOPWATCHES:
        assert row.target_seconds is not None
        assert row.used_seconds is not None
        assert 0 <= row.used_seconds <= until - row.started_at
    if row.breached_at is not None:
        assert row.late_wall_seconds == until - row.breached_at
        assert 0 <= (row.late_business_seconds or 0) <= row.late_wall_seconds
    else:
        assert row.late_wall_seconds is row.late_business_seconds is None


def live_rows_suit_the_status(timeline: Timeline) -> None:
    """What a status allows to be owed; reply clocks never pause for one (2.3, 2.6)."""
    live = {row.kind: row for row in timeline.commitments if row.is_live}
    match timeline.status:
        case "merged":
            assert not live
        case "resolved" | "closed":
            assert set(live) <= {ACK}
        case "spam":
            assert set(live) <= {ACK, *STOPWATCHES}
            assert all(live[kind].state != "active" for kind in set(live) - {ACK})
        case _:
            assert all(live[kind].state != "paused" for kind in REPLIES if kind in live)
    if timeline.status != PENDING_CUSTOMER:
        assert not set(live) & set(WAITS)
        assert PROMISE not in live or live[PROMISE].source != "auto"
    holders = {"new": "us", "open": "us", "pending_customer": "customer", "on_hold": "third_party"}
    assert timeline.holder == holders.get(timeline.status)


def the_past_stays(before: Timeline, after: Timeline, since: int) -> None:
    """What ended before `since` is as it was; a breach is never undone or moved (2.7).

    An event of the same second is heard before the sweeper of that second (2.5), so only what was
    settled earlier is past.
    """
    now_known = by_identity(after)
    for identity, rows in by_identity(before).items():
        for number, row in enumerate(rows):
            if row.started_at >= since:
                continue
            assert len(now_known[identity]) > number, f"{identity} is gone"
            later = now_known[identity][number]
            if row.ended_at is not None and row.ended_at < since:
                assert later == row
            if row.breached_at is not None:
                assert (later.state, later.due_at) == ("breached", row.due_at)
                assert later.target_seconds == row.target_seconds
            for taken, now_taken in ((row.warned, later.warned), (row.escalated, later.escalated)):
                past = tuple(step for step in taken if step[1] < since)
                assert now_taken[: len(past)] == past


def by_identity(timeline: Timeline) -> dict[Identity, list[CommitmentState]]:
    rows: defaultdict[Identity, list[CommitmentState]] = defaultdict(list)
    for row in timeline.commitments:
        rows[row.kind, row.cycle].append(row)
    return rows


TestLifeOfAClock = LifeOfAClock.TestCase
TestLifeOfAClock.settings = settings(
    max_examples=300,
    stateful_step_count=50,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
