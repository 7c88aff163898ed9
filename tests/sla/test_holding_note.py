"""The holding note in the engine: when a promise may be put off, and what becomes of it (2.11)."""

from datetime import datetime
from typing import Any

import pytest

from sla.engine.commitments import CommitmentState
from sla.engine.events import Event
from sla.engine.replay import Timeline
from sla.engine.settings import STOPWATCHES, UPDATE, PolicySettings
from sla.working_time import epoch_seconds
from tests.sla.test_engine import (
    CALENDARS,
    DAY,
    HOUR,
    MINUTE,
    MORNING,
    POLICIES,
    POLICY_FIELDS,
    event,
    last,
    local,
    opened,
    rows,
    seen,
)

# As “std”, open 09:00 to 18:00 in Tokyo, and with a holding note; “never” has no opening hours.
SETTINGS = {
    **POLICIES,
    **{
        f"{name} holding": PolicySettings.from_json(
            POLICY_FIELDS[name] | {"holding_note": True},
            calendar=CALENDARS[POLICY_FIELDS[name]["calendar"]],
        )
        for name in ("std", "never")
    },
}


def filed(policy: str = "std holding", **data: Any) -> Event:
    return opened(policy=policy, **data)


def promised(at: int, due_at: int, **data: Any) -> Event:
    return event(at, "outgoing", promise_at=due_at, **data)


def timeline(*log: Event, now: int) -> Timeline:
    return seen(log, now, SETTINGS)


def promise(*log: Event, now: int) -> CommitmentState:
    return last(timeline(*log, now=now), "promise")


def tokyo(text: str) -> int:
    return epoch_seconds(datetime.fromisoformat(f"2026-10-{text}+09:00"))


# When


def test_nine_tenths_of_the_working_time_are_the_moment() -> None:
    # Three hours today and one tomorrow; nine tenths are 3 h 36 min.
    log = [filed(), promised(tokyo("06T15:00"), tokyo("07T10:00"))]

    assert local(promise(*log, now=tokyo("06T15:00")).hold_at) == "10-07 09:36:00"


def test_of_a_short_promise_the_last_five_minutes_on_the_wall_are_the_moment() -> None:
    log = [filed(), promised(MORNING, MORNING + 30 * MINUTE)]

    assert promise(*log, now=MORNING).hold_at == MORNING + 25 * MINUTE


def test_without_working_time_between_the_wall_counts() -> None:
    night = tokyo("06T20:00")

    assert promise(filed(), promised(night, night + 2 * HOUR), now=night).hold_at == (
        night + 108 * MINUTE
    )


def test_a_part_of_a_second_is_rounded_up_as_for_a_warning() -> None:
    log = [filed(), promised(MORNING, MORNING + HOUR + 1)]

    assert promise(*log, now=MORNING).hold_at == MORNING + 3241


@pytest.mark.parametrize("seconds", [1, 4 * MINUTE, 5 * MINUTE])
def test_a_promise_of_some_minutes_is_never_put_off(seconds: int) -> None:
    assert promise(filed(), promised(MORNING, MORNING + seconds), now=MORNING).hold_at is None


def test_without_the_option_there_is_no_moment() -> None:
    assert promise(filed("std"), now=MORNING).hold_at is None
    assert promise(filed(), now=MORNING).hold_at == MORNING + 216 * MINUTE


@pytest.mark.parametrize(
    "log",
    [
        [event(MORNING + 60, "outgoing", status_after="pending_customer")],
        [event(MORNING + 60, "outgoing", status_after="resolved")],
        [event(MORNING + 60, "status", to="spam")],
    ],
    ids=["the reminders keep it", "resolved", "spam"],
)
def test_what_no_person_must_keep_is_not_put_off(log: list[Event]) -> None:
    assert promise(filed(), *log, now=MORNING + HOUR).hold_at is None


def test_what_is_broken_is_not_put_off() -> None:
    due_at = MORNING + 4 * HOUR

    assert promise(filed(), now=due_at).hold_at is not None
    assert promise(filed(), now=due_at + 1).hold_at is None


def test_a_promise_keeps_the_terms_under_which_it_was_made() -> None:
    log = [filed("std"), event(MORNING + 60, "policy", to="std holding")]
    assert promise(*log, now=MORNING + HOUR).hold_at is None

    log.append(event(MORNING + HOUR, "outgoing"))
    assert promise(*log, now=MORNING + HOUR).hold_at is not None

    log.append(event(MORNING + 2 * HOUR, "policy", to="std"))
    assert promise(*log, now=MORNING + 2 * HOUR).hold_at is not None


# What becomes of it

HELD_AT = MORNING + 216 * MINUTE
HELD = [filed(), event(HELD_AT, "held")]


def test_the_old_promise_ends_neither_kept_nor_broken_and_a_later_one_begins() -> None:
    old, new = rows(timeline(*HELD, now=HELD_AT), "promise")

    assert (old.state, old.end_reason, old.ended_at) == ("cancelled", "held", HELD_AT)
    assert (old.met_at, old.breached_at) == (None, None)
    assert (new.state, new.source, new.started_at) == ("active", "auto_hold", HELD_AT)
    # Nine working hours from 13:36.
    assert local(new.due_at) == "10-07 13:36:00"


def test_the_new_time_is_that_of_the_priority_and_the_policy_of_that_moment() -> None:
    log = [filed(), event(MORNING + HOUR, "priority", to="urgent"), event(HELD_AT, "held")]

    assert local(promise(*log, now=HELD_AT).due_at) == "10-06 15:36:00"


def test_nobody_is_put_off_to_an_earlier_time_than_they_were_promised() -> None:
    """A tenth of a promise of three weeks is more than the default of the priority."""
    due_at = tokyo("26T12:00")
    log = [filed(priority="urgent"), promised(MORNING, due_at)]
    hold_at = promise(*log, now=MORNING).hold_at
    assert hold_at is not None
    assert hold_at < due_at - DAY

    new = promise(*log, event(hold_at, "held"), now=hold_at)

    assert local(new.due_at) == "10-26 14:00:00"


def test_no_promise_is_put_off_twice_in_a_row() -> None:
    new = promise(*HELD, now=HELD_AT)
    assert new.hold_at is None

    once_more = event(HELD_AT + 5 * HOUR, "held")
    assert promise(*HELD, once_more, now=once_more.at) == promise(*HELD, now=once_more.at)


def test_after_contact_the_next_promise_can_be_put_off_again() -> None:
    answered = event(HELD_AT + HOUR, "outgoing")
    kept, new = rows(timeline(*HELD, answered, now=answered.at), "promise")[-2:]

    assert (kept.source, kept.state, kept.end_reason) == ("auto_hold", "met", "contact")
    assert (new.source, new.hold_at is None) == ("agent", False)


def test_the_time_the_system_named_breaks_and_escalates_like_an_agents() -> None:
    due_at = promise(*HELD, now=HELD_AT).due_at
    assert due_at is not None

    late = promise(*HELD, now=due_at + HOUR)
    answered = event(due_at + 2 * HOUR, "outgoing")
    end = rows(timeline(*HELD, answered, now=answered.at), "promise")[1]

    assert (late.state, late.breached_at) == ("breached", due_at)
    assert [percent for percent, _ in late.warned] == [50, 75, 90]
    assert late.escalated[0] == (1, due_at)
    assert (end.state, end.end_reason) == ("breached", "contact")


def test_a_note_in_the_due_second_is_in_time_and_a_second_later_it_changes_nothing() -> None:
    due_at = MORNING + 4 * HOUR

    assert promise(filed(), event(due_at, "held"), now=due_at).source == "auto_hold"
    late = [filed(), event(due_at + 1, "held")]
    assert timeline(*late, now=due_at + HOUR) == timeline(filed(), now=due_at + HOUR)


@pytest.mark.parametrize(
    "before",
    [
        event(MORNING + 60, "outgoing", status_after="pending_customer"),
        event(MORNING + 60, "outgoing", status_after="resolved"),
        event(MORNING + 60, "merged_away"),
    ],
    ids=["the reminders keep it", "resolved", "merged away"],
)
def test_where_nothing_can_be_put_off_a_note_changes_nothing(before: Event) -> None:
    held = event(HELD_AT, "held")

    assert timeline(filed(), before, held, now=HELD_AT) == timeline(filed(), before, now=HELD_AT)


def test_the_stopwatches_go_on_untouched() -> None:
    log = [filed(), event(MORNING, "outgoing"), event(MORNING + HOUR, "customer_message")]
    log.append(promised(MORNING + 2 * HOUR, MORNING + 4 * HOUR))
    log.append(event(MORNING + 3 * HOUR, "customer_message"))
    held = event(MORNING + 228 * MINUTE, "held")

    with_note = timeline(*log, held, now=MORNING + DAY)
    without = timeline(*log, now=MORNING + DAY)

    assert last(with_note, UPDATE).state == "active"
    for kind in STOPWATCHES:
        assert rows(with_note, kind) == rows(without, kind)


def test_the_waits_of_a_customer_go_on_untouched() -> None:
    asked = promised(MORNING, MORNING + 4 * HOUR, status_after="pending_customer")
    held = event(HELD_AT, "held")

    with_note = timeline(filed(), asked, held, now=HELD_AT)

    assert with_note.status == "pending_customer"
    assert last(with_note, "promise").source == "auto_hold"
    for kind in ("nudge_1", "nudge_2", "auto_close"):
        assert rows(with_note, kind) == rows(timeline(filed(), asked, now=HELD_AT), kind)


def test_without_opening_hours_the_new_time_is_counted_on_the_wall() -> None:
    log = [filed("never holding")]
    hold_at = promise(*log, now=MORNING).hold_at
    assert hold_at == MORNING + DAY * 9 // 10

    new = promise(*log, event(hold_at, "held"), now=hold_at)

    assert (new.source, new.due_at) == ("auto_hold_fallback", hold_at + DAY)
    assert new.hold_at is None


def test_a_bounced_answer_leaves_the_note_to_the_promise_that_then_was() -> None:
    """The customer was written to; whether that was in time is for the promise they still had."""
    answer = promised(MORNING + HOUR, MORNING + 3 * HOUR, id="m1")
    held = event(MORNING + 170 * MINUTE, "held")
    bounce = event(held.at + 1, "delivery_failed", outgoing="m1")

    old, new = rows(timeline(filed(), answer, held, bounce, now=bounce.at), "promise")

    assert (old.due_at, old.end_reason) == (MORNING + 4 * HOUR, "held")
    assert new.source == "auto_hold"
