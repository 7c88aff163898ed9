"""Ten ways to write to us end in one record, and an answer leaves the way the question came."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Agent, Team
from customers.models import ContactPoint, Customer
from customers.services import add_contact_point
from integrations.channels import (
    BadMessage,
    ChannelOff,
    Incoming,
    Received,
    TakenBefore,
    receive,
    save_channel,
)
from integrations.models import Channel
from mail.models import OutboundEmail
from tests.conftest import signed_in
from tests.integrations.receiver import Receiver
from tests.integrations.test_telling import an_answer, is_signed, pass_on
from tickets.models import Message, Ticket
from tickets.services.customer_records import merge_customers
from tickets.services.handling import solve

pytestmark = pytest.mark.usefixtures("monday_at_ten", "support")


def a_channel(url: str = "", name: str = "Shop chat", **values: object) -> Channel:
    channel = Channel()
    channel.clear_secret = save_channel(  # type: ignore[attr-defined]
        channel, values={"name": name, "language": "en", **values}, url=url, is_silent=not url
    )
    return channel


def said(channel: Channel, text: str = "Hello?", *, by: str = "U1", name: str = "m1") -> Received:
    return receive(channel, Incoming(identity=by, text=text, external_id=name, name="花子"))


def test_a_first_message_opens_a_ticket_with_a_promise_for_a_new_customer(support: Team):
    received = said(a_channel(team=support), "My printer\nis on fire")

    ticket = received.ticket
    assert (received.is_new, received.opened) == (True, True)
    assert (ticket.subject, ticket.channel, ticket.team) == (
        "My printer is on fire",
        "api",
        support,
    )
    assert (ticket.customer.name, ticket.language) == ("花子", "en")
    assert ticket.next_contact_at is not None
    assert OutboundEmail.objects.count() == 0


def test_the_same_message_comes_once():
    channel = a_channel()
    first = said(channel)

    again = said(channel)

    assert (again.is_new, again.opened, again.message) == (False, True, first.message)
    assert Message.objects.count() == Ticket.objects.count() == Customer.objects.count() == 1
    with pytest.raises(TakenBefore):
        said(channel, by="U2")


def test_further_messages_go_on_the_open_ticket_until_it_is_resolved(aiko: Agent):
    channel = a_channel()
    ticket = said(channel).ticket
    assert said(channel, "And?", name="m2").ticket == ticket
    solve(Ticket.objects.get(), agent=aiko)

    third = said(channel, "Something else", name="m3")

    assert third.opened
    assert third.ticket.customer == ticket.customer
    assert Customer.objects.count() == 1


def test_one_name_on_two_channels_is_two_people_until_somebody_merges_them(aiko: Agent):
    line, chat = a_channel(name="LINE", kind="line"), a_channel(name="Chat")
    first, second = said(line).ticket, said(chat).ticket
    assert first.customer != second.customer

    merge_customers(second.customer, into=first.customer, agent=aiko)

    assert said(chat, "Me again", name="m2").ticket.customer == first.customer


def test_an_answer_leaves_by_the_channel_and_not_as_a_letter(receiver: Receiver, aiko: Agent):
    channel = a_channel(receiver.url)
    ticket = said(channel).ticket
    add_contact_point(ticket.customer, kind=ContactPoint.Kind.EMAIL, value="hana@example.com")

    an_answer(Ticket.objects.get(), aiko, body="Turn it off, please.")
    pass_on()

    [(headers, body)] = receiver.requests
    assert is_signed(headers, body, channel.clear_secret)  # type: ignore[attr-defined]
    [told] = receiver.bodies
    assert told["type"] == "channel.message"
    assert told["data"]["channel"]["name"] == "Shop chat"
    assert told["data"]["identity"] == "U1"
    assert told["data"]["message"]["body"] == "Turn it off, please."
    assert OutboundEmail.objects.count() == 0
    assert Message.objects.get(direction="outbound").channel == "api"


def test_without_a_place_for_answers_they_leave_as_letters(aiko: Agent):
    ticket = said(a_channel()).ticket
    add_contact_point(ticket.customer, kind=ContactPoint.Kind.EMAIL, value="hana@example.com")

    an_answer(Ticket.objects.get(), aiko)

    assert OutboundEmail.objects.get(letter="reply").to == "hana@example.com"


def test_files_come_with_it():
    file = SimpleUploadedFile("error.txt", b"paper jam", content_type="text/plain")

    received = receive(
        a_channel(), Incoming(identity="U1", text="", external_id="m1", files=[file])
    )

    assert [each.name for each in received.message.attachments.all()] == ["error.txt"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("identity", " "),
        ("identity", "x" * 201),
        ("external_id", ""),
        ("external_id", "a\0b"),
        ("text", "  "),
        ("text", "x" * 50_001),
        ("text", "a\0b"),
        ("name", "a\0b"),
    ],
)
def test_what_cannot_be_taken_is_refused_and_nothing_changes(field: str, value: str):
    values = {"identity": "U1", "text": "Hello", "external_id": "m1", field: value}

    with pytest.raises(BadMessage) as refusal:
        receive(a_channel(), Incoming(**values))

    assert refusal.value.field == field
    assert not Customer.objects.exists()


def test_a_channel_that_is_off_takes_nothing():
    with pytest.raises(ChannelOff):
        said(a_channel(is_active=False))


def test_the_ticket_names_the_channel(aiko: Agent):
    ticket = said(a_channel(name="Shop chat 7")).ticket

    page = signed_in(aiko).get(f"/desk/tickets/{ticket.number}/").content.decode()

    assert "Shop chat 7" in page
