from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Agent
from sla.models import Status
from sla.sweep import sweep_due
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_ticket
from tickets.exceptions import CannotBeMoved
from tickets.models import Ticket
from tickets.queue import QueueFilter
from tickets.services.handling import set_status, solve
from tickets.services.replying import receive_reply

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]

DUE = MONDAY_AT_TEN.replace(hour=14)


def hold(ticket: Ticket, agent: Agent, reason: str = "部品メーカーの回答待ち") -> Ticket:
    return set_status(ticket, to=Status.ON_HOLD, reason=reason, agent=agent)


def test_on_hold_the_promise_stays_for_customers_wait_for_contact(aiko: Agent):
    ticket = hold(a_ticket(), aiko)

    assert (ticket.holder, ticket.hold_reason) == ("third_party", "部品メーカーの回答待ち")
    assert ticket.next_contact_at == DUE
    sweep_due(now=DUE + timedelta(seconds=1))
    assert ticket.clock.commitments.promises().get().is_broken


def test_nothing_is_held_without_a_reason(aiko: Agent):
    ticket = a_ticket()

    with pytest.raises(CannotBeMoved):
        hold(ticket, aiko, reason="  ")

    ticket.refresh_from_db()
    assert ticket.status == "new"


def test_the_reason_is_forgotten_when_it_is_taken_up_again(aiko: Agent):
    ticket = set_status(hold(a_ticket(), aiko), to=Status.OPEN, agent=aiko)

    assert (ticket.status, ticket.hold_reason) == ("open", "")


def test_another_reason_is_a_fact_of_its_own(aiko: Agent):
    ticket = hold(hold(a_ticket(), aiko), aiko, reason="社内確認待ち")

    assert ticket.hold_reason == "社内確認待ち"
    assert ticket.events.filter(kind="put_on_hold").count() == 2


def test_the_customer_ends_the_hold_by_writing(aiko: Agent):
    ticket = hold(a_ticket(), aiko)

    receive_reply(ticket, body="急いでいます。")

    ticket.refresh_from_db()
    assert (ticket.status, ticket.hold_reason) == ("open", "")


def test_waiting_for_the_customer_starts_the_reminders_and_keeps_the_promise(aiko: Agent):
    ticket = set_status(a_ticket(), to=Status.PENDING_CUSTOMER, agent=aiko)

    assert ticket.holder == "customer"
    assert ticket.next_contact_at == DUE
    assert ticket.clock.commitments.live().filter(kind="nudge_1").exists()


def test_spam_owes_nothing_and_is_in_no_queue_but_its_own(aiko: Agent):
    ticket = set_status(a_ticket(), to=Status.SPAM, agent=aiko)

    assert not ticket.clock.commitments.live().filter(kind="promise").exists()
    seen = {
        state: ticket in QueueFilter(state=state).tickets(aiko, now=MONDAY_AT_TEN)
        for state in QueueFilter.STATES
    }
    assert seen == {"open": False, "resolved": False, "spam": True}


def test_found_to_be_no_spam_it_gets_a_new_promise(aiko: Agent):
    ticket = set_status(a_ticket(), to=Status.SPAM, agent=aiko)

    ticket = set_status(ticket, to=Status.OPEN, agent=aiko, now=DUE)

    assert ticket.resolved_at is None
    assert ticket.next_contact_at is not None
    assert ticket.next_contact_at > DUE


def test_a_resolved_ticket_is_reopened_first(aiko: Agent):
    ticket = solve(a_ticket(), agent=aiko)

    with pytest.raises(CannotBeMoved):
        hold(ticket, aiko)
