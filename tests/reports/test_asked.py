"""What we asked of customers, and how that ended."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import Agent
from reports.selectors import Asked, asked_of_customers
from tests.conftest import MONDAY_AT_TEN, signed_in
from tests.factories import a_ticket
from tickets.models import Ticket
from tickets.services.replying import Reply, receive_reply, reply_to_customer
from tickets.services.waiting import fire_due_waits

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]
FIRST = MONDAY_AT_TEN + timedelta(days=2)


def asked(agent: Agent) -> Ticket:
    ticket = a_ticket()
    reply_to_customer(ticket, Reply(body="?", asks=True, thing="Your number"), agent=agent)
    return ticket


@pytest.fixture
def four(aiko: Agent) -> None:
    """One answered at once, one after a reminder, one never, and one that waits still."""
    receive_reply(asked(aiko), body="LP-220", now=MONDAY_AT_TEN)
    reminded, silent = asked(aiko), asked(aiko)
    fire_due_waits(now=FIRST)
    receive_reply(reminded, body="LP-220", now=FIRST + timedelta(hours=1))
    for days in (4, 9):
        fire_due_waits(now=MONDAY_AT_TEN + timedelta(days=days))
    silent.refresh_from_db()
    assert silent.status == "closed"
    asked(aiko)


def test_each_ending_is_counted_once(four: None):
    assert asked_of_customers(now=MONDAY_AT_TEN) == Asked(
        asked=4, answered=1, by_reminder=1, unanswered=1
    )
    assert asked_of_customers(now=MONDAY_AT_TEN + timedelta(days=31)).asked == 0


def test_managers_read_it(four: None, chika: Agent):
    page: Client = signed_in(chika)

    assert "Without an answer: 1." in page.get("/reports/").text
