from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.models import Agent
from mail.models import OutboundEmail
from sla.models import Kind
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_customer, a_ticket, an_inquiry
from tickets.exceptions import PromiseInThePast, PromiseMissing, PromiseTooFar, SomebodyAnswered
from tickets.models import Message, Ticket
from tickets.services.handling import solve
from tickets.services.replying import Reply, add_note, receive_reply, reply_to_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]

AT_THREE = MONDAY_AT_TEN.replace(hour=15)


def test_a_reply_keeps_the_first_promise_and_makes_the_next(aiko: Agent):
    ticket = a_ticket()

    reply_to_customer(ticket, Reply(body="調べます。", promise_at=AT_THREE), agent=aiko)

    ticket.refresh_from_db()
    assert (ticket.status, ticket.next_contact_at) == ("open", AT_THREE)
    first, second = ticket.clock.commitments.promises().order_by("pk")
    assert (first.state, first.met_at) == ("met", MONDAY_AT_TEN)
    assert (second.state, second.due_at, second.ended_at) == ("active", AT_THREE, None)
    assert ticket.clock.commitments.get(kind=Kind.FIRST_REPLY).state == "met"


def test_whoever_answers_an_unassigned_ticket_has_it(aiko: Agent, ben: Agent):
    ticket = a_ticket()

    reply_to_customer(ticket, Reply(body="調べます。", promise_at=AT_THREE), agent=aiko)
    reply_to_customer(ticket, Reply(body="補足です。", promise_at=AT_THREE), agent=ben)

    ticket.refresh_from_db()
    assert ticket.assignee == ticket.clock.owner == aiko


def test_a_reply_that_leaves_the_ticket_open_needs_a_promise(aiko: Agent):
    ticket = a_ticket()

    with pytest.raises(PromiseMissing):
        reply_to_customer(ticket, Reply(body="調べます。"), agent=aiko)

    assert not Message.objects.filter(direction="outbound").exists()
    assert Ticket.objects.get().assignee is None


@pytest.mark.parametrize("ago", [timedelta(0), timedelta(seconds=1), timedelta(days=400)])
def test_nobody_promises_a_time_that_has_passed(aiko: Agent, ago: timedelta):
    ticket = a_ticket()

    with pytest.raises(PromiseInThePast):
        reply_to_customer(ticket, Reply(body="x", promise_at=MONDAY_AT_TEN - ago), agent=aiko)

    assert not Message.objects.filter(direction="outbound").exists()


@pytest.mark.parametrize("ahead", [timedelta(days=367), timedelta(days=365 * 7000)])
def test_nobody_promises_a_time_in_another_age(aiko: Agent, ahead: timedelta):
    ticket = a_ticket()

    with pytest.raises(PromiseTooFar):
        reply_to_customer(ticket, Reply(body="x", promise_at=MONDAY_AT_TEN + ahead), agent=aiko)

    assert not Message.objects.filter(direction="outbound").exists()


def test_a_promise_within_a_year_is_taken(aiko: Agent):
    ticket, next_year = a_ticket(), MONDAY_AT_TEN + timedelta(days=365)

    reply_to_customer(ticket, Reply(body="x", promise_at=next_year), agent=aiko)

    ticket.refresh_from_db()
    assert ticket.next_contact_at == next_year


def test_a_reply_that_solves_promises_nothing(aiko: Agent):
    ticket = a_ticket()

    reply_to_customer(ticket, Reply(body="直しました。", solves=True), agent=aiko)

    ticket.refresh_from_db()
    assert (ticket.status, ticket.resolved_at) == ("resolved", MONDAY_AT_TEN)
    assert (ticket.next_contact_at, ticket.next_due_at) == (None, None)
    assert not ticket.clock.commitments.live().exclude(next_check_at=None).exists()


def test_a_reply_with_a_promise_reopens_what_was_resolved(aiko: Agent):
    ticket = a_ticket()
    solve(ticket, agent=aiko)

    reply_to_customer(ticket, Reply(body="まだでした。", promise_at=AT_THREE), agent=aiko)

    ticket.refresh_from_db()
    assert (ticket.status, ticket.resolved_at, ticket.reopen_count) == ("open", None, 1)


def test_a_reply_to_an_older_state_of_the_thread_is_not_sent(aiko: Agent, ben: Agent):
    ticket = a_ticket()
    seen = ticket.revision
    receive_reply(ticket, body="もう直りました。")

    with pytest.raises(SomebodyAnswered):
        reply_to_customer(
            ticket,
            Reply(body="交換します。", promise_at=AT_THREE, seen_entries=seen),
            agent=aiko,
        )

    assert not Message.objects.filter(direction="outbound").exists()
    assert OutboundEmail.objects.filter(dedupe_key__startswith="reply:").count() == 0


def test_the_same_submission_sends_one_letter(aiko: Agent):
    ticket = a_ticket()
    reply = Reply(body="調べます。", promise_at=AT_THREE, seen_entries=1, submission_key=uuid4())

    messages = [reply_to_customer(ticket, reply, agent=aiko) for _ in range(3)]

    assert len({message.pk for message in messages}) == 1
    assert OutboundEmail.objects.filter(dedupe_key__startswith="reply:").count() == 1


def test_the_letter_says_what_was_written_and_promised_in_the_customers_language(aiko: Agent):
    ticket = a_ticket()

    message = reply_to_customer(
        ticket, Reply(body="調べます。\n佐藤", promise_at=AT_THREE), agent=aiko
    )

    letter = message.email
    assert letter.language == "ja"
    assert letter.text.startswith("山田花子様\n\n調べます。\n佐藤\n")
    assert "2026年10月5日(月) 15:00(日本時間) までに、次のご連絡をいたします。" in letter.text
    assert "担当 Aiko" in letter.text


@pytest.mark.parametrize(("language", "greeting"), [("ja", "お客様\n"), ("en", "Hello,\n")])
def test_a_customer_without_a_name_is_greeted_in_their_own_language(
    aiko: Agent, language: str, greeting: str
):
    customer = a_customer("nobody@example.com", name="", language=language)
    ticket = a_ticket(customer=customer, email="nobody@example.com", language=language)

    message = reply_to_customer(ticket, Reply(body="Hi.", solves=True), agent=aiko)

    assert message.email.text.startswith(greeting)


@pytest.mark.parametrize("name", ["山田様", "山田花子 様"])
def test_nobody_is_greeted_with_two_honorifics(aiko: Agent, name: str):
    customer = a_customer("sama@example.com", name=name)
    ticket = a_ticket(customer=customer, email="sama@example.com")

    message = reply_to_customer(ticket, Reply(body="調べます。", solves=True), agent=aiko)

    assert message.email.text.splitlines()[0].count("様") == 1


def test_a_customer_without_an_address_gets_no_letter_and_the_reply_is_kept(aiko: Agent):
    ticket = a_ticket(customer=a_customer(email="", phone="03-1234-5678"), email="")

    message = reply_to_customer(ticket, Reply(body="電話済みです。", solves=True), agent=aiko)

    assert message.email is None
    assert message.body == "電話済みです。"
    assert not OutboundEmail.objects.exists()


def test_a_note_is_in_no_letter_and_on_no_page_of_the_customer(aiko: Agent, client):
    opened = an_inquiry()
    add_note(opened.ticket, body="この客は要注意", agent=aiko)

    reply_to_customer(opened.ticket, Reply(body="調べます。", promise_at=AT_THREE), agent=aiko)

    assert "要注意" not in "".join(OutboundEmail.objects.values_list("text", flat=True))
    assert "要注意" not in client.get(f"/r/{opened.token}/").text


def test_a_note_moves_no_clock(aiko: Agent):
    ticket = a_ticket()
    before = list(ticket.clock.commitments.order_by("pk").values())

    add_note(ticket, body="確認中", agent=aiko)

    assert list(ticket.clock.commitments.order_by("pk").values()) == before
    assert ticket.clock.events.filter(type="outgoing").count() == 0


def test_the_same_note_is_kept_once(aiko: Agent):
    ticket, key = a_ticket(), uuid4()

    notes = {add_note(ticket, body="確認中", agent=aiko, submission_key=key) for _ in range(2)}

    assert len(notes) == ticket.notes.count() == 1
