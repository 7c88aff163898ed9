"""Nobody is let down twice in a row: whose last ticket fell short is known when the next one comes."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Agent
from customers.models import Customer
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_customer, a_ticket
from tickets.models import Rating, Ticket
from tickets.queue import QueueFilter, queue_page
from tickets.services.handling import reopen, set_status, solve
from tickets.services.judging import judge_all
from tickets.services.merging import merge_tickets
from tickets.services.opening import Inquiry, open_ticket
from tickets.services.rating import record_rating
from tickets.services.replying import Outcome, Reply, receive_reply, reply_to_customer
from tickets.tasks import judge_ended

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]

NEWS = "その後いかがでしょうか。"


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def solved(agent: Agent, *, falls_short: bool = False, **fields) -> Ticket:
    ticket = a_ticket(**fields)
    if falls_short:
        receive_reply(ticket, body=NEWS)
    reply_to_customer(ticket, Reply(body="直りました。", solves=True), agent=agent)
    return fresh(ticket)


def test_after_a_ticket_that_fell_short_the_next_one_is_marked(aiko: Agent):
    before = solved(aiko, falls_short=True)

    judge_ended()

    assert fresh(before).shortfalls == ["chased"]
    assert a_ticket().let_down_before == before
    assert a_ticket(email="ken@example.com").let_down_before is None


def test_after_a_clean_one_it_is_not(aiko: Agent, monday_at_ten: time_machine.Traveller):
    solved(aiko, falls_short=True)
    monday_at_ten.shift(timedelta(minutes=5))
    solved(aiko)

    judge_all()

    assert a_ticket().let_down_before is None


def test_the_last_to_end_counts_in_whatever_order_they_are_looked_at(
    aiko: Agent, monday_at_ten: time_machine.Traveller
):
    first, last = a_ticket(), a_ticket()
    receive_reply(first, body=NEWS)
    solve(last, agent=aiko)
    judge_all()
    assert a_ticket().let_down_before is None
    monday_at_ten.shift(timedelta(minutes=5))

    solve(first, agent=aiko)
    judge_all()

    assert a_ticket().let_down_before == first


def test_what_the_customer_says_later_counts(aiko: Agent):
    ticket = solved(aiko)
    judge_all()
    assert a_ticket().let_down_before is None

    record_rating(Rating.objects.get(), value=0)
    judge_all()
    assert fresh(ticket).shortfalls == ["rated_badly"]
    assert a_ticket().let_down_before == ticket

    record_rating(Rating.objects.get(), value=1)
    judge_all()
    assert a_ticket().let_down_before is None


def test_what_is_open_again_is_looked_at_when_it_has_ended_again(aiko: Agent):
    ticket = solved(aiko)
    reopen(ticket, agent=aiko)
    assert not fresh(ticket).awaits_judgement

    solve(ticket, agent=aiko)
    assert fresh(ticket).awaits_judgement
    judge_all()

    assert (fresh(ticket).awaits_judgement, fresh(ticket).shortfalls) == (False, ["reopened"])


def test_spam_and_merged_tickets_are_not_looked_at(aiko: Agent):
    junk, one, other = a_ticket(), a_ticket(), a_ticket()
    set_status(junk, to="spam", agent=aiko)
    merge_tickets(one, into=other, agent=aiko)

    assert not Ticket.objects.filter(awaits_judgement=True).exists()


def test_what_is_solved_as_it_is_opened_is_looked_at(aiko: Agent):
    inquiry = Inquiry(
        subject="電話",
        body="解決しました。",
        channel="phone",
        language="ja",
        customer=a_customer(),
        origin="agent_live",
        agent=aiko,
        outcome=Outcome(solves=True),
    )
    assert open_ticket(inquiry).ticket.awaits_judgement


def test_looking_costs_the_same_for_many_and_once(aiko: Agent):
    for number in range(3):
        solved(aiko, falls_short=True, email=f"c{number}@example.com")
    with CaptureQueriesContext(connection) as few:
        judge_all()
    for number in range(12):
        solved(aiko, falls_short=True, email=f"d{number}@example.com")

    with CaptureQueriesContext(connection) as many:
        judge_all()

    # The first also measured the month before.
    assert len(many) <= len(few)
    assert Customer.objects.filter(let_down_on__isnull=False).count() == 15
    with CaptureQueriesContext(connection) as nothing:
        judge_all()
    assert [query for query in nothing.captured_queries if "SELECT" in query["sql"]][1:] == []


def test_the_queue_can_be_cut_down_to_them(aiko: Agent):
    solved(aiko, falls_short=True)
    judge_all()
    marked, other = a_ticket(), a_ticket(email="ken@example.com")

    def listed(address: str) -> set[int]:
        chosen = QueueFilter.parse(address)
        rows = queue_page(chosen, agent=aiko, now=MONDAY_AT_TEN).rows
        return {row["number"] for row in rows}

    assert listed("") == {marked.number, other.number}
    assert listed("care=yes") == {marked.number}
    assert QueueFilter.parse("care=yes").query() == "scope=team&state=open&care=yes"
    assert QueueFilter.parse("care=maybe") == QueueFilter()


@pytest.mark.django_db(transaction=True)
def test_it_waits_for_nobody(fresh_desk, aiko: Agent):
    ticket = solved(aiko, falls_short=True)
    other = solved(aiko, falls_short=True, email="ken@example.com")
    # Somebody else is at this ticket's customer.
    held = connection.copy()
    with held.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(
            "SELECT 1 FROM customers_customer WHERE id = %s FOR UPDATE", [ticket.customer_id]
        )
        judge_all()
        cursor.execute("ROLLBACK")
    held.close()

    assert (fresh(ticket).awaits_judgement, fresh(other).awaits_judgement) == (True, False)
    with transaction.atomic():
        judge_all()
    assert fresh(ticket).shortfalls == ["chased"]
