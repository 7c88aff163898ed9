from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Agent
from sla.sweep import sweep_due
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_ticket
from tickets.exceptions import AlreadyResolved, NotResolved
from tickets.models import Ticket
from tickets.services.handling import reopen, solve

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]

DUE = MONDAY_AT_TEN.replace(hour=14)


def test_what_is_resolved_owes_nothing_and_alarms_nobody(aiko: Agent):
    ticket = a_ticket()

    solve(ticket, agent=aiko)
    sweep_due(now=DUE + timedelta(days=30))

    ticket.refresh_from_db()
    assert (ticket.status, ticket.resolved_at) == ("resolved", MONDAY_AT_TEN)
    assert (ticket.next_due_at, ticket.next_contact_at) == (None, None)
    assert not ticket.clock.commitments.filter(state="breached").exists()
    assert not aiko.notifications.exists()


def test_the_customer_can_say_that_it_is_solved():
    ticket = solve(a_ticket(), agent=None)

    assert ticket.events.get(kind="resolved").agent is None


def test_solved_before_the_promise_is_no_broken_promise_but_after_it_is(aiko: Agent):
    early, late = a_ticket(), a_ticket(email="jiro@example.com")

    solve(early, agent=aiko, now=DUE)
    solve(late, agent=aiko, now=DUE + timedelta(minutes=1))

    assert not early.clock.commitments.promises().get().is_broken
    assert late.clock.commitments.promises().get().is_broken


def test_a_resolved_ticket_cannot_be_resolved_again(aiko: Agent):
    ticket = a_ticket()
    solve(ticket, agent=aiko)

    with pytest.raises(AlreadyResolved):
        solve(ticket, agent=None)

    assert ticket.events.filter(kind="resolved").count() == 1


def test_reopened_it_has_a_new_promise_in_working_hours(aiko: Agent):
    ticket = a_ticket()
    solve(ticket, agent=aiko)

    reopen(ticket, agent=None, now=MONDAY_AT_TEN + timedelta(hours=1))

    ticket.refresh_from_db()
    assert (ticket.status, ticket.resolved_at, ticket.reopen_count) == ("open", None, 1)
    promise = ticket.clock.commitments.promises().live().get()
    assert promise.due_at == ticket.next_contact_at
    assert promise.due_at > MONDAY_AT_TEN + timedelta(hours=1)


def test_an_open_ticket_cannot_be_reopened(aiko: Agent):
    ticket = a_ticket()

    with pytest.raises(NotResolved):
        reopen(ticket, agent=aiko)

    assert Ticket.objects.get().reopen_count == 0
