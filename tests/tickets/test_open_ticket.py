from __future__ import annotations

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from accounts.models import Team
from customers.models import Customer
from mail.models import OutboundEmail
from sla.models import Kind
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_customer, a_ticket, an_inquiry
from tickets.models import Ticket
from tickets.services.opening import Inquiry, open_ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]


def test_an_inquiry_is_filed_with_a_promise_in_working_hours():
    ticket = a_ticket()

    assert ticket.status == "new"
    assert ticket.next_contact_at == MONDAY_AT_TEN.replace(hour=14)
    assert ticket.next_due_at == ticket.next_contact_at
    kinds = set(ticket.clock.commitments.live().values_list("kind", flat=True))
    assert kinds == {Kind.FIRST_REPLY, Kind.RESOLUTION, Kind.PROMISE}


def test_the_acknowledgement_waits_in_the_outbox_with_the_promised_time():
    opened = an_inquiry()

    email = OutboundEmail.objects.get()
    assert email.to == "hana@example.com"
    assert "2026年10月5日(月) 14:00" in email.text
    assert opened.token in email.text
    assert email.headers["Auto-Submitted"] == "auto-replied"
    assert "プリンター" not in email.text + email.subject


def test_the_same_submission_makes_one_ticket():
    key = uuid4()

    first = an_inquiry(submission_key=key)
    second = an_inquiry(submission_key=key)

    assert first == second
    assert Ticket.objects.count() == 1
    assert OutboundEmail.objects.count() == 1


# Acknowledgements ---------------------------------------------------------------------------------


def test_a_mailbox_gets_three_acknowledgements_an_hour_and_every_ticket_is_filed():
    spellings = ["hana@example.com", "HANA@example.com", "Hana@Example.com", "ｈana@example.com"]

    tickets = [a_ticket(email=spellings[number % 4]) for number in range(8)]

    assert len({ticket.pk for ticket in tickets}) == 8
    assert OutboundEmail.objects.count() == 3
    assert [ticket.events.filter(kind="acknowledged").count() for ticket in tickets] == [
        *([1] * 3 + [0] * 5)
    ]


def test_after_an_hour_there_is_an_acknowledgement_again():
    for _ in range(4):
        a_ticket()

    a_ticket(now=MONDAY_AT_TEN + timedelta(minutes=61))

    assert OutboundEmail.objects.count() == 4


def test_one_flooded_mailbox_costs_nobody_else_their_acknowledgement():
    for _ in range(5):
        a_ticket()

    a_ticket(email="jiro@example.com")

    assert OutboundEmail.objects.filter(to="jiro@example.com").count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_known", [True, False])
def test_inquiries_at_once_get_no_more_acknowledgements_than_one_after_another(
    fresh_desk: None, support: Team, is_known: bool
):
    if is_known:
        a_customer("flood@example.com")
    ready = threading.Barrier(6, timeout=10)

    def ask() -> None:
        try:
            ready.wait()
            open_ticket(
                Inquiry(
                    email="flood@example.com", subject="x", body="x", channel="web", language="en"
                )
            )
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert Ticket.objects.count() == 6
    assert Customer.objects.count() == 1
    assert OutboundEmail.objects.count() == 3
