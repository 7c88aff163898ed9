"""Clocks follow from their log, whatever happens in which order, and PostgreSQL guards the promise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Agent, Notification, Team
from sla.checking import differences
from sla.ledger import COMPARED
from sla.models import Clock, Commitment, CommitmentWarning, Escalation, Kind
from sla.services import rebuild
from sla.sweep import sweep_due
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_ticket
from tests.sla.commitments import everything_stored, only_the_promise, promise_of
from tickets.models import Ticket
from tickets.services.handling import assign, reopen, solve
from tickets.services.recording import record
from tickets.services.replying import Reply, add_note, receive_reply, reply_to_customer

BREACH, SETTLED = Notification.Kind.BREACH, Notification.Kind.SETTLED
DUE = MONDAY_AT_TEN.replace(hour=14)


def at(hour: int, minute: int = 0, second: float = 0, *, day: int = 5) -> datetime:
    """An instant of that week in Tokyo."""
    moment = MONDAY_AT_TEN.replace(day=day, hour=hour, minute=minute)
    return moment + timedelta(seconds=second)


@dataclass
class Story:
    """One ticket, opened on Monday at 10:00 and due at 14:00, and what happens to it."""

    ticket: Ticket
    agent: Agent
    now: datetime = MONDAY_AT_TEN
    is_swept: bool = False

    def _until(self, now: datetime) -> None:
        self.now = now
        if self.is_swept:
            sweep_due(now=now)

    def reply(self, now: datetime, *, promise: datetime | None = None) -> None:
        self._until(now)
        answer = Reply(body="We are looking into it.", promise_at=promise, solves=promise is None)
        reply_to_customer(self.ticket, answer, agent=self.agent, now=now)

    def customer_writes(self, now: datetime) -> None:
        self._until(now)
        receive_reply(self.ticket, body="And the other printer?", now=now)

    def solve(self, now: datetime, *, by_customer: bool = False) -> None:
        self._until(now)
        solve(self.ticket, agent=None if by_customer else self.agent, now=now)

    def reopen(self, now: datetime) -> None:
        self._until(now)
        reopen(self.ticket, agent=self.agent, now=now)

    def note(self, now: datetime) -> None:
        self._until(now)
        add_note(self.ticket, body="He calls often.", agent=self.agent, now=now)

    def assign(self, now: datetime, to: Agent | None) -> None:
        self._until(now)
        assign(self.ticket, to=to, by=self.agent, now=now)

    def happens(self, event: str, now: datetime, **data: object) -> None:
        """An event that no service makes yet."""
        self._until(now)
        self.ticket.clock.refresh_from_db()
        record(self.ticket, event, now=now, **data)

    @property
    def promise(self) -> Commitment:
        return promise_of(self.ticket)

    @property
    def clock(self) -> Clock:
        return Clock.objects.get(pk=self.ticket.clock_id)


@pytest.fixture
def story(support: Team, aiko: Agent, monday_at_ten: object) -> Story:
    return Story(a_ticket(), aiko)


# The log is enough


def nothing_happens(story: Story) -> None:
    """Only the inquiry."""


def kept(story: Story) -> None:
    story.reply(at(11), promise=at(16))
    story.reply(at(15, 59, 59), promise=at(10, day=6))


def solved_by_the_first_reply(story: Story) -> None:
    story.reply(at(11))


def answered_late(story: Story) -> None:
    story.reply(at(14, 40), promise=at(17))


def answered_late_twice(story: Story) -> None:
    story.reply(at(14, 40), promise=at(15))
    story.reply(at(9, 30, day=6), promise=at(12, day=6))


def ignored_for_a_day(story: Story) -> None:
    story.note(at(13))
    story.note(at(15, 30, day=6))


def customer_writes_again(story: Story) -> None:
    story.customer_writes(at(10, 30))
    story.reply(at(11), promise=at(16))
    story.customer_writes(at(12))
    story.customer_writes(at(12, 1))
    story.reply(at(13), promise=at(17))


def customer_reopens(story: Story) -> None:
    story.reply(at(11))
    story.customer_writes(at(15))


def solved_without_a_word(story: Story) -> None:
    story.solve(at(12))


def solved_when_it_was_late(story: Story) -> None:
    story.solve(at(14, 30))


def customer_solves_it(story: Story) -> None:
    story.reply(at(11), promise=at(16))
    story.solve(at(12), by_customer=True)


def agent_reopens(story: Story) -> None:
    story.reply(at(11))
    story.reopen(at(16))
    story.reply(at(17, 30), promise=at(9, 30, day=7))


def reopened_again_and_again(story: Story) -> None:
    for day in (5, 6, 7, 8):
        story.reply(at(11, day=day))
        story.customer_writes(at(12, day=day))
        story.solve(at(13, day=day))
        story.reopen(at(14, day=day))


def handed_around(story: Story) -> None:
    story.assign(at(10, 5), to=story.agent)
    story.assign(at(10, 6), to=None)
    story.note(at(10, 7))
    story.reply(at(11), promise=at(16))
    story.note(at(16, 30))


def promised_for_a_sunday(story: Story) -> None:
    story.reply(at(11), promise=at(12, day=11))
    story.customer_writes(at(10, day=12))


def turns_out_to_be_urgent(story: Story) -> None:
    story.happens("priority", at(11), to="urgent")
    story.reply(at(12), promise=at(13))
    story.happens("priority", at(14), to="low")


def on_hold_and_back(story: Story) -> None:
    story.reply(at(11), promise=at(16))
    story.happens("status", at(12), to="on_hold")
    story.customer_writes(at(13))


def waits_for_the_customer(story: Story) -> None:
    story.reply(at(11), promise=at(16))
    story.happens("status", at(12), to="pending_customer")
    story.customer_writes(at(10, day=6))


def taken_for_spam(story: Story) -> None:
    story.happens("status", at(14, 10), to="spam")
    story.happens("status", at(15), to="open")


STORIES = [
    *(nothing_happens, kept, solved_by_the_first_reply, answered_late, answered_late_twice),
    *(ignored_for_a_day, customer_writes_again, customer_reopens, solved_without_a_word),
    *(solved_when_it_was_late, customer_solves_it, agent_reopens, reopened_again_and_again),
    *(handed_around, promised_for_a_sunday, turns_out_to_be_urgent, on_hold_and_back),
    *(waits_for_the_customer, taken_for_spam),
]
every_story = pytest.mark.parametrize("happens", STORIES, ids=lambda story: story.__name__)
END = at(10, day=16)


@every_story
@pytest.mark.parametrize("is_swept", [True, False], ids=["swept in between", "not swept"])
def test_stored_rows_are_what_the_log_says(
    story: Story, happens: Callable[[Story], None], is_swept: bool
):
    story.is_swept = is_swept
    happens(story)
    now = story.now
    for _ in range(30):
        assert differences(story.clock, now=now) == []
        now += timedelta(hours=2)
        sweep_due(now=now)


@every_story
def test_rebuilding_a_clock_twice_changes_nothing(story: Story, happens: Callable[[Story], None]):
    happens(story)
    sweep_due(now=END)
    before = everything_stored()

    for _ in range(2):
        rebuild(story.clock, now=END)
        assert everything_stored() == before


@every_story
def test_commitments_can_be_made_anew_from_the_log_alone(
    story: Story, happens: Callable[[Story], None]
):
    happens(story)
    sweep_due(now=END)
    before = as_stored(story.ticket)

    story.ticket.clock.commitments.all().delete()
    rebuild(story.clock, now=END)

    assert as_stored(story.ticket) == before


def as_stored(ticket: Ticket) -> list[dict[str, Any]]:
    """The rows of the clock without what only the sweep knows."""
    rows = ticket.clock.commitments.order_by("kind", "cycle")
    return list(rows.values("kind", "cycle", "policy_version", *COMPARED))


@every_story
def test_every_story_has_one_live_promise_while_it_is_owed(
    story: Story, happens: Callable[[Story], None]
):
    happens(story)

    is_owed = story.clock.status in {"new", "open", "pending_customer", "on_hold"}
    assert story.ticket.clock.commitments.live().promises().count() == int(is_owed)


def test_a_damaged_schedule_is_mended_by_the_next_event(story):
    promise = story.promise
    for damaged in (5, {"step": "breach"}, [["soon", "breach", 0]], [[1, "breach", 0, "more"]]):
        Commitment.objects.filter(pk=promise.pk).update(schedule=damaged)
        story.customer_writes(at(12))
        assert story.promise.schedule == promise.schedule


# An event in the very second between due and sweep

EVENTS: dict[str, Callable[[Story, datetime], None]] = {
    "the customer writes": Story.customer_writes,
    "a note": Story.note,
    "the priority changes": lambda story, now: story.happens("priority", now, to="high"),
    "the ticket is put on hold": lambda story, now: story.happens("status", now, to="on_hold"),
}
every_event = pytest.mark.parametrize("happens", EVENTS.values(), ids=EVENTS.keys())


@every_event
@pytest.mark.parametrize("second", [0, 0.5, 1, 1.9, 2])
def test_an_event_around_the_due_second_neither_loses_nor_doubles_the_alarm(
    story: Story, happens: Callable[[Story, datetime], None], second: float
):
    only_the_promise(story.ticket)
    happens(story, at(14, 0, second))
    for sweep_at in (2, 3, 4):
        sweep_due(now=at(14, 0, sweep_at))

    promise = story.promise
    assert (promise.state, promise.breached_at) == ("breached", DUE)
    assert promise.detected_at == at(14, 0, 2)
    assert alarms_of(promise) == [1]
    assert [(each.level, each.at, each.is_skipped) for each in promise.escalations.all()] == [
        (1, DUE, False)
    ]


@every_event
def test_an_event_just_after_the_alarm_does_not_repeat_it(
    story: Story, happens: Callable[[Story, datetime], None]
):
    only_the_promise(story.ticket)
    sweep_due(now=at(14, 0, 1))
    happens(story, at(14, 0, 1.5))
    sweep_due(now=at(14, 0, 2))

    assert alarms_of(story.promise) == [1]
    assert story.promise.detected_at == at(14, 0, 1)


@every_event
def test_an_event_before_the_sweep_of_a_higher_level_does_not_lose_it(
    story: Story, happens: Callable[[Story, datetime], None]
):
    only_the_promise(story.ticket)
    sweep_due(now=at(14, 0, 1))
    happens(story, at(14, 15, 0.2))
    sweep_due(now=at(14, 15, 0.9))
    happens(story, at(15))
    sweep_due(now=at(15, 0, 1))

    levels = story.promise.escalations.order_by("level").values_list("level", "is_skipped")
    assert list(levels) == [(1, False), (2, False), (3, False)]


def test_an_event_before_the_sweep_of_a_warning_does_not_lose_it(story):
    only_the_promise(story.ticket)
    story.customer_writes(at(13, 0, 0.2))
    sweep_due(now=at(13, 0, 0.9))
    sweep_due(now=at(13, 0, 2))

    assert [each.percent for each in CommitmentWarning.objects.all()] == [75]
    assert Notification.objects.filter(kind=Notification.Kind.WARNING).count() == 1


def alarms_of(commitment: Commitment) -> list[int]:
    """The level of each alarm that was given."""
    alarms = Notification.objects.filter(kind=BREACH, facts__commitment=commitment.pk)
    return [alarm.facts["level"] for alarm in alarms.order_by("pk")]


# Kept, late, and in between


def test_a_reply_in_the_due_second_keeps_the_promise(story):
    promise = story.promise
    story.reply(at(14, 0, 0.9), promise=at(17))
    sweep_due(now=at(14, 0, 1))

    promise.refresh_from_db()
    assert (promise.state, promise.met_at, promise.ended_at) == ("met", DUE, DUE)
    assert promise.breached_at is None
    assert not Notification.objects.filter(kind=BREACH).exists()


def test_a_late_reply_closes_the_promise_and_it_counts_as_broken(story):
    promise = story.promise
    sweep_due(now=at(14, 0, 1))
    sweep_due(now=at(14, 15))
    story.reply(at(14, 40), promise=at(17))
    sweep_due(now=at(15, 30))

    promise.refresh_from_db()
    assert (promise.state, promise.breached_at) == ("breached", DUE)
    assert promise.met_at == promise.ended_at == at(14, 40)
    assert promise.end_reason == "contact"
    assert promise.next_check_at is None
    levels = promise.escalations.order_by("level").values_list("level", "at", "is_skipped")
    assert list(levels) == [(1, DUE, False), (2, at(14, 15), False)]
    assert story.promise.due_at == at(17)


def test_a_late_reply_before_any_sweep_is_late_all_the_same_and_alarms_nobody(story):
    promise = story.promise
    story.reply(at(14, 20), promise=at(17))
    sweep_due(now=at(14, 21))

    promise.refresh_from_db()
    assert (promise.state, promise.breached_at) == ("breached", DUE)
    assert promise.detected_at == promise.met_at == at(14, 20)
    levels = promise.escalations.order_by("level").values_list("level", "is_skipped")
    assert list(levels) == [(1, True), (2, True)]
    assert not Notification.objects.filter(kind=BREACH).exists()


def test_fulfilment_beats_detection_when_the_reply_commits_late(story):
    """Somebody pressed "Send" in time; the sweep was faster than the transaction."""
    promise = story.promise
    sweep_due(now=at(14, 0, 1))
    story.reply(at(14), promise=at(17))

    promise.refresh_from_db()
    assert (promise.state, promise.met_at, promise.breached_at) == ("met", DUE, None)
    assert Notification.objects.filter(kind=SETTLED).count() == 1
    assert differences(story.clock, now=at(14, 0, 2)) == []


def test_steps_of_a_commitment_that_ended_are_recorded_once(story):
    sweep_due(now=at(13, 0, 1))
    sweep_due(now=at(14, 0, 1))
    story.reply(at(15, 30), promise=at(17))
    before = everything_stored()
    rebuild(story.clock, now=at(15, 30))

    assert everything_stored() == before
    levels = Escalation.objects.filter(commitment__kind=Kind.PROMISE).order_by("level")
    assert [(each.level, each.is_skipped) for each in levels] == [(1, False), (2, True), (3, True)]


# PostgreSQL guards the promise

PROMISE = "WHERE kind = 'promise' AND ended_at IS NULL"
END_IT = f"UPDATE sla_commitment SET ended_at = now(), next_check_at = NULL {PROMISE}"
FORBIDDEN_WHILE_OWED = {
    "ending it": END_IT,
    "deleting it": f"DELETE FROM sla_commitment {PROMISE}",
    "resolving the clock beside it": "UPDATE sla_clock SET status = 'resolved'",
    "a clock without one": """
        INSERT INTO sla_clock (customer_id, team_id, policy_version_id, priority, status, label, path)
        SELECT customer_id, team_id, policy_version_id, priority, 'open', label, path FROM sla_clock
    """,
}
DOUBLE_IT = f"""
    INSERT INTO sla_commitment
        (clock_id, kind, cycle, state, source, policy_version_id, started_at, due_at, end_reason,
         schedule, failures)
    SELECT clock_id, kind, cycle + 1, state, source, policy_version_id, started_at, due_at, '',
         schedule, 0
    FROM sla_commitment {PROMISE}
"""
FORBIDDEN_WHEN_RESOLVED = {
    "reopening the clock without one": "UPDATE sla_clock SET status = 'open'",
    "reviving the last one": """
        UPDATE sla_commitment SET ended_at = NULL WHERE kind = 'promise'
    """,
}


@pytest.fixture
def committed_ticket(committed_agent: Agent) -> Ticket:
    return a_ticket()


@pytest.mark.parametrize("sql", FORBIDDEN_WHILE_OWED.values(), ids=FORBIDDEN_WHILE_OWED.keys())
def test_no_transaction_takes_the_promise_from_an_unresolved_clock(committed_ticket, sql):
    fails_at_commit(sql)
    assert committed_ticket.clock.commitments.live().promises().count() == 1


@pytest.mark.parametrize(
    "sql", FORBIDDEN_WHEN_RESOLVED.values(), ids=FORBIDDEN_WHEN_RESOLVED.keys()
)
def test_no_transaction_gives_a_resolved_clock_a_promise_or_wakes_it_without_one(
    committed_ticket, committed_agent, sql
):
    solve(committed_ticket, agent=committed_agent)

    fails_at_commit(sql)
    committed_ticket.clock.refresh_from_db()
    assert committed_ticket.clock.status == "resolved"


def test_a_second_live_promise_is_refused_at_once(committed_ticket):
    with pytest.raises(IntegrityError, match="one_live_promise_per_clock"), transaction.atomic():
        execute(DOUBLE_IT)


def test_ending_one_promise_and_making_the_next_in_one_transaction_is_the_way(committed_ticket):
    with transaction.atomic():
        execute(
            f"CREATE TEMPORARY TABLE old ON COMMIT DROP AS SELECT * FROM sla_commitment {PROMISE}"
        )
        execute(END_IT)
        execute("UPDATE old SET id = nextval(pg_get_serial_sequence('sla_commitment', 'id'))")
        execute("UPDATE old SET cycle = cycle + 1")
        execute("INSERT INTO sla_commitment SELECT * FROM old")

    assert committed_ticket.clock.commitments.promises().count() == 2
    assert committed_ticket.clock.commitments.live().promises().count() == 1


def test_a_clock_may_go_with_everything_it_owed(committed_ticket):
    with transaction.atomic():
        Ticket.objects.filter(pk=committed_ticket.pk).delete()
        committed_ticket.clock.delete()

    assert not Commitment.objects.exists()


def fails_at_commit(sql: str) -> None:
    """The statement passes by itself, and its transaction does not."""
    transaction.set_autocommit(False)
    try:
        execute(sql)
        with pytest.raises(IntegrityError, match="live promise"):
            transaction.commit()
    finally:
        transaction.rollback()
        transaction.set_autocommit(True)


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
