"""Machines are told from people, and what they report is read."""

from __future__ import annotations

import pytest

from mail.reading.reading import read_mail


def mail(headers: str, body: str = "hello", sender: str = "a@b.example"):
    return read_mail(
        f"From: {sender}\nSubject: x\n{headers}\n\n{body}\n".replace("\n\n\n", "\n\n").encode()
    )


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied", "Auto-Submitted: auto-generated (rejected)", "X-Auto-Response-Suppress: DR, OOF, AutoReply",
        "X-Auto-Response-Suppress: All", "X-Autoreply: yes", "X-Autorespond: x", "Precedence: bulk", "Precedence: auto_reply",
        "X-Precedence: list", "List-Id: <x>", "List-Unsubscribe: <mailto:x>", "Return-Path: <>", "X-Loop: x",
        "X-MS-Exchange-Inbox-Rules-Loop: x", "Feedback-ID: 1:bulk:x",
    ],
)  # fmt: skip
def test_machines_are_known_by_their_headers(header: str):
    assert mail(header).is_auto


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: no",
        "X-Auto-Response-Suppress: DR, RN, NRN",
        "Precedence: normal",
        "Return-Path: <a@b.example>",
        "X-Mailer: x",
    ],
)
def test_people_are_not_taken_for_machines(header: str):
    assert not mail(header).is_auto


@pytest.mark.parametrize(
    ("address", "is_auto"),
    [
        ("no-reply@x.example", True), ("noreply+1@x.example", True), ("do-not-reply@x.example", True), ("donotreply@x.example", True),
        ("MAILER-DAEMON@x.example", True), ("postmaster@x.example", True), ("norbert.reply@x.example", False), ("reply@x.example", False),
    ],
)  # fmt: skip
def test_machines_are_known_by_their_address(address: str, is_auto: bool):
    assert mail("X-Mailer: x", sender=address).is_auto == is_auto


QMAIL = """Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.

<hana@example.jp>:
192.0.2.1 does not like recipient.
Remote host said: 550 5.1.1 User unknown

--- Below this line is a copy of the message.

Message-ID: <m.1@desk.example>
Subject: x
"""


def test_a_report_in_words_is_read():
    found = mail("Return-Path: <>", QMAIL, sender="MAILER-DAEMON@mx.example")

    assert found.is_bounce
    assert found.is_auto
    assert found.report is not None
    assert found.report.action == "failed"
    assert found.report.status == "5.1.1"
    assert found.report.final_recipient == "hana@example.jp"
    assert found.report.original_message_id == "<m.1@desk.example>"


REPORT = """Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

told
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; ok@example.jp
Action: delivered
Status: 2.0.0

Final-Recipient: rfc822; hana@example.jp
Original-Recipient: rfc822;hana@old.example
Action: {action}
Status: 5.2.2
Diagnostic-Code: smtp; 552 full

--b
Content-Type: text/rfc822-headers

Message-ID: <m.1@desk.example>

--b--"""


def test_a_delivery_report_is_read_and_the_failed_recipient_counts():
    found = read_mail(("From: postmaster@mx.example\n" + REPORT.format(action="failed")).encode())

    assert found.is_bounce
    report = found.report
    assert report is not None
    assert (report.action, report.status, report.final_recipient) == (
        "failed",
        "5.2.2",
        "hana@example.jp",
    )
    assert report.original_recipient == "hana@old.example"
    assert report.diagnostic == "smtp; 552 full"
    assert report.original_message_id == "<m.1@desk.example>"


def test_a_report_of_success_is_no_bounce():
    found = read_mail(
        ("From: postmaster@mx.example\n" + REPORT.format(action="delivered")).encode()
    )

    assert found.is_auto
    assert not found.is_bounce


def test_a_customer_who_asks_about_delivery_is_no_bounce():
    found = read_mail(
        b"From: hana@example.jp\nSubject: Delivery failure notice: what is this?\n\nhelp"
    )

    assert not found.is_bounce
    assert not found.is_auto
