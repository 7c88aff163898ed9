"""A customer who asks for news is marked, stands on top and is counted; a thanks moves nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Agent
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_ticket
from tests.mail.incoming import a_mail, arrives
from tickets.models import Message, Ticket
from tickets.queue import QueueFilter, queue_page
from tickets.services.handling import solve
from tickets.services.merging import merge_tickets, separate_tickets
from tickets.services.replying import Reply, receive_reply, reply_to_customer
from tickets.services.unsending import take_back

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support")]

AT_NOON = MONDAY_AT_TEN.replace(hour=12)
AT_THREE = MONDAY_AT_TEN.replace(hour=15)


def answered(aiko: Agent, *, promise_at=AT_THREE, **options) -> Ticket:
    ticket = a_ticket(**options)
    reply_to_customer(ticket, Reply(body="調べます。", promise_at=promise_at), agent=aiko)
    return ticket


def asked(ticket: Ticket, text: str = "その後いかがでしょうか。") -> Ticket:
    receive_reply(ticket, body=text)
    ticket.refresh_from_db()
    return ticket


def on_top(agent: Agent) -> int:
    number: int = queue_page(QueueFilter(), agent=agent, now=timezone.now()).rows[0]["number"]
    return number


def test_who_asks_for_news_stands_before_what_is_due_earlier(aiko, monday_at_ten):
    due_first = answered(aiko, promise_at=MONDAY_AT_TEN + timedelta(minutes=20))
    patient = answered(aiko, promise_at=AT_THREE)
    assert on_top(aiko) == due_first.number
    monday_at_ten.shift(timedelta(minutes=5))

    asked(patient)

    assert on_top(aiko) == patient.number
    assert patient.chased_at == timezone.now()
    assert patient.chaser_count == 1
    # Nobody broke a promise: it stands as it was.
    assert patient.next_contact_at == AT_THREE
    assert patient.events.get(kind="chased").facts == {"is_late": False}


def test_asking_again_counts_again_and_waits_since_the_first_time(aiko, monday_at_ten):
    ticket = asked(answered(aiko))
    since = ticket.chased_at
    monday_at_ten.shift(timedelta(hours=6))

    asked(ticket, "Any news?")

    assert (ticket.chased_at, ticket.chaser_count) == (since, 2)
    assert [each.facts["is_late"] for each in ticket.events.filter(kind="chased")] == [False, True]


def test_our_answer_ends_it_and_the_count_stays(aiko, monday_at_ten):
    ticket = asked(answered(aiko))

    reply_to_customer(ticket, Reply(body="明日届きます。", promise_at=AT_THREE), agent=aiko)

    ticket.refresh_from_db()
    assert (ticket.chased_at, ticket.chaser_count) == (None, 1)
    assert ticket.next_due_at == AT_THREE
    assert ticket.next_due_kind == "promise"


def test_an_answer_that_is_taken_back_has_answered_nothing(aiko, monday_at_ten, settings):
    settings.UNDO_SEND_SECONDS = 10
    ticket = asked(answered(aiko))
    since = ticket.chased_at
    monday_at_ten.shift(timedelta(minutes=1))
    reply = Reply(body="明日届きます。", promise_at=AT_THREE)
    message = reply_to_customer(ticket, reply, agent=aiko)

    take_back(message, by=aiko)

    ticket.refresh_from_db()
    assert ticket.chased_at == since
    assert ticket.next_due_at == since


def test_what_is_resolved_is_asked_for_no_more_and_asking_opens_it_on_top(aiko, monday_at_ten):
    ticket = asked(answered(aiko))
    solve(ticket, agent=aiko)
    ticket.refresh_from_db()
    assert ticket.chased_at is None

    asked(ticket)

    assert ticket.status == "open"
    assert on_top(aiko) == ticket.number


def test_a_merged_question_is_still_asked(aiko, ben, monday_at_ten):
    one, other = asked(answered(aiko)), answered(aiko)
    since = one.chased_at

    merge = merge_tickets(one, into=other, agent=ben)

    other.refresh_from_db()
    assert other.chased_at == since
    separate_tickets(merge, agent=ben)
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.chased_at, other.chased_at) == (since, None)


def test_the_filter_finds_who_asks(aiko, monday_at_ten):
    asks = asked(answered(aiko))
    answered(aiko)

    found = queue_page(QueueFilter(due="asked"), agent=aiko, now=timezone.now()).rows

    assert [row["number"] for row in found] == [asks.number]


def test_thanks_open_no_clock_and_reopen_nothing(aiko, monday_at_ten):
    waiting, solved = answered(aiko), answered(aiko)
    solve(solved, agent=aiko)
    owed = waiting.clock.commitments.live().count()

    asked(waiting, "ありがとうございます。")
    asked(solved, "Thank you very much!")

    assert waiting.clock.commitments.live().count() == owed
    assert (waiting.next_contact_at, waiting.status) == (AT_THREE, "open")
    assert (solved.status, solved.reopen_count) == ("resolved", 0)
    # And they are there to be read.
    assert waiting.preview == "ありがとうございます。"
    assert solved.messages.latest("pk").meaning == Message.Meaning.THANKS


def test_thanks_do_not_end_the_wait_for_what_we_asked(aiko, monday_at_ten):
    ticket = a_ticket()
    reply_to_customer(ticket, Reply(body="型番を教えてください。", asks=True), agent=aiko)

    asked(ticket, "承知しました。")
    assert ticket.status == "pending_customer"

    asked(ticket, "PX-200です。")
    assert ticket.status == "open"


def test_a_mail_that_asks_is_understood_without_what_it_quotes(aiko, mailbox):
    arrives(a_mail(subject="No paper"))
    ticket = Ticket.objects.get()
    at = timezone.now() + timedelta(hours=1)
    reply_to_customer(ticket, Reply(body="We look into it.", promise_at=at), agent=aiko)
    message_id = ticket.messages.latest("pk").email.message_id

    reply = "Any news?\n\nOn Monday Support wrote:\n> We look into it."
    arrives(a_mail(body=reply, headers={"In-Reply-To": message_id}))

    ticket.refresh_from_db()
    assert ticket.chaser_count == 1
    assert ticket.messages.latest("pk").meaning == Message.Meaning.CHASER
