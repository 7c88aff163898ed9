"""Machines: they are read, never answered, and wake nobody up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from email.utils import parseaddr

import pytest
import time_machine
from django.conf import LazySettings

from accounts.models import Agent, Notification
from mail.models import InboundEmail, Mailbox, OutboundEmail
from tests.mail.incoming import HANA, SUPPORT, a_mail, arrives, letters_to, outbox
from tickets.models import Ticket
from tickets.services.handling import solve

pytestmark = pytest.mark.django_db

AWAY = {"Auto-Submitted": "auto-replied"}


def letter() -> OutboundEmail:
    return OutboundEmail.objects.filter(letter="acknowledgement").latest("pk")


def answer(headers: Mapping[str, str] = AWAY, **fields: object) -> InboundEmail:
    to = [parseaddr(letter().headers["Reply-To"])[1]]
    return arrives(a_mail(to=to, headers=headers, **fields))  # type: ignore[arg-type]


@pytest.fixture
def ticket(mailbox: Mailbox, monday_at_ten: time_machine.Traveller) -> Ticket:
    arrives(a_mail())
    monday_at_ten.shift(timedelta(minutes=5))
    return Ticket.objects.get()


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-generated"},
        {"X-Auto-Response-Suppress": "OOF"},
        {"Precedence": "bulk"},
        {"List-Id": "<l.example>"},
        {"X-Autoreply": "yes"},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_a_machines_mail_is_a_ticket_without_an_answer(
    mailbox: Mailbox, headers: Mapping[str, str]
):
    arrives(a_mail(headers=headers))

    assert Ticket.objects.get().messages.get().is_auto
    assert outbox() == []


def test_mail_with_the_empty_sender_is_not_answered(mailbox: Mailbox):
    arrives(a_mail(), envelope_from="")

    assert Ticket.objects.count() == 1
    assert outbox() == []


def test_an_out_of_office_note_is_told_and_changes_nothing(ticket: Ticket, aiko: Agent):
    solve(ticket, agent=aiko)
    before = ticket.clock.events.count()
    answer(body="休暇中です。")

    ticket.refresh_from_db()
    assert not ticket.is_unresolved
    assert ticket.clock.events.count() == before
    message = ticket.messages.latest("pk")
    assert (message.is_auto, message.body) == (True, "休暇中です。")
    assert "休暇" not in ticket.preview
    assert not Notification.objects.filter(kind="customer_replied").exists()


def test_it_reopens_nothing_however_late_and_opens_nothing(
    ticket: Ticket, aiko: Agent, monday_at_ten: time_machine.Traveller
):
    solve(ticket, agent=aiko)
    monday_at_ten.shift(timedelta(days=40))
    answer()

    assert Ticket.objects.count() == 1


def test_codes_that_a_third_party_sends_to_a_tickets_address_stay_inside(ticket: Ticket):
    to = [parseaddr(letter().headers["Reply-To"])[1]]
    arrives(a_mail("no-reply@sign-up.example", to=to, body="Your code: 1234"))

    assert ticket.messages.latest("pk").is_hidden


# Loops -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sender", [SUPPORT, "support+t1-abc@desk.example", HANA])
def test_our_own_mail_that_comes_back_opens_nothing(mailbox: Mailbox, sender: str):
    headers = {"X-Loop": "desk.example"} if sender == HANA else {}
    email = arrives(a_mail(sender, headers=headers))

    assert not Ticket.objects.exists()
    assert (email.state, email.outcome) == ("done", "own")


def test_an_acknowledgement_that_is_sent_back_as_it_was_opens_nothing(ticket: Ticket):
    arrives(a_mail(headers={"Message-ID": letter().message_id}))

    assert Ticket.objects.count() == ticket.messages.count() == 1


def test_two_robots_without_any_mark_fall_silent(
    mailbox: Mailbox, monday_at_ten: time_machine.Traveller
):
    """Each answer of ours is answered with a new mail that says nothing of being one (the limits
    are all that stops this)."""
    for number in range(60):
        arrives(a_mail("robot@machine.example", subject=f"We got your mail no. {number}"))
        monday_at_ten.shift(timedelta(minutes=10))

    # Ten hours: three in each, and ten a day.
    assert len(letters_to("robot@machine.example")) == 10


def test_robots_that_keep_to_the_conversation_are_answered_once(
    mailbox: Mailbox, monday_at_ten: time_machine.Traveller
):
    arrives(a_mail("robot@machine.example"))
    for _ in range(5):
        headers = {"In-Reply-To": letter().message_id}
        arrives(a_mail("robot@machine.example", headers=headers))
        monday_at_ten.shift(timedelta(minutes=10))

    assert Ticket.objects.count() == len(outbox()) == 1


def test_a_domain_gets_so_many_acknowledgements_an_hour(mailbox: Mailbox, settings: LazySettings):
    settings.ACKNOWLEDGEMENTS_PER_DOMAIN_AND_HOUR = 2
    for number in range(4):
        arrives(a_mail(f"person{number}@victim.example"))
    arrives(a_mail("person@other.example"))

    assert Ticket.objects.count() == 5
    assert [len(letters_to(f"person{number}@victim.example")) for number in range(4)] == [
        1,
        1,
        0,
        0,
    ]
    assert len(letters_to("person@other.example")) == 1


# Floods ------------------------------------------------------------------------------------------


def test_a_flood_is_one_ticket_and_its_agents_are_told_once(
    mailbox: Mailbox,
    settings: LazySettings,
    aiko: Agent,
    monday_at_ten: time_machine.Traveller,
):
    settings.TICKET_FLOOD = 3
    for number in range(8):
        arrives(a_mail("monitor@machine.example", subject=f"Alarm {number}"))
        monday_at_ten.shift(timedelta(seconds=10))
    arrives(a_mail("ken@example.com"))

    assert Ticket.objects.count() == 4
    gathering = Ticket.objects.get(subject="Alarm 2")
    assert gathering.messages.count() == 6
    assert Notification.objects.filter(kind="flooded", agent=aiko).count() == 1
    assert InboundEmail.objects.filter(outcome="flood").count() == 5

    monday_at_ten.shift(timedelta(minutes=11))
    arrives(a_mail("monitor@machine.example", subject="Alarm, a new one"))

    assert Ticket.objects.filter(subject="Alarm, a new one").exists()


def test_slow_mail_of_one_sender_is_no_flood(
    mailbox: Mailbox, settings: LazySettings, monday_at_ten: time_machine.Traveller
):
    settings.TICKET_FLOOD = 3
    for number in range(6):
        arrives(a_mail(subject=f"No. {number}"))
        monday_at_ten.shift(timedelta(minutes=4))

    assert Ticket.objects.count() == 6
