"""A letter that failed for good is no contact: the ticket stands as if it had not been sent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError

from accounts.models import Agent, Notification
from mail.models import OutboundEmail
from sla.checking import differences
from sla.models import Clock, Commitment, Kind
from sla.sweep import sweep_due
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_ticket
from tests.tickets.test_consistency import check
from tickets.models import Message, Ticket
from tickets.services import undelivered
from tickets.services.handling import assign, solve
from tickets.services.holding import hold_due_promises
from tickets.services.merging import merge_tickets, separate_tickets
from tickets.services.replying import Reply, receive_reply, reply_to_customer
from tickets.services.undelivered import take_up_failures
from tickets.services.waiting import fire_due_waits

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]

UNKNOWN = "SMTPRecipientsRefused: {'hana@example.com': (550, b'5.1.1 User unknown')}"


def at(hour: int, minute: int = 0, second: float = 0, *, day: int = 5) -> datetime:
    """An instant of that week in Tokyo. The first promise is for Monday 14:00."""
    moment = MONDAY_AT_TEN.replace(day=day, hour=hour, minute=minute)
    return moment + timedelta(seconds=second)


def reply(ticket: Ticket, agent: Agent, now: datetime, **fields: Any) -> Message:
    fields = fields or {"promise_at": now + timedelta(hours=2)}
    return reply_to_customer(ticket, Reply(body="調べます。", **fields), agent=agent, now=now)


def comes_back(letter: OutboundEmail | None, now: datetime) -> None:
    """The mail server has said no, and the ticket hears of it."""
    assert letter is not None
    OutboundEmail.objects.filter(pk=letter.pk).update(
        state="failed", next_try_at=None, failed_at=now, report_after=now, last_error=UNKNOWN
    )
    assert take_up_failures(now=now) == 1


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.select_related("clock").get(pk=ticket.pk)


def everything_agrees(ticket: Ticket, now: datetime) -> None:
    assert differences(Clock.objects.get(pk=ticket.clock_id), now=now) == []
    check(ticket, now=now)


def rows(ticket: Ticket, kind: str) -> list[tuple[int, str, str]]:
    commitments = ticket.clock.commitments.filter(kind=kind).order_by("pk")
    return list(commitments.values_list("cycle", "state", "end_reason"))


def breaches_told(agent: Agent) -> list[tuple[str, int]]:
    told = agent.notifications.filter(kind=Notification.Kind.BREACH).order_by("pk")
    return [(each.facts["kind"], each.facts["level"]) for each in told]


# What is owed again


def test_what_the_reply_kept_is_owed_again_and_what_it_promised_never_was(aiko: Agent):
    ticket = a_ticket()
    message = reply(ticket, aiko, at(11), promise_at=at(16))

    comes_back(message.email, at(11, 5))

    ticket = fresh(ticket)
    assert (ticket.status, ticket.next_contact_at, ticket.next_due_at) == ("new", at(14), at(14))
    assert rows(ticket, Kind.PROMISE) == [(1, "active", ""), (2, "cancelled", "withdrawn")]
    assert rows(ticket, Kind.FIRST_REPLY) == [(1, "active", "")]
    assert rows(ticket, Kind.UPDATE) == [(1, "cancelled", "withdrawn")]
    everything_agrees(ticket, at(11, 5))


def test_what_is_late_by_then_is_broken_at_its_nominal_time_and_announced_once(aiko: Agent):
    ticket = a_ticket()
    message = reply(ticket, aiko, at(13), promise_at=at(17))
    sweep_due(now=at(14, 20))
    assert breaches_told(aiko) == []

    comes_back(message.email, at(14, 20))
    for second in (1, 2, 60):
        sweep_due(now=at(14, 20, second))
        everything_agrees(ticket, at(14, 20, second))

    promise = ticket.clock.commitments.get(kind=Kind.PROMISE, cycle=1, end_reason="")
    assert (promise.state, promise.breached_at) == ("breached", at(14))
    assert promise.detected_at == at(14, 20, 1)
    # Level 1 at once; level 2 fifteen minutes late had passed too, and only the highest speaks.
    escalations = promise.escalations.order_by("level").values_list("level", "is_skipped")
    assert list(escalations) == [(1, True), (2, False)]
    alarms = Notification.objects.filter(facts__commitment=promise.pk, facts__level=2)
    assert alarms.exists()
    assert not Notification.objects.filter(facts__commitment=promise.pk, facts__level=1).exists()
    sweep_due(now=at(15, 0, 1))
    assert promise.escalations.count() == 3


def test_what_was_broken_before_the_late_reply_goes_on_escalating(aiko: Agent, ben: Agent):
    ticket = a_ticket()
    assign(ticket, to=aiko, by=aiko, now=at(10))
    sweep_due(now=at(14, 0, 1))
    message = reply(ticket, aiko, at(14, 5), promise_at=at(17))

    comes_back(message.email, at(14, 30))
    sweep_due(now=at(14, 30, 1))

    promise = ticket.clock.commitments.get(kind=Kind.PROMISE, cycle=1, end_reason="")
    assert (promise.state, promise.breached_at, promise.ended_at) == ("breached", at(14), None)
    assert promise.detected_at == at(14, 0, 1)
    escalations = promise.escalations.order_by("level").values_list("level", "is_skipped")
    assert list(escalations) == [(1, False), (2, False)]
    assert len(breaches_told(aiko)) == 1
    assert len(breaches_told(ben)) == 1
    everything_agrees(ticket, at(14, 30, 1))


def test_warnings_of_the_time_in_between_are_given_once(aiko: Agent):
    ticket = a_ticket()
    assign(ticket, to=aiko, by=aiko, now=at(10))
    sweep_due(now=at(13))
    message = reply(ticket, aiko, at(13, 10), promise_at=at(17))

    comes_back(message.email, at(13, 50))
    sweep_due(now=at(13, 50, 1))

    promise = ticket.clock.commitments.get(kind=Kind.PROMISE, cycle=1, end_reason="")
    assert [each.percent for each in promise.warnings.order_by("percent")] == [75, 90]
    warnings = aiko.notifications.filter(facts__commitment=promise.pk)
    assert [each.facts["percent"] for each in warnings.order_by("pk")] == [75, 90]


def test_the_customers_question_stays_unanswered(aiko: Agent):
    ticket = a_ticket()
    reply(ticket, aiko, at(11), promise_at=at(16))
    receive_reply(ticket, body="まだでしょうか。", now=at(12))
    message = reply(ticket, aiko, at(12, 30), promise_at=at(17))
    assert rows(ticket, Kind.NEXT_REPLY) == [(1, "met", "contact")]

    comes_back(message.email, at(12, 40))

    (waiting,) = ticket.clock.commitments.filter(kind=Kind.NEXT_REPLY)
    assert (waiting.state, waiting.started_at, waiting.ended_at) == ("active", at(12), None)
    assert rows(ticket, Kind.UPDATE) == [
        *[(1, "active", ""), (2, "cancelled", "withdrawn")],
    ]
    assert fresh(ticket).next_contact_at == at(16)
    everything_agrees(ticket, at(12, 40))


def test_a_question_after_an_answer_that_never_came_belongs_to_the_first(aiko: Agent):
    ticket = a_ticket()
    message = reply(ticket, aiko, at(11), promise_at=at(16))
    receive_reply(ticket, body="まだでしょうか。", now=at(12))
    assert rows(ticket, Kind.NEXT_REPLY) == [(1, "active", "")]

    comes_back(message.email, at(12, 30))

    assert rows(ticket, Kind.NEXT_REPLY) == [(1, "cancelled", "withdrawn")]
    (waiting,) = ticket.clock.commitments.filter(kind=Kind.FIRST_REPLY)
    assert (waiting.state, waiting.started_at) == ("active", at(10))
    everything_agrees(ticket, at(12, 30))


def test_a_ticket_that_the_reply_had_solved_is_open_again(aiko: Agent):
    ticket = a_ticket()
    message = reply(ticket, aiko, at(11), solves=True)
    assert fresh(ticket).resolved_at == at(11)

    comes_back(message.email, at(11, 5))

    ticket = fresh(ticket)
    assert (ticket.status, ticket.resolved_at, ticket.next_contact_at) == ("new", None, at(14))
    assert rows(ticket, Kind.RESOLUTION) == [(1, "active", "")]
    assert ticket.reopen_count == 0
    assert (ticket.is_last_word_ours, ticket.preview) == (
        *(False, "昨日から印刷できません。どうすればよいですか。"),
    )
    everything_agrees(ticket, at(11, 5))


def test_a_customer_who_came_back_was_never_gone(aiko: Agent):
    ticket = a_ticket()
    message = reply(ticket, aiko, at(11), solves=True)
    receive_reply(ticket, body="何も届きません。", now=at(12))
    assert [cycle for cycle, _, _ in rows(ticket, Kind.RESOLUTION)] == [1, 2]

    comes_back(message.email, at(12, 30))

    assert rows(ticket, Kind.RESOLUTION) == [(1, "active", ""), (2, "cancelled", "withdrawn")]
    assert fresh(ticket).is_unresolved
    assert fresh(ticket).next_contact_at == at(14)
    everything_agrees(ticket, at(12, 30))


def test_a_reply_that_reopened_leaves_the_ticket_open_for_somebody_to_see(aiko: Agent):
    ticket = a_ticket()
    solve(ticket, agent=aiko, now=at(11))
    message = reply(ticket, aiko, at(12), promise_at=at(16))

    comes_back(message.email, at(12, 5))

    ticket = fresh(ticket)
    assert (ticket.status, ticket.resolved_at) == ("open", None)
    # A new promise by default: what the letter named was never told.
    assert ticket.next_contact_at not in {None, at(16)}
    everything_agrees(ticket, at(12, 5))


def test_the_next_reply_makes_a_promise_of_its_own(aiko: Agent):
    ticket = a_ticket()
    lost = reply(ticket, aiko, at(11), promise_at=at(12))
    sweep_due(now=at(12, 20))
    assert ticket.clock.commitments.get(kind=Kind.PROMISE, cycle=2).escalations.count() == 2

    comes_back(lost.email, at(12, 30))
    reply(ticket, aiko, at(13), promise_at=at(13, 30))
    sweep_due(now=at(13, 30, 1))

    never_told, promised = ticket.clock.commitments.filter(kind=Kind.PROMISE, cycle=2).order_by(
        "pk"
    )
    assert (never_told.state, never_told.end_reason) == ("cancelled", "withdrawn")
    assert (promised.state, promised.breached_at) == ("breached", at(13, 30))
    assert [each.level for each in promised.escalations.all()] == [1]
    assert Notification.objects.filter(facts__commitment=promised.pk, facts__level=1).exists()
    everything_agrees(ticket, at(13, 30, 1))


def test_a_reply_that_did_arrive_keeps_its_promise_and_its_row(aiko: Agent):
    ticket = a_ticket()
    lost = reply(ticket, aiko, at(11), promise_at=at(15))
    reply(ticket, aiko, at(12), promise_at=at(16))
    sweep_due(now=at(12))
    promise = ticket.clock.commitments.promises().latest("pk")
    assert promise.cycle == 3

    comes_back(lost.email, at(12, 10))

    promise.refresh_from_db()
    assert (promise.cycle, promise.state, promise.due_at) == (2, "active", at(16))
    first = ticket.clock.commitments.get(kind=Kind.PROMISE, cycle=1)
    assert (first.state, first.met_at) == ("met", at(12))
    assert fresh(ticket).next_contact_at == at(16)
    everything_agrees(ticket, at(12, 10))


def test_the_reply_that_arrived_was_too_late_for_the_first_promise(aiko: Agent):
    ticket = a_ticket()
    lost = reply(ticket, aiko, at(11), promise_at=at(15))
    reply(ticket, aiko, at(14, 30), promise_at=at(17))

    comes_back(lost.email, at(16))
    sweep_due(now=at(16, 0, 1))

    first = ticket.clock.commitments.get(kind=Kind.PROMISE, cycle=1)
    assert (first.state, first.breached_at, first.met_at) == ("breached", at(14), at(14, 30))
    # It is settled already, so nobody is alarmed.
    assert breaches_told(aiko) == []
    everything_agrees(ticket, at(16, 0, 1))


# Reminders


def test_nobody_is_reminded_of_a_question_they_never_got(aiko: Agent):
    ticket = a_ticket()
    message = reply(ticket, aiko, at(11), asks=True)
    comes_back(message.email, at(11, 30))

    for day in range(6, 20):
        fire_due_waits(now=at(11, day=day))

    assert not OutboundEmail.objects.filter(letter="reminder").exists()
    assert fresh(ticket).status == "new"
    assert not ticket.clock.commitments.live().filter(kind=Kind.NUDGE_1).exists()


def test_a_reminder_of_the_question_before_comes_in_opening_hours_and_is_really_sent(aiko: Agent):
    ticket = a_ticket()
    reply(ticket, aiko, at(11), asks=True)
    again = reply(ticket, aiko, at(11, day=6), asks=True)
    # 18 working hours after the first question is Wednesday 11:00, and that has passed.
    night = at(22, day=7)

    comes_back(again.email, night)

    everything_agrees(ticket, night)
    assert not OutboundEmail.objects.filter(letter="reminder").exists()
    opening = at(9, day=8)
    (nudge,) = ticket.clock.commitments.live().filter(kind=Kind.NUDGE_1)
    assert nudge.due_at == fresh(ticket).next_contact_at == opening
    fire_due_waits(now=opening)
    assert OutboundEmail.objects.filter(letter="reminder").count() == 1
    everything_agrees(ticket, opening)


def test_a_closing_that_rested_on_a_lost_question_is_taken_back(aiko: Agent):
    ticket = a_ticket()
    message = reply(ticket, aiko, at(10), asks=True)
    for now in (at(10, day=7), at(10, day=9), at(10, day=14)):
        fire_due_waits(now=now)
    assert fresh(ticket).status == "closed"

    comes_back(message.email, at(11, day=14))

    ticket = fresh(ticket)
    assert (ticket.status, ticket.resolved_at, ticket.next_contact_at) == ("new", None, at(14))
    everything_agrees(ticket, at(11, day=14))
    sweep_due(now=at(11, 0, 1, day=14))
    promise = ticket.clock.commitments.get(kind=Kind.PROMISE, ended_at=None)
    assert promise.breached_at == at(14)


@pytest.mark.usefixtures("holding_notes")
def test_a_later_time_of_which_the_customer_never_heard_does_not_count(aiko: Agent):
    ticket = a_ticket()
    assert hold_due_promises(now=at(13, 40)) == 1
    assert fresh(ticket).next_contact_at != at(14)

    comes_back(OutboundEmail.objects.get(letter="holding"), at(13, 45))

    assert fresh(ticket).next_contact_at == at(14)
    everything_agrees(ticket, at(13, 45))
    assert hold_due_promises(now=at(13, 50)) == 0
    sweep_due(now=at(14, 0, 1))
    (promise,) = ticket.clock.commitments.promises().live()
    assert promise.breached_at == at(14)
    everything_agrees(ticket, at(14, 0, 1))


# Who hears of it


def test_author_and_assignee_are_told_once(aiko: Agent, ben: Agent):
    ticket = a_ticket()
    message = reply(ticket, aiko, at(11), promise_at=at(16))
    assign(ticket, to=ben, by=aiko, now=at(11, 1))

    comes_back(message.email, at(11, 5))
    assert take_up_failures(now=at(11, 6)) == 0

    told = Notification.objects.filter(kind=Notification.Kind.UNDELIVERED).order_by("agent__name")
    assert [(each.agent.name, each.facts["is_yours"]) for each in told.select_related("agent")] == [
        *[("Aiko", True), ("Ben", False)]
    ]
    assert {each.mail_after for each in told} == {at(11, 5)}
    assert {each.facts["customer"] for each in told} == {"山田花子"}


def test_at_night_people_are_written_to_at_the_next_opening(aiko: Agent):
    ticket = a_ticket()
    message = reply(ticket, aiko, at(11), promise_at=at(16))

    comes_back(message.email, at(22))

    told = Notification.objects.get(kind=Notification.Kind.UNDELIVERED)
    assert (told.created_at, told.mail_after) == (at(22), at(9, day=6))


def test_of_an_acknowledgement_the_team_hears_and_no_clock_moves(aiko: Agent, ben: Agent):
    ticket = a_ticket()
    before = list(ticket.clock.commitments.order_by("pk").values())

    comes_back(OutboundEmail.objects.get(), at(10, 1))

    told = Notification.objects.filter(kind=Notification.Kind.UNDELIVERED)
    assert {each.agent_id for each in told} == {aiko.pk, ben.pk}
    assert list(ticket.clock.commitments.order_by("pk").values()) == before
    assert ticket.events.get(kind="undelivered").facts == {
        "letter": "acknowledgement",
        "to": "hana@example.com",
        "reason": "no_such_address",
        "is_open_again": False,
    }


def test_of_a_merged_ticket_those_hear_who_have_the_other(aiko: Agent, ben: Agent):
    merged, goes_on = a_ticket(), a_ticket()
    message = reply(merged, aiko, at(11), promise_at=at(16))
    assign(goes_on, to=ben, by=ben, now=at(11))
    merge = merge_tickets(merged, into=goes_on, agent=ben, now=at(11, 30))

    comes_back(message.email, at(12))

    assert fresh(merged).status == "merged"
    assert goes_on.events.filter(kind="undelivered").count() == 1
    told = Notification.objects.filter(kind=Notification.Kind.UNDELIVERED)
    assert {each.agent_id for each in told} == {aiko.pk, ben.pk}
    assert {each.path for each in told} == {goes_on.clock.path}
    for ticket in (merged, goes_on):
        everything_agrees(ticket, at(12))
    separate_tickets(merge, agent=ben, now=at(12, 30))
    assert fresh(merged).next_contact_at == at(14)
    for ticket in (merged, goes_on):
        everything_agrees(ticket, at(12, 30))


def test_a_letter_that_concerns_no_ticket_is_left_alone(aiko: Agent):
    a_ticket()
    OutboundEmail.objects.update(
        thread="notice:1", state="failed", next_try_at=None, failed_at=at(10), report_after=at(10)
    )

    assert take_up_failures(now=at(11)) == 0
    assert OutboundEmail.objects.to_report().count() == 1


def test_trouble_with_one_letter_is_put_off_and_stops_nobody(aiko: Agent, monkeypatch):
    first, second = a_ticket(), a_ticket()
    letters = [reply(each, aiko, at(11)).email for each in (first, second)]
    OutboundEmail.objects.filter(pk__in=[letter.pk for letter in letters]).update(
        state="failed", next_try_at=None, failed_at=at(11), report_after=at(11)
    )
    record = undelivered.record

    def record_one(ticket: Ticket, *args: Any, **fields: Any) -> Any:
        if ticket == first:
            raise DatabaseError("no")
        return record(ticket, *args, **fields)

    monkeypatch.setattr(undelivered, "record", record_one)
    assert take_up_failures(now=at(11, 1)) == 2

    assert fresh(second).next_contact_at == at(14)
    assert OutboundEmail.objects.get(report_after=at(11, 11)) == letters[0]
    assert take_up_failures(now=at(11, 2)) == 0
    monkeypatch.undo()
    assert take_up_failures(now=at(11, 11)) == 1
    assert fresh(first).next_contact_at == at(14)
    assert not Commitment.objects.filter(kind=Kind.UPDATE, ended_at=None).exists()
