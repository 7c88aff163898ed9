"""A machine that lives through a desk with two tickets, by the real services and PostgreSQL.

After each step everything stored must be what the logs say. The engine's own machine, ten times
as thorough, is tests/sla/test_life_of_a_clock.py.
"""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from accounts.models import Notification
from accounts.services import add_member
from mail.models import OutboundEmail
from sla.checking import differences
from sla.editing import save_calendar, save_policy
from sla.engine.settings import WAITS
from sla.models import (
    UNRESOLVED,
    BusinessCalendar,
    Clock,
    ClockEvent,
    Commitment,
    CommitmentWarning,
    Escalation,
    Kind,
    Policy,
    Status,
)
from sla.presets import office_hours, standard_settings
from sla.sweep import sweep_due
from tests.conftest import MONDAY_AT_TEN, allow_holding_notes
from tests.factories import AgentFactory, TeamFactory, a_ticket
from tests.tickets.test_consistency import check
from tickets.events import EventKind
from tickets.exceptions import TicketError
from tickets.models import Ticket, TicketEvent
from tickets.queue import QueueFilter, queue_page
from tickets.services.handling import assign, reopen, solve
from tickets.services.holding import hold_due_promises
from tickets.services.recording import lock_ticket, record, save_change
from tickets.services.rematching import change_priority, continue_rematch, start_rematch
from tickets.services.replying import Reply, add_note, receive_reply, reply_to_customer
from tickets.services.undelivered import take_up_failures
from tickets.services.waiting import fire_due_waits

HOUR = 3600
TICKETS = 2
PAUSES = [1, 61, 40 * 60, 3 * HOUR, 7 * HOUR, 24 * HOUR, 5 * 24 * HOUR]
PROMISES = [1, 20 * 60, 2 * HOUR, 24 * HOUR, 9 * 24 * HOUR]
TABLES = (Clock, Commitment, CommitmentWarning, Escalation, Notification, OutboundEmail, Ticket)
somebody = st.sampled_from(["customer", "agent", "manager"])
some_ticket = st.integers(0, TICKETS - 1)


class LifeOfATicket(RuleBasedStateMachine):
    """Two tickets of one team; `now` is the only clock anybody reads."""

    def __init__(self) -> None:
        super().__init__()
        self.run = transaction.atomic()
        self.run.__enter__()
        self.now: datetime = MONDAY_AT_TEN

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.run.__exit__(None, None, None)

    @initialize(
        priorities=st.tuples(*[st.sampled_from(["urgent", "normal", "normal", "low"])] * TICKETS)
    )
    def a_desk_opens(self, priorities: tuple[str, ...]) -> None:
        allow_holding_notes()
        team = TeamFactory(is_default=True)
        self.aiko, self.ben = AgentFactory(name="Aiko"), AgentFactory(name="Ben")
        add_member(team, self.aiko)
        add_member(team, self.ben, is_lead=True)
        self.tickets = [
            a_ticket(now=self.now, email=f"c{number}@example.com", priority=priority)
            for number, priority in enumerate(priorities)
        ]
        self._everything_is_right()

    # Time

    @rule(seconds=st.sampled_from(PAUSES))
    def time_passes(self, seconds: int) -> None:
        self._the_system_works(self.now + timedelta(seconds=seconds))

    @rule(which=st.integers(0, 3), seconds=st.sampled_from([-1, 0, 0.5, 1]))
    def a_step_comes(self, which: int, seconds: float) -> None:
        """To the second in which the sweep has something to do, or beside it."""
        checks = list(
            Commitment.objects.exclude(next_check_at=None)
            .order_by("next_check_at")
            .values_list("next_check_at", flat=True)[:4]
        )
        if checks:
            step = checks[which % len(checks)] + timedelta(seconds=seconds)
            self._the_system_works(max(self.now, step))

    @rule(which=st.integers(0, TICKETS - 1), seconds=st.sampled_from([0, 0.5, 60]))
    def a_promise_is_about_to_break(self, which: int, seconds: float) -> None:
        moments = Commitment.objects.exclude(hold_at=None).order_by("hold_at", "pk")
        for hold_at in moments.values_list("hold_at", flat=True)[which : which + 1]:
            self._the_system_works(max(self.now, hold_at + timedelta(seconds=seconds)))

    @rule(seconds=st.sampled_from(PAUSES), number=some_ticket, who=somebody)
    def the_system_is_away(self, seconds: int, number: int, who: str) -> None:
        """People go on meanwhile: what was due is done later, and none of it is lost."""
        self._somebody_acts(self.now + timedelta(seconds=seconds), number, who)
        self._the_system_works(self.now + timedelta(seconds=1))

    @rule(number=some_ticket, who=somebody, seconds=st.sampled_from([0, 0.7, 20 * 60]))
    def somebody_acts_before_a_reminder_goes_out(
        self, number: int, who: str, seconds: float
    ) -> None:
        waits = self._fresh(number).clock.commitments.live().filter(kind__in=WAITS)
        due_at = waits.order_by("due_at").values_list("due_at", flat=True).first()
        if due_at is not None and due_at > self.now:
            self._the_system_works(due_at - timedelta(seconds=1))
            self._somebody_acts(due_at + timedelta(seconds=seconds), number, who)
            self._the_system_works(self.now + timedelta(seconds=1))

    def _somebody_acts(self, now: datetime, number: int, who: str) -> None:
        self.now = now
        ticket = self.tickets[number]
        if who == "customer":
            receive_reply(ticket, body="Hm.", now=now)
        elif who == "manager":
            change_priority(ticket, to="high", by=self.ben, now=now)
        else:
            reply_to_customer(ticket, Reply(body="Hm.", asks=True), agent=self.aiko, now=now)

    # People

    @rule(
        number=some_ticket,
        how=st.sampled_from(
            ["solves", "asks", "asks", "promises", "promises", "asks and promises"]
        ),
        promise_in=st.sampled_from(PROMISES),
    )
    def an_agent_answers(self, number: int, how: str, promise_in: int) -> None:
        promise_at = self.now + timedelta(seconds=promise_in) if "promises" in how else None
        reply = Reply(
            body="はい。", solves=how == "solves", asks="asks" in how, promise_at=promise_at
        )
        self._do(reply_to_customer, number, reply, agent=self.aiko)

    @rule(number=some_ticket)
    def the_customer_writes(self, number: int) -> None:
        self._do(receive_reply, number, body="まだでしょうか。")

    @rule(number=some_ticket, by_customer=st.booleans())
    def it_is_solved(self, number: int, by_customer: bool) -> None:
        self._do(solve, number, agent=None if by_customer else self.aiko)

    @rule(number=some_ticket)
    def it_is_reopened(self, number: int) -> None:
        self._do(reopen, number, agent=self.aiko)

    @rule(number=some_ticket, to=st.sampled_from(["aiko", "ben", None]))
    def it_changes_hands(self, number: int, to: str | None) -> None:
        promises = self._promises()
        self._do(assign, number, to=getattr(self, to) if to else None, by=self.ben)
        assert self._promises() == promises

    @rule(number=some_ticket)
    def a_note_is_written(self, number: int) -> None:
        before = commitments()
        self._do(add_note, number, body="Hm.", agent=self.aiko)
        assert commitments() == before

    @rule(number=some_ticket, to=st.sampled_from(["urgent", "high", "normal", "low"]))
    def the_priority_changes(self, number: int, to: str) -> None:
        promises = self._promises()
        self._do(change_priority, number, to=to, by=self.aiko)
        assert self._promises() == promises

    # What no service does yet, by the one step they all share

    @rule(number=some_ticket, to=st.sampled_from([Status.ON_HOLD, Status.OPEN]))
    def it_is_put_on_hold_or_taken_up(self, number: int, to: Status) -> None:
        if self._fresh(number).is_unresolved:
            self._record(number, "status", to=to)

    @rule(number=some_ticket)
    def no_reply_is_needed(self, number: int) -> None:
        self._record(number, "no_reply_needed")

    @rule(which=st.integers(0, 5), seconds=st.sampled_from([0, 1, 40 * 60, 24 * HOUR]))
    def a_letter_comes_back(self, which: int, seconds: int) -> None:
        """As if it had never been sent, at once or long after others were."""
        letters = list(OutboundEmail.objects.waiting().exclude(thread="").order_by("-pk"))
        if not letters:
            return
        self._the_system_works(self.now + timedelta(seconds=seconds))
        letter = letters[which % len(letters)]
        OutboundEmail.objects.filter(pk=letter.pk).update(
            state="failed", next_try_at=None, failed_at=self.now, report_after=self.now
        )
        was_open = set(Ticket.objects.unresolved())
        assert take_up_failures(now=self.now) == 1
        assert not OutboundEmail.objects.to_report().exists()
        assert set(Ticket.objects.unresolved()) >= was_open
        self._everything_is_right(is_swept=False)
        self._the_system_works(self.now + timedelta(seconds=1))

    # The administrator

    @rule(factor=st.sampled_from([0.5, 1, 2]), kind=st.sampled_from(["first_reply", "resolution"]))
    def a_policy_is_edited(self, factor: float, kind: str) -> None:
        policy = Policy.objects.get(is_default=True)
        edited: dict[str, Any] = deepcopy(standard_settings()) | {"holding_note": True}
        for targets in edited["targets"].values():
            targets[kind] = int(targets[kind] * factor)
        save_policy(
            policy=policy,
            name=policy.name,
            calendar=policy.calendar,
            conditions={},
            settings=edited,
        )
        self._rematch()

    @rule(change=st.sampled_from([{}, {"closed": ["10-07..10-09"]}, {"open": {"2026-10-10": []}}]))
    def the_hours_are_edited(self, change: dict[str, Any]) -> None:
        calendar = BusinessCalendar.objects.get(is_default=True)
        hours = {**office_hours("Asia/Tokyo"), **change}
        save_calendar(calendar=calendar, name=calendar.name, hours=hours)
        self._rematch()

    def _rematch(self) -> None:
        promises = self._promises()
        start_rematch(now=self.now)
        while continue_rematch(now=self.now):
            pass
        assert self._promises() == promises
        self._everything_is_right()

    # What must be right at any time

    def _the_system_works(self, now: datetime) -> None:
        self.now = now
        sweep_due(now=now)
        fire_due_waits(now=now)
        hold_due_promises(now=now)
        self._everything_is_right()

    def _everything_is_right(self, *, is_swept: bool = True) -> None:
        for number in range(TICKETS):
            ticket = self._fresh(number)
            assert differences(ticket.clock, now=self.now) == []
            check(ticket, now=self.now)
            self._has_one_promise(ticket)
        self._the_database_agrees()
        self._steps_are_unique()
        self._reminders_that_count_were_written()
        self._notes_that_count_were_written()
        self._the_queue_is_in_order()
        if is_swept:
            self._a_second_pass_changes_nothing()

    def _has_one_promise(self, ticket: Ticket) -> None:
        promises = ticket.clock.commitments.live().promises().count()
        assert promises == (1 if ticket.status in UNRESOLVED else 0)

    def _the_database_agrees(self) -> None:
        """Its deferred rules, which otherwise speak when a transaction ends."""
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")

    def _steps_are_unique(self) -> None:
        for model, key in (
            (OutboundEmail, ("dedupe_key",)),
            (Notification, ("dedupe_key",)),
            (Escalation, ("commitment", "level")),
            (CommitmentWarning, ("commitment", "percent")),
        ):
            rows = list(model.objects.values_list(*key))
            assert len(rows) == len(set(rows))
        broken = Commitment.objects.filter(state="breached")
        assert not broken.exclude(breached_at__lt=self.now).exists()

    def _reminders_that_count_were_written(self) -> None:
        fired = Commitment.objects.filter(kind__in=WAITS, end_reason="fired")
        written = OutboundEmail.objects.filter(dedupe_key__startswith="wait:")
        letters = written.values_list("dedupe_key", flat=True)
        keys = {f"wait:{pk}" for pk in fired.values_list("pk", flat=True)}
        # What rests on a letter that came back counts no longer, and was written all the same.
        withdrawn = Commitment.objects.filter(kind__in=WAITS, end_reason=Commitment.WITHDRAWN)
        keys |= {f"wait:{pk}" for pk in withdrawn.values_list("pk", flat=True)} & set(letters)
        assert set(letters) == keys

    def _notes_that_count_were_written(self) -> None:
        letters = OutboundEmail.objects.filter(dedupe_key__startswith="held:").count()
        assert letters == ClockEvent.objects.filter(type="held").count()
        assert letters == TicketEvent.objects.filter(kind=EventKind.HELD).count()

    def _the_queue_is_in_order(self) -> None:
        chosen = QueueFilter(state="open")
        numbers = [row["number"] for row in queue_page(chosen, agent=self.ben, now=self.now).rows]
        due = {
            ticket.number: (earliest_due(ticket), ticket.pk)
            for ticket in Ticket.objects.unresolved().select_related("clock")
        }
        assert numbers == sorted(due, key=lambda number: due[number])

    def _a_second_pass_changes_nothing(self) -> None:
        before = stored()
        sweep_due(now=self.now)
        fire_due_waits(now=self.now)
        hold_due_promises(now=self.now)
        assert stored() == before

    # Steps

    def _do(self, service: Any, number: int, *arguments: Any, **fields: Any) -> None:
        """What cannot be done leaves no trace."""
        before = stored()
        try:
            service(self._fresh(number), *arguments, now=self.now, **fields)
        except TicketError:
            assert stored() == before
        self._everything_is_right()

    def _record(self, number: int, event: str, **data: object) -> None:
        ticket = lock_ticket(self.tickets[number])
        record(ticket, event, now=self.now, **data)
        save_change(ticket, now=self.now)
        self._everything_is_right()

    def _fresh(self, number: int) -> Ticket:
        return Ticket.objects.select_related("clock").get(pk=self.tickets[number].pk)

    def _promises(self) -> list[tuple[Any, ...]]:
        """What customers were told."""
        rows = Commitment.objects.filter(kind=Kind.PROMISE).order_by("pk")
        return list(rows.values_list("pk", "due_at", "source", "ended_at"))


def commitments() -> list[tuple[Any, ...]]:
    return list(Commitment.objects.order_by("pk").values_list())


def earliest_due(ticket: Ticket) -> datetime:
    """What is due first; who asks for news has been waiting since they first did."""
    dues = ticket.clock.commitments.live().values_list("due_at", flat=True)
    return min(due_at for due_at in [*dues, ticket.chased_at] if due_at)


def stored() -> list[str]:
    """All that a sweep or a service can write, in short."""
    tables = [model._meta.db_table for model in TABLES]
    digests = (f"(SELECT md5(string_agg(t::text, '|' ORDER BY id)) FROM {t} t)" for t in tables)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(digests)}")
        return list(cursor.fetchone())


@pytest.mark.django_db
def test_everything_stored_is_what_the_logs_say_after_every_step_of_a_life() -> None:
    run_state_machine_as_test(
        LifeOfATicket,
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
