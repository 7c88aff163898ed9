"""Where letters about a ticket go, and that they are one conversation."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Agent
from customers.models import ContactPoint
from customers.services import add_contact_point
from mail.models import OutboundEmail
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_customer, a_ticket
from tickets.services.replying import Reply, reply_to_customer
from tickets.services.waiting import fire_due_waits

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]

AT_THREE = MONDAY_AT_TEN.replace(hour=15)
FIRST_REMINDER = MONDAY_AT_TEN + timedelta(days=2)


def a_conversation(aiko: Agent, *, email: str = "hana@example.com") -> list[OutboundEmail]:
    """Acknowledgement, an answer, a question and the reminder of it, beside others' letters."""
    a_customer()
    ticket = a_ticket(email=email, customer=a_customer())
    a_ticket(email="jiro@example.com")
    reply_to_customer(ticket, Reply(body="調べます。", promise_at=AT_THREE), agent=aiko)
    reply_to_customer(ticket, Reply(body="型番を教えてください。", asks=True), agent=aiko)
    fire_due_waits(now=FIRST_REMINDER)
    return list(OutboundEmail.objects.filter(thread=ticket.mail_thread).order_by("pk"))


def test_all_letters_of_a_ticket_are_one_conversation(aiko: Agent):
    acknowledgement, answer, question, reminder = a_conversation(aiko)

    assert "In-Reply-To" not in acknowledgement.headers
    assert answer.headers["In-Reply-To"] == acknowledgement.message_id
    assert question.headers["In-Reply-To"] == answer.message_id
    assert reminder.headers["In-Reply-To"] == question.message_id
    assert reminder.headers["References"].split() == [
        *(acknowledgement.message_id, answer.message_id, question.message_id)
    ]
    assert reminder.headers["Auto-Submitted"] == "auto-generated"


def test_a_letter_names_the_twenty_before_it(aiko: Agent):
    ticket = a_ticket()
    for number in range(21):
        reply_to_customer(ticket, Reply(body=f"{number}", promise_at=AT_THREE), agent=aiko)

    *earlier, last = OutboundEmail.objects.order_by("pk")

    assert last.headers["References"].split() == [each.message_id for each in earlier[-20:]]


def test_a_letter_that_never_arrived_is_no_part_of_the_conversation(aiko: Agent):
    ticket = a_ticket()
    lost = reply_to_customer(ticket, Reply(body="一", promise_at=AT_THREE), agent=aiko).email
    OutboundEmail.objects.filter(pk=lost.pk).update(state="failed", next_try_at=None)

    reply_to_customer(ticket, Reply(body="二", promise_at=AT_THREE), agent=aiko)

    acknowledgement, _, second = OutboundEmail.objects.order_by("pk")
    assert second.headers["References"] == acknowledgement.message_id


def test_every_letter_goes_to_the_address_the_inquiry_came_from(aiko: Agent):
    add_contact_point(
        a_customer("hana@example.com"), kind=ContactPoint.Kind.EMAIL, value="hana@work.example.com"
    )

    letters = a_conversation(aiko, email="hana@work.example.com")

    assert [letter.to for letter in letters] == ["hana@work.example.com"] * 4


def test_without_an_acknowledgement_the_address_is_known_all_the_same(aiko: Agent, settings):
    settings.ACKNOWLEDGEMENTS_PER_HOUR = 0
    add_contact_point(
        a_customer("hana@example.com"), kind=ContactPoint.Kind.EMAIL, value="hana@work.example.com"
    )

    letters = a_conversation(aiko, email="hana@work.example.com")

    assert [letter.to for letter in letters] == ["hana@work.example.com"] * 3


def test_an_inquiry_without_an_address_is_answered_at_the_customers_first(aiko: Agent):
    ticket = a_ticket(customer=a_customer("hana@example.com"), email="")

    letter = reply_to_customer(ticket, Reply(body="はい。", solves=True), agent=aiko).email

    assert letter.to == "hana@example.com"


def test_the_first_letter_of_a_ticket_looks_for_none_before_it():
    with CaptureQueriesContext(connection) as captured:
        a_ticket()

    letters = [query["sql"] for query in captured if "mail_outboundemail" in query["sql"]]
    assert len(letters) == 1
    assert letters[0].startswith("INSERT")
