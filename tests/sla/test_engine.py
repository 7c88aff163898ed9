"""The engine where the vectors are silent, and the laws of sla.md 2.10."""

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sla.engine.commitments import CommitmentState
from sla.engine.events import Event, EventLogError
from sla.engine.replay import Timeline, replay
from sla.engine.settings import UNRESOLVED, PolicySettings, SettingsError
from sla.working_time import Calendar, epoch_seconds, utc_datetime

VECTORS = Path(__file__).parent / "vectors"
CALENDARS = {
    name: Calendar.from_json(fields)
    for name, fields in json.loads((VECTORS / "calendars.json").read_text())["calendars"].items()
}
POLICY_FIELDS = json.loads((VECTORS / "timelines_public.json").read_text())["policies"]
POLICIES = {
    name: PolicySettings.from_json(fields, calendar=CALENDARS[fields["calendar"]])
    for name, fields in POLICY_FIELDS.items()
}

# A Tuesday, 10:00 in Tokyo; “std” is open 09:00 to 18:00 and answers normal tickets in 4 h.
MORNING = epoch_seconds(datetime.fromisoformat("2026-10-06T10:00+09:00"))
MINUTE, HOUR, DAY = 60, 3600, 86_400


def event(at: int, type_: str, **data: Any) -> Event:
    return Event(at=at, type=type_, data=data)


def opened(**data: Any) -> Event:
    return event(MORNING, "create", **({"policy": "std", "priority": "normal"} | data))


def seen(log: Iterable[Event], now: int, policies: Any = POLICIES) -> Timeline:
    return replay(log, policies=policies, calendars=CALENDARS, now=now)


def rows(timeline: Timeline, kind: str) -> list[CommitmentState]:
    return [row for row in timeline.commitments if row.kind == kind]


def last(timeline: Timeline, kind: str) -> CommitmentState:
    return rows(timeline, kind)[-1]


def local(instant: int | None) -> str:
    assert instant is not None
    return f"{utc_datetime(instant + 9 * HOUR):%m-%d %H:%M:%S}"


# A reply that never arrived


def test_a_bounced_reply_is_no_contact_and_what_is_late_then_is_breached_with_its_nominal_time() -> (
    None
):
    log = [opened(), event(MORNING + HOUR, "outgoing", id="m1")]
    bounce = event(MORNING + 5 * HOUR, "delivery_failed", outgoing="m1")

    before = seen(log, bounce.at)
    after = seen([*log, bounce], bounce.at)

    assert last(before, "first_reply").state == "met"
    assert last(after, "first_reply").state == "breached"
    assert local(last(after, "first_reply").breached_at) == "10-06 14:00:00"
    assert len(rows(after, "promise")) == 1
    assert after.status == "new"


def test_a_bounce_removes_only_the_message_it_names() -> None:
    log = [
        opened(),
        event(MORNING + HOUR, "outgoing", id="m1"),
        event(MORNING + 2 * HOUR, "outgoing", id="m2"),
        event(MORNING + 3 * HOUR, "delivery_failed", outgoing="m2"),
    ]

    timeline = seen(log, MORNING + 3 * HOUR)

    assert [row.started_at for row in rows(timeline, "promise")] == [MORNING, MORNING + HOUR]


def test_a_bounce_that_has_not_happened_yet_is_not_known() -> None:
    log = [
        opened(),
        event(MORNING + HOUR, "outgoing", id="m1"),
        event(MORNING + 5 * HOUR, "delivery_failed", outgoing="m1"),
    ]

    assert last(seen(log, MORNING + 2 * HOUR), "first_reply").state == "met"


def test_an_event_that_is_delivered_twice_counts_once() -> None:
    contact = event(MORNING + HOUR, "outgoing", id="m1")

    assert seen([opened(), contact, contact], MORNING + DAY) == seen(
        [opened(), contact], MORNING + DAY
    )


def test_a_reply_of_its_own_time_beats_the_breach_that_was_seen_before_it_was_stored() -> None:
    log = [opened(), event(MORNING + 4 * HOUR, "outgoing")]
    seen_late = seen(log[:1], MORNING + 4 * HOUR + 5)

    assert last(seen_late, "first_reply").state == "breached"
    assert last(seen(log, MORNING + 4 * HOUR + 5), "first_reply").state == "met"
    assert seen(reversed(log), MORNING + DAY) == seen(log, MORNING + DAY)


# What does not count, and who has to act


def test_a_bot_that_changes_the_status_is_no_contact() -> None:
    log = [opened(), event(MORNING, "outgoing", author="bot", status_after="pending_customer")]

    timeline = seen(log, MORNING + HOUR)

    assert timeline.status == "pending_customer"
    assert last(timeline, "first_reply").state == "active"
    assert last(timeline, "promise").source == "agent"


@pytest.mark.parametrize(
    ("status", "holder"),
    [
        ("open", "us"),
        ("pending_customer", "customer"),
        ("on_hold", "third_party"),
        ("resolved", None),
        ("spam", None),
    ],
)
def test_the_status_says_who_has_to_act(status: str, holder: str | None) -> None:
    log = [opened(), event(MORNING, "status", to=status)]

    assert seen(log, MORNING).holder == holder


# Waiting for the customer


def waiting(**data: Any) -> list[Event]:
    return [opened(), event(MORNING + HOUR, "outgoing", status_after="pending_customer", **data)]


def test_nobody_is_closed_before_a_time_that_an_agent_has_named() -> None:
    closing = last(seen(waiting(), MORNING + HOUR), "auto_close").due_at
    assert closing is not None
    named = closing + 2 * DAY + 12 * HOUR

    timeline = seen(waiting(promise_at=named), closing + HOUR)
    closed = seen(waiting(promise_at=named), named + 3 * DAY)

    assert timeline.status == "pending_customer"
    assert last(timeline, "auto_close").state == "active"
    assert closed.status == "closed"
    assert last(closed, "auto_close").state == "met"
    assert local(last(closed, "auto_close").met_at) == "10-19 09:00:01"
    assert last(closed, "promise").state == "breached"
    assert last(closed, "promise").end_reason == "customer_unresponsive"


def test_a_broken_promise_does_not_keep_a_ticket_from_being_closed() -> None:
    log = waiting(promise_at=MORNING + DAY)

    timeline = seen(log, MORNING + 30 * DAY)

    assert timeline.status == "closed"
    assert local(last(timeline, "auto_close").met_at) == "10-15 11:00:00"


def test_on_hold_ends_the_nudges_and_gives_the_customer_a_promise_by_a_person() -> None:
    log = [*waiting(), event(MORNING + 2 * HOUR, "status", to="on_hold")]

    timeline = seen(log, MORNING + 2 * HOUR)

    assert last(timeline, "nudge_1").end_reason == "status"
    assert [row.end_reason for row in rows(timeline, "promise")] == ["contact", "superseded", None]
    assert last(timeline, "promise").source == "agent"


def test_without_opening_hours_no_nudge_comes_so_a_person_promises() -> None:
    log = [
        opened(policy="never"),
        event(MORNING + HOUR, "outgoing", status_after="pending_customer"),
    ]

    timeline = seen(log, MORNING + HOUR)

    assert last(timeline, "nudge_1").due_at is None
    assert last(timeline, "promise").source == "agent_fallback"
    assert last(timeline, "promise").due_at == MORNING + HOUR + DAY


def test_a_closed_ticket_reopens_when_the_customer_writes() -> None:
    log = [*waiting(), event(MORNING + 20 * DAY, "customer_message")]

    timeline = seen(log, MORNING + 20 * DAY)

    assert timeline.status == "open"
    assert last(timeline, "resolution").cycle == 2
    assert last(timeline, "next_reply").state == "active"


# Other settings


def test_a_reopened_cycle_keeps_its_credit_when_the_priority_changes() -> None:
    log = [
        opened(),
        event(MORNING + 2 * HOUR, "outgoing", status_after="resolved"),
        event(MORNING + 3 * HOUR, "customer_message"),
        event(MORNING + 3 * HOUR, "priority", to="high"),
    ]

    second_cycle = last(seen(log, MORNING + 3 * HOUR), "resolution")

    assert second_cycle.target_seconds == 9 * HOUR - 2 * HOUR


def test_hours_that_were_edited_stay_edited_when_the_policy_comes_back() -> None:
    log = [
        opened(),
        event(MORNING, "calendar", to="tokyo_lunch"),
        event(MORNING, "policy", to="vip"),
        event(MORNING, "policy", to="std"),
    ]

    assert local(last(seen(log, MORNING), "first_reply").due_at) == "10-06 15:00:00"


def test_a_breach_is_not_moved_by_a_calendar_that_closes_the_day() -> None:
    log = [opened(), event(MORNING + 5 * HOUR, "calendar", to="never")]

    reply = last(seen(log, MORNING + 6 * HOUR), "first_reply")

    assert local(reply.breached_at) == "10-06 14:00:00"
    assert reply.late_business_seconds == 2 * HOUR


def test_an_emptied_calendar_leaves_a_live_clock_without_a_due_time() -> None:
    log = [opened(), event(MORNING + HOUR, "calendar", to="never")]

    reply = last(seen(log, MORNING + DAY), "first_reply")

    assert (reply.state, reply.due_at, reply.used_seconds) == ("active", None, 0)


# Merging


def test_a_broken_promise_is_not_replaced_by_a_merge() -> None:
    log = [opened(), event(MORNING + 5 * HOUR, "merge_in", promise_at=MORNING + 6 * HOUR)]

    timeline = seen(log, MORNING + 5 * HOUR)

    assert [row.state for row in rows(timeline, "promise")] == ["breached"]


def test_a_merge_reopens_a_resolved_ticket_for_the_one_who_still_waits() -> None:
    log = [
        opened(),
        event(MORNING + HOUR, "outgoing", status_after="resolved"),
        event(
            MORNING + 2 * HOUR,
            "merge_in",
            waiting_since=MORNING,
            promise_at=MORNING + 3 * HOUR,
        ),
    ]

    timeline = seen(log, MORNING + 2 * HOUR)

    assert timeline.status == "open"
    assert last(timeline, "next_reply").started_at == MORNING
    assert last(timeline, "promise").due_at == MORNING + 3 * HOUR
    assert [row.end_reason for row in rows(timeline, "promise")] == ["contact", None]


def test_a_merge_that_moves_a_start_leaves_the_two_rows_of_a_cycle_in_their_order() -> None:
    """A target that went and came back makes two rows of one cycle; which is which must not change,
    for they are stored in that order."""
    targets = POLICY_FIELDS["std"]["targets"]
    fields = POLICY_FIELDS["std"] | {"targets": targets | {"low": {"resolution": 9 * HOUR}}}
    policies = {"std": PolicySettings.from_json(fields, calendar=CALENDARS["tokyo"])}
    log = [
        opened(),
        event(MORNING + HOUR, "priority", to="low"),
        event(MORNING + 2 * HOUR, "priority", to="normal"),
        event(MORNING + 3 * HOUR, "merge_in", waiting_since=MORNING - DAY),
    ]

    replies = rows(seen(log, MORNING + 3 * HOUR, policies), "first_reply")

    assert [(row.cycle, row.end_reason) for row in replies] == [(1, "no_target"), (1, None)]
    assert replies[1].started_at == MORNING - DAY


def test_an_absorbed_ticket_hears_nothing_more() -> None:
    log = [opened(), event(MORNING + HOUR, "merged_away"), event(MORNING + DAY, "customer_message")]

    timeline = seen(log, MORNING + 2 * DAY)

    assert timeline.status == "merged"
    assert not any(row.is_live for row in timeline.commitments)


# The schedule of the sweeper


def test_a_live_clock_names_its_steps_in_order() -> None:
    reply = last(seen([opened()], MORNING), "first_reply")

    assert [(local(step.at), step.step, step.value) for step in reply.schedule] == [
        ("10-06 12:00:00", "warn", 50),
        ("10-06 13:00:00", "warn", 75),
        ("10-06 13:36:00", "warn", 90),
        ("10-06 14:00:01", "breach", 0),
        ("10-06 14:00:01", "escalate", 1),
        ("10-06 14:30:00", "escalate", 2),
        ("10-06 16:00:00", "escalate", 3),
    ]
    assert reply.next_check_at == MORNING + 2 * HOUR


def test_steps_that_are_done_are_not_scheduled_again() -> None:
    reply = last(seen([opened()], MORNING + 4 * HOUR + 1), "first_reply")

    assert [(step.step, step.value) for step in reply.schedule] == [
        ("escalate", 2),
        ("escalate", 3),
    ]


def test_paused_and_ended_rows_need_no_sweeper() -> None:
    timeline = seen(waiting(), MORNING + HOUR)

    assert last(timeline, "resolution").schedule == ()
    assert last(timeline, "first_reply").next_check_at is None
    assert [step.step for step in last(timeline, "nudge_1").schedule] == ["fire"]


def test_of_several_steps_at_one_instant_only_the_highest_acts() -> None:
    fields = POLICY_FIELDS["std"] | {"escalation": [{"level": n, "after": 0} for n in (1, 2)]}
    policies = {"std": PolicySettings.from_json(fields, calendar=CALENDARS["tokyo"])}

    reply = last(seen([opened()], MORNING + 5 * HOUR, policies), "first_reply")

    assert reply.escalated == ((2, MORNING + 4 * HOUR),)


# Refusals


@pytest.mark.parametrize(
    "log",
    [
        [],
        [event(MORNING, "note")],
        [opened(), opened()],
        [opened(policy="unknown")],
        [opened(priority="whenever")],
        [opened(), event(MORNING, "status", to="asleep")],
        [opened(), event(MORNING, "calendar", to="unknown")],
    ],
)
def test_a_log_that_makes_no_sense_is_refused(log: list[Event]) -> None:
    with pytest.raises(EventLogError):
        seen(log, MORNING)


@pytest.mark.parametrize(
    "change",
    [
        {"resolution_mode": "sometimes"},
        {"warn_percent": [0]},
        {"promise_initial": {}},
        {"targets": None},
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        PolicySettings.from_json(POLICY_FIELDS["std"] | change, calendar=CALENDARS["tokyo"])


# The laws, on logs that nobody would think of

STATUSES = st.sampled_from(["open", "pending_customer", "on_hold", "resolved", "spam", "closed"])
LATER = st.integers(0, 3 * DAY)
ACTS = st.one_of(
    st.tuples(
        st.just("customer_message"), st.fixed_dictionaries({}, optional={"auto": st.booleans()})
    ),
    st.tuples(
        st.just("outgoing"),
        st.fixed_dictionaries(
            {},
            optional={
                "author": st.sampled_from(["human", "bot"]),
                "status_after": STATUSES,
                "promise_in": st.integers(60, 20 * DAY),
            },
        ),
    ),
    st.tuples(st.just("status"), st.fixed_dictionaries({"to": STATUSES})),
    st.tuples(
        st.just("priority"),
        st.fixed_dictionaries({"to": st.sampled_from(["urgent", "high", "normal", "low"])}),
    ),
    st.tuples(st.just("policy"), st.fixed_dictionaries({"to": st.sampled_from(sorted(POLICIES))})),
    st.tuples(
        st.just("calendar"), st.fixed_dictionaries({"to": st.sampled_from(sorted(CALENDARS))})
    ),
    st.tuples(
        st.just("merge_in"),
        st.fixed_dictionaries({}, optional={"waited": LATER, "promise_in": LATER}),
    ),
    st.tuples(st.sampled_from(["ack_sent", "no_reply_needed"]), st.just({})),
)
OPENINGS = st.fixed_dictionaries(
    {"policy": st.sampled_from(["std", "vip", "nights", "never", "ny"])},
    optional={
        "priority": st.sampled_from(["urgent", "high", "normal", "low"]),
        "origin": st.sampled_from(["customer", "agent_live", "agent_outbound"]),
        "status_after": STATUSES,
    },
)


@st.composite
def logs(draw: st.DrawFn) -> list[Event]:
    at = MORNING
    log = [event(at, "create", **draw(OPENINGS))]
    for later, (type_, fields) in draw(st.lists(st.tuples(LATER, ACTS), max_size=8)):
        at += later
        log.append(event(at, type_, **in_absolute_time(fields, at)))
    return log


def in_absolute_time(fields: dict[str, Any], at: int) -> dict[str, Any]:
    data = dict(fields)
    if "promise_in" in data:
        data["promise_at"] = at + data.pop("promise_in")
    if "waited" in data:
        data["waiting_since"] = at - data.pop("waited")
    return data


thorough = settings(max_examples=80, deadline=None)


@thorough
@given(logs())
def test_an_unresolved_ticket_has_exactly_one_live_promise_after_every_event(
    log: list[Event],
) -> None:
    for count in range(1, len(log) + 1):
        timeline = seen(log[:count], log[count - 1].at)

        live = [row for row in rows(timeline, "promise") if row.is_live]
        assert len(live) == (1 if timeline.status in UNRESOLVED else 0)


@thorough
@given(logs(), LATER)
def test_a_breach_carries_its_due_time_and_is_past(log: list[Event], later: int) -> None:
    now = log[-1].at + later

    for row in seen(log, now).commitments:
        assert (row.state == "breached") == (row.breached_at is not None)
        if row.breached_at is not None:
            assert row.breached_at == row.due_at
            assert row.breached_at < now


@thorough
@given(logs(), LATER)
def test_no_row_is_both_kept_and_owed(log: list[Event], later: int) -> None:
    now = log[-1].at + later

    for row in seen(log, now).commitments:
        if row.state == "met":
            assert row.met_at == row.ended_at
            assert row.met_at is not None
            assert row.due_at is None or row.met_at <= row.due_at
        if row.state in ("active", "paused"):
            assert (row.met_at, row.ended_at) == (None, None)
            assert row.due_at is None or row.due_at >= now


@thorough
@given(logs(), LATER)
def test_at_most_one_row_of_a_kind_is_live(log: list[Event], later: int) -> None:
    live = [row.kind for row in seen(log, log[-1].at + later).commitments if row.is_live]

    assert len(set(live)) == len(live)


@thorough
@given(logs(), st.lists(LATER, min_size=1, max_size=4), LATER)
def test_notes_and_assignments_anywhere_change_nothing(
    log: list[Event], instants: list[int], later: int
) -> None:
    types = ("note", "assign", "reassigned", "tagged")
    notes = [event(MORNING + at, type_) for at, type_ in zip(instants, types, strict=False)]
    now = max(entry.at for entry in (*log, *notes)) + later

    assert seen([*log, *notes], now) == seen(log, now)


@thorough
@given(logs(), LATER)
def test_replaying_a_log_again_changes_nothing(log: list[Event], later: int) -> None:
    now = log[-1].at + later
    named = [Event(at=e.at, type=e.type, data={**e.data, "id": i}) for i, e in enumerate(log)]

    assert seen(log, now) == seen(log, now) == seen(named, now)
    assert seen([*named, *named[1:]], now) == seen(named, now)


@settings(max_examples=40, deadline=None)
@given(logs())
def test_the_schedule_names_every_later_step_and_no_other(log: list[Event]) -> None:
    now = log[-1].at
    timeline = seen(log, now)
    for _ in range(12):
        checks = [row.next_check_at for row in timeline.commitments if row.next_check_at]
        if not checks:
            return
        following = min(checks)
        assert following > now
        assert done(seen(log, following - 1)) == done(timeline)

        swept = seen(log, following)

        for row in timeline.commitments:
            assert_steps_are_done(row, row_like(row, swept), following)
        now, timeline = following, swept


def done(timeline: Timeline) -> list[tuple[Any, ...]]:
    """Everything a sweeper can change."""
    return [
        (row.kind, row.cycle, row.state, row.due_at, row.warned, row.escalated, row.ended_at)
        for row in timeline.commitments
    ]


def row_like(row: CommitmentState, timeline: Timeline) -> CommitmentState:
    same = [
        r
        for r in rows(timeline, row.kind)
        if (r.cycle, r.target_seconds) == (row.cycle, row.target_seconds)
    ]
    return same[-1]


def assert_steps_are_done(before: CommitmentState, after: CommitmentState, at: int) -> None:
    steps = [step for step in before.schedule if step.at == at]
    new_warnings = after.warned[len(before.warned) :]
    new_levels = after.escalated[len(before.escalated) :]
    assert new_warnings == tuple((s.value, s.at) for s in steps if s.step == "warn")
    assert [level for level, _ in new_levels] == [s.value for s in steps if s.step == "escalate"]
    for step in steps:
        if step.step == "breach":
            assert (after.state, after.breached_at) == ("breached", before.due_at)
        if step.step == "fire":
            assert after.met_at == at or (after.due_at or 0) > at
