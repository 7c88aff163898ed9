"""What an agent opens: contact has happened, so nothing acknowledges and nothing waits for a reply."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import translation

from accounts.models import Agent
from customers.models import Customer
from mail.models import OutboundEmail
from sla.models import Kind
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_customer, a_ticket, an_inquiry
from tickets.exceptions import PromiseInThePast, PromiseMissing
from tickets.models import Channel, Message, Note, Ticket
from tickets.selectors import timeline
from tickets.services.opening import Inquiry, open_ticket
from tickets.services.replying import Outcome

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]
AT_THREE = MONDAY_AT_TEN.replace(hour=15)
PROMISED = Outcome(promise_at=AT_THREE)


def a_call(agent: Agent, **fields):
    told = {"origin": "agent_live", "channel": Channel.PHONE, "agent": agent, "outcome": PROMISED}
    return a_ticket(**{**told, **fields})


def a_letter(agent: Agent, **fields):
    return a_call(agent, origin="agent_outbound", channel=Channel.EMAIL, **fields)


def test_a_call_is_kept_as_the_customers_words_and_no_letter_goes_out(aiko: Agent):
    ticket = a_call(aiko)

    message = Message.objects.get()
    assert (message.direction, message.channel, message.agent) == ("inbound", "phone", None)
    assert (ticket.status, ticket.next_contact_at, ticket.is_last_word_ours) == (
        *("open", AT_THREE),
        False,
    )
    assert not OutboundEmail.objects.exists()


def test_nothing_waits_for_an_acknowledgement_or_a_first_reply(aiko: Agent):
    kinds = set(a_call(aiko).clock.commitments.values_list("kind", flat=True))

    assert not {Kind.ACK, Kind.FIRST_REPLY} & kinds
    assert {Kind.UPDATE, Kind.RESOLUTION, Kind.PROMISE} <= kinds


def test_a_letter_goes_out_like_a_reply(aiko: Agent):
    ticket = a_letter(aiko, body="部品をお送りしました。", outcome=Outcome(asks=True))

    message = Message.objects.get()
    assert (message.direction, message.channel, message.agent) == ("outbound", "email", aiko)
    letter = OutboundEmail.objects.get()
    assert letter == message.email
    assert letter.to == "hana@example.com"
    assert "部品をお送りしました。" in letter.text
    assert (ticket.status, ticket.is_last_word_ours) == ("pending_customer", True)


def test_what_is_resolved_at_once_owes_nothing(aiko: Agent):
    ticket = a_call(aiko, outcome=Outcome(solves=True))

    assert (ticket.status, ticket.resolved_at) == ("resolved", MONDAY_AT_TEN)
    assert not ticket.clock.commitments.live().exists()


def test_the_timeline_says_who_opened_it(aiko: Agent):
    with translation.override("en"):
        told = [entry.event for entry in timeline(a_call(aiko))]

    assert f"{aiko.name} opened the ticket for the customer." in told


@pytest.mark.parametrize(
    ("outcome", "refusal"),
    [
        (None, PromiseMissing),
        (Outcome(), PromiseMissing),
        (Outcome(promise_at=MONDAY_AT_TEN), PromiseInThePast),
        (Outcome(promise_at=MONDAY_AT_TEN + timedelta(days=400)), PromiseInThePast),
    ],
)
def test_without_a_time_to_keep_nothing_is_opened(aiko: Agent, outcome, refusal):
    with pytest.raises(refusal):
        a_call(aiko, outcome=outcome, customer=None)

    assert not Ticket.objects.exists()


def test_a_double_click_makes_one_ticket_and_one_letter(aiko: Agent):
    key = uuid4()
    first, second = (a_letter(aiko, submission_key=key) for _ in range(2))

    assert first == second
    assert (OutboundEmail.objects.count(), Message.objects.count()) == (1, 1)


def test_a_double_click_makes_one_new_customer(aiko: Agent):
    key = uuid4()
    for _ in range(2):
        an_inquiry_of_a_stranger(aiko, key)

    assert Customer.objects.count() == 1


def an_inquiry_of_a_stranger(agent: Agent, key):
    words = {"subject": "S", "body": "B", "channel": Channel.PHONE, "language": "ja"}
    told = {"origin": "agent_live", "agent": agent, "outcome": PROMISED}
    return open_ticket(
        Inquiry(name="新", phone="03-1234-5678", submission_key=key, **words, **told)
    )


def test_what_is_corrected_under_the_same_key_is_kept_as_a_note(aiko: Agent):
    key, hana = uuid4(), a_customer()
    ticket = a_call(aiko, customer=hana, submission_key=key)
    told = {"origin": "agent_live", "channel": Channel.PHONE, "agent": aiko, "outcome": PROMISED}

    again = an_inquiry(customer=hana, submission_key=key, body="FAXも動きません。", **told)

    assert (again.ticket, again.is_addition) == (ticket, True)
    assert Note.objects.get().body == "FAXも動きません。"
    assert Message.objects.count() == 1
