"""From the form to "solved", over HTTP, as customer and agent see it."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import Agent
from customers.models import Customer
from mail.delivery import deliver_due
from mail.models import OutboundEmail
from tests.conftest import MONDAY_AT_TEN, signed_in
from tests.html import Page
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db

IN_JAPANESE = {
    "name": "山田 花子",
    "email": "ｈａｎａ@example.com",
    "phone": "０３−１２３４−５６７８",
    "subject": "プリンターが動きません",
    "body": "昨日から印刷できません。\r\n赤いランプが点いています。",
}
IN_ENGLISH = {
    "name": "Grace Hopper",
    "email": "grace@example.com",
    "subject": "The invoice is wrong",
    "body": "It lists two printers. I bought one.",
}


def letters_to(address: str) -> list[mail.EmailMessage]:
    """Everything that has left for this address, after a round of delivery."""
    deliver_due()
    return [letter for letter in mail.outbox if letter.to == [address]]


def link_in(letter: mail.EmailMessage) -> str:
    [line] = [line for line in letter.body.splitlines() if "/r/" in line]
    return urlsplit(line).path


def the_reply_form(browser: Client, number: int) -> dict[str, str]:
    page = Page(browser.get(f"/desk/tickets/{number}/").text)
    return page.form("/replies/").sent_with("outcome", "promise")


def test_in_japanese_with_a_confirmation_step(
    japanese: Client, aiko: Agent, monday_at_ten: time_machine.Traveller
):
    # The form promises a time before anything is sent.
    shown = Page(japanese.get("/contact/").text)
    assert "2026年10月5日(月) 14:00(日本時間)" in shown.text
    form = shown.form("/contact/")
    monday_at_ten.shift(timedelta(minutes=2))

    # It asks once whether all is right, and nothing is stored before the answer.
    confirmation = Page(japanese.post("/contact/", {**form.fields, **IN_JAPANESE}).text)
    assert "昨日から印刷できません。" in confirmation.text
    assert not Ticket.objects.exists()
    assert not Customer.objects.exists()

    # Sent, it has a number and a promised time.
    sending = confirmation.form("/contact/").sent_with("step", "send")
    arrived = japanese.post("/contact/", sending, follow=True)
    ticket = Ticket.objects.get()
    assert str(ticket.number) in arrived.text
    assert "2026年10月5日(月) 14:02" in arrived.text

    # The acknowledgement says the same, and its link opens the customer's page.
    [acknowledgement] = letters_to("hana@example.com")
    assert str(ticket.number) in acknowledgement.subject
    assert "2026年10月5日(月) 14:02(日本時間) までに、担当者からご連絡いたします。" in (
        acknowledgement.body
    )
    link = link_in(acknowledgement)
    assert link in arrived.text
    request_page = Page(japanese.get(link).text)
    assert "赤いランプが点いています。" in request_page.text
    assert "2026年10月5日(月) 14:02" in request_page.text

    # The agent finds it in the queue and answers with the next promise.
    desk = signed_in(aiko)
    assert "プリンターが動きません" in desk.get("/desk/").text
    reply = {**the_reply_form(desk, ticket.number), "body": "紙詰まりを確認してください。"}
    assert desk.post(f"/desk/tickets/{ticket.number}/replies/", reply).status_code == 302
    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.status) == (aiko, "open")

    # The customer reads both in the letter and on the page, and writes back.
    letter = letters_to("hana@example.com")[1]
    assert "紙詰まりを確認してください。" in letter.body
    assert letter.subject == f"Re: プリンターが動きません【受付 {ticket.number}】"
    assert "山田 花子様" in letter.body
    assert "までに、次のご連絡をいたします。" in letter.body
    assert letter.extra_headers["In-Reply-To"] == acknowledgement.extra_headers["Message-ID"]
    request_page = Page(japanese.get(link_in(letter)).text)
    assert "紙詰まりを確認してください。" in request_page.text
    answer = {**request_page.form("/replies/").fields, "body": "直りました。ありがとうございます。"}
    page_after = japanese.post(f"{link}replies/", answer, follow=True)
    assert "直りました。" in page_after.text

    # The agent resolves with a last letter.
    last = {**the_reply_form(desk, ticket.number), "body": "よかったです。", "outcome": "solve"}
    desk.post(f"/desk/tickets/{ticket.number}/replies/", last)
    assert "本件はこれで完了といたします。" in letters_to("hana@example.com")[2].body
    ticket.refresh_from_db()
    assert (ticket.status, ticket.next_contact_at) == ("resolved", None)
    assert "解決" in Page(japanese.get(link).text).text
    assert not OutboundEmail.objects.waiting().exists()


def test_in_english_without_a_confirmation_step(english: Client, aiko: Agent):
    with time_machine.travel(MONDAY_AT_TEN, tick=False):
        form = Page(english.get("/contact/").text).form("/contact/")

        arrived = english.post("/contact/", {**form.fields, **IN_ENGLISH}, follow=True)

        ticket = Ticket.objects.get()
        assert str(ticket.number) in arrived.text
        assert "Mon 5 Oct 2026, 14:00 (JST)" in arrived.text
        [acknowledgement] = letters_to("grace@example.com")
        assert "We will contact you by Mon 5 Oct 2026, 14:00 (JST)." in acknowledgement.body

        desk = signed_in(aiko)
        last = {**the_reply_form(desk, ticket.number), "body": "Corrected.", "outcome": "solve"}
        desk.post(f"/desk/tickets/{ticket.number}/replies/", last)
        letter = letters_to("grace@example.com")[1]
        assert letter.body.startswith("Hello Grace Hopper,")
        assert "We consider this solved." in letter.body
        assert "Corrected." in english.get(link_in(letter)).text


def test_a_double_click_and_a_reload_make_one_ticket(english: Client, support: None):
    form = Page(english.get("/contact/").text).form("/contact/")
    sending = {**form.fields, **IN_ENGLISH}

    answers = [english.post("/contact/", sending) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [302, 302, 302]
    assert Ticket.objects.count() == Message.objects.count() == Customer.objects.count() == 1
    assert len(letters_to("grace@example.com")) == 1


def test_the_customer_can_say_that_it_is_solved_and_take_it_back(
    english: Client, support: None, monday_at_ten: None
):
    form = Page(english.get("/contact/").text).form("/contact/")
    english.post("/contact/", {**form.fields, **IN_ENGLISH})
    link = link_in(letters_to("grace@example.com")[0])

    solved = english.post(f"{link}solution/", follow=True)
    assert "This inquiry is solved." in solved.text
    again = english.post(f"{link}reopening/", follow=True)

    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.reopen_count) == ("open", 1)
    assert ticket.next_contact_at is not None
    assert ticket.next_contact_at > timezone.now()
    assert "We will contact you by" in again.text
