"""What mail servers report: only what names a letter of ours and its receiver is believed."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Agent
from customers.models import ContactPoint
from customers.services import clear_address, forgive_address
from mail.message_ids import new_message_id
from mail.models import Mailbox, OutboundEmail
from tests.factories import a_customer
from tests.mail.incoming import HANA, SUPPORT, a_mail, arrives, letters_to, the_system_works
from tickets.models import Message, Ticket
from tickets.services.participating import accept_participant
from tickets.services.replying import Reply, reply_to_customer

pytestmark = pytest.mark.django_db

REPORT = """\
From: MAILER-DAEMON@mx.example.jp
To: {to}
Subject: Undelivered Mail Returned to Sender
Message-ID: <{id}@mx.example.jp>
Return-Path: <>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=B

--B
Content-Type: text/plain

It did not work.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.jp

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} {words}

--B
Content-Type: message/rfc822

Message-ID: {original}
Subject: Re: x

--B--
"""
COMPLAINT = """\
From: fbl@provider.example
To: {to}
Subject: complaint
Message-ID: <{id}@provider.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary=B

--B
Content-Type: text/plain

This is an abuse report.

--B
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: x/1
Version: 1
Original-Rcpt-To: {recipient}

--B
Content-Type: message/rfc822

Message-ID: {original}
Subject: Re: x

--B--
"""


@pytest.fixture
def ticket(mailbox: Mailbox, monday_at_ten: time_machine.Traveller) -> Ticket:
    arrives(a_mail())
    monday_at_ten.shift(timedelta(minutes=5))
    return Ticket.objects.get()


@pytest.fixture
def reply(ticket: Ticket, aiko: Agent) -> OutboundEmail:
    """An answer that solved the ticket, and left."""
    message = reply_to_customer(ticket, Reply(body="直しました。", solves=True), agent=aiko)
    the_system_works()
    assert message.email is not None
    message.email.refresh_from_db()
    assert message.email.state == "sent"
    return message.email


def report(
    original: str,
    *,
    recipient: str = HANA,
    action: str = "failed",
    status: str = "5.1.1",
    words: str = "User unknown",
    template: str = REPORT,
) -> None:
    raw = template.format(
        to=SUPPORT,
        id=f"report-{timezone.now().timestamp()}-{recipient}-{status}-{action}",
        recipient=recipient,
        action=action,
        status=status,
        words=words,
        original=original,
    )
    email = arrives(raw.encode())
    assert (email.state, email.outcome) == ("done", "report")


def hanas_address() -> ContactPoint:
    return ContactPoint.objects.get(normalized=HANA)


def events(ticket: Ticket) -> list[str]:
    return list(ticket.events.values_list("kind", flat=True))


def test_a_letter_that_came_back_is_owed_again_and_the_address_is_flagged(
    ticket: Ticket, reply: OutboundEmail, aiko: Agent
):
    report(reply.message_id)

    reply.refresh_from_db()
    ticket.refresh_from_db()
    assert (reply.state, reply.sent_at) == ("failed", None)
    assert ticket.is_unresolved
    assert "undelivered" in events(ticket)
    assert aiko.notifications.filter(kind="undelivered").count() == 1
    assert (hanas_address().state, hanas_address().state_since) == ("bounced", timezone.now())
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize(
    ("original", "recipient"),
    [("ours", "jiro@example.com"), ("guessed", HANA), ("gone", HANA)],
)
def test_a_report_that_proves_nothing_changes_nothing(
    ticket: Ticket, reply: OutboundEmail, original: str, recipient: str
):
    ids = {
        "ours": reply.message_id,
        "guessed": "<m.000000000000000000000000.00000000000000000000@desk.example>",
        "gone": new_message_id(),
    }
    a_customer("jiro@example.com")
    before = events(ticket)
    report(ids[original], recipient=recipient)

    reply.refresh_from_db()
    assert reply.state == "sent"
    assert set(ContactPoint.objects.values_list("state", flat=True)) == {""}
    assert events(ticket) == before
    assert Message.objects.filter(direction="inbound").count() == Ticket.objects.count() == 1


def test_a_full_mailbox_is_no_wrong_address_until_it_happens_often(
    ticket: Ticket, reply: OutboundEmail, aiko: Agent, monday_at_ten: time_machine.Traveller
):
    report(reply.message_id, status="5.2.2", words="mailbox full")
    reply.refresh_from_db()
    assert reply.state == "failed"
    assert hanas_address().state == ""

    for _ in range(2):
        monday_at_ten.shift(timedelta(hours=1))
        again = reply_to_customer(ticket, Reply(body="再送", solves=True), agent=aiko).email
        the_system_works()
        assert again is not None
        report(again.message_id, status="5.2.2", words="mailbox full")

    assert hanas_address().state == "bounced"


def test_a_letter_that_is_only_late_is_a_line_on_the_ticket(ticket: Ticket, reply: OutboundEmail):
    report(reply.message_id, action="delayed", status="4.4.1")

    reply.refresh_from_db()
    assert reply.state == "sent"
    assert "delayed" in events(ticket)
    assert hanas_address().state == ""


def test_a_letter_that_arrived_clears_the_address(ticket: Ticket, reply: OutboundEmail):
    ContactPoint.objects.update(state="bounced", state_since=timezone.now())
    report(reply.message_id, action="delivered", status="2.0.0")

    assert hanas_address().state == ""


def test_a_letter_that_did_not_reach_somebody_in_cc_is_no_failure(
    ticket: Ticket, aiko: Agent, monday_at_ten: time_machine.Traveller
):
    address = OutboundEmail.objects.get().headers["Reply-To"].partition("<")[2].strip(">")
    arrives(a_mail(to=[address], cc=["friend@other.example"]))
    accept_participant(ticket.participants.get(), by=aiko)
    letter = reply_to_customer(ticket, Reply(body="はい。", solves=True), agent=aiko).email
    the_system_works()
    assert letter is not None
    report(letter.message_id, recipient="friend@other.example")

    letter.refresh_from_db()
    assert letter.state == "sent"
    assert "not_in_cc" in events(ticket)
    assert hanas_address().state == ""


def test_who_complained_gets_no_automatic_mail_any_more(
    ticket: Ticket, reply: OutboundEmail, aiko: Agent
):
    report(reply.message_id, template=COMPLAINT)
    before = len(letters_to(HANA))
    arrives(a_mail(subject="Something else"))

    assert hanas_address().state == "complained"
    assert "complained" in events(ticket)
    assert Ticket.objects.count() == 2
    assert len(letters_to(HANA)) == before, "no acknowledgement"
    assert not Ticket.objects.latest("pk").clock.commitments.live().filter(kind="ack").exists()

    reply_to_customer(ticket, Reply(body="ひとことだけ。", solves=True), agent=aiko)
    the_system_works()

    assert len(letters_to(HANA)) == before + 1, "a person may write"


def test_a_delivery_does_not_change_the_mind_of_who_complained(ticket: Ticket):
    ContactPoint.objects.update(state="complained", state_since=timezone.now())
    clear_address(HANA)
    assert hanas_address().state == "complained"

    forgive_address(hanas_address())
    assert hanas_address().state == ""


def test_a_report_in_words_is_understood(ticket: Ticket, reply: OutboundEmail):
    raw = (
        f"From: MAILER-DAEMON@old.example\nTo: {SUPPORT}\nSubject: failure notice\n"
        "Message-ID: <q@old.example>\nReturn-Path: <>\n\n"
        "Hi. This is the qmail-send program at old.example.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n\n"
        f"<{HANA}>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
        "--- Below this line is a copy of the message.\n\n"
        f"Return-Path: <{SUPPORT}>\nMessage-ID: {reply.message_id}\nSubject: x\n\nhello\n"
    )
    arrives(raw.encode())

    reply.refresh_from_db()
    assert reply.state == "failed"
    assert hanas_address().state == "bounced"
