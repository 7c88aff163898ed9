"""A mailbox may have replies quote what was said: nothing that the customer has not seen."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Agent
from mail.delivery import as_received
from mail.models import Mailbox, OutboundEmail
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_ticket
from tests.html import Page
from tests.mail.incoming import HANA, a_mail, arrives
from tickets.models import Message, ThirdPartyLetter, Ticket
from tickets.services.replying import Reply, add_note, receive_reply, reply_to_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_at_ten")]


@pytest.fixture
def quoting(mailbox: Mailbox) -> Mailbox:
    mailbox.quotes_history = True
    mailbox.save()
    return mailbox


def answered(ticket: Ticket, agent: Agent, *, after: int = 4) -> OutboundEmail:
    """What an agent writes hours after the ticket was opened."""
    now = MONDAY_AT_TEN + timedelta(hours=after)
    reply = Reply(body="Is it on?", promise_at=now + timedelta(hours=9))
    email = reply_to_customer(ticket, reply, agent=agent, now=now).email
    assert email is not None
    return email


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_newest_and_two_before_it_in_the_customers_language_and_zone(
    language: str, quoting: Mailbox, aiko: Agent
):
    ticket = a_ticket(body="FIRST", language=language, now=MONDAY_AT_TEN)
    type(ticket.customer).objects.update(time_zone="Europe/London")
    answered(ticket, aiko, after=1)
    receive_reply(ticket, body="SECOND\nline", now=MONDAY_AT_TEN + timedelta(hours=2))
    receive_reply(ticket, body="THIRD", now=MONDAY_AT_TEN + timedelta(hours=3))

    email = answered(Ticket.objects.get(), aiko)

    letter, _line, quoted = email.text.partition("> THIRD")
    assert ("2026年10月5日(月) 05:00" if language == "ja" else "Mon 5 Oct 2026, 05:00") in letter
    assert ("山田花子様のメッセージ:" if language == "ja" else "山田花子 wrote:") in letter
    assert "> > SECOND\n> > line\n" in quoted
    assert ("Aikoのメッセージ:" if language == "ja" else "Aiko wrote:") in quoted
    assert "> > > Is it on?" in quoted
    assert "FIRST" not in email.text
    html = Page(email.html)
    assert len(html.all("blockquote")) == 3
    assert "THIRD" in html.text


def test_nothing_is_quoted_unless_the_mailbox_says_so(mailbox: Mailbox, aiko: Agent):
    email = answered(a_ticket(body="FIRST", now=MONDAY_AT_TEN), aiko)

    assert "FIRST" not in email.text + email.html


def test_what_the_customer_has_not_seen_is_never_quoted(quoting: Mailbox, aiko: Agent):
    ticket = a_ticket(body="FIRST", now=MONDAY_AT_TEN)
    add_note(ticket, body="SECRET note", agent=aiko, now=MONDAY_AT_TEN + timedelta(hours=1))
    ThirdPartyLetter.objects.create(
        ticket=ticket,
        direction="outbound",
        address="maker@example.com",
        agent=aiko,
        body="SECRET letter",
        sent_at=MONDAY_AT_TEN + timedelta(hours=1),
    )
    unseen = {"ticket": ticket, "channel": "email", "sent_at": MONDAY_AT_TEN + timedelta(hours=1)}
    for more in ({"is_hidden": True}, {"doubt": "stranger"}, {"is_auto": True}):
        Message.objects.create(direction="inbound", body="SECRET mail", **unseen, **more)

    email = answered(Ticket.objects.get(), aiko)

    assert "> FIRST" in email.text
    assert "SECRET" not in email.text + email.html


def test_what_can_be_taken_back_yet_is_not_quoted(quoting: Mailbox, aiko: Agent):
    ticket = a_ticket(body="FIRST", now=MONDAY_AT_TEN)
    first = answered(ticket, aiko, after=1)
    later = MONDAY_AT_TEN + timedelta(hours=9)
    OutboundEmail.objects.filter(pk=first.pk).update(next_try_at=later)
    receive_reply(ticket, body="SECOND", now=MONDAY_AT_TEN + timedelta(hours=2))

    email = answered(Ticket.objects.get(), aiko)

    assert "> SECOND" in email.text
    assert email.text.count("Is it on?") == 1


def test_the_first_letter_has_nothing_below_it(quoting: Mailbox, aiko: Agent):
    ticket = a_ticket(now=MONDAY_AT_TEN)
    ticket.messages.all().delete()

    assert ">" not in answered(ticket, aiko).text


@pytest.mark.parametrize("language", ["ja", "en"])
def test_it_is_folded_when_it_comes_back(language: str, quoting: Mailbox, aiko: Agent):
    ticket = a_ticket(body="FIRST", email=HANA, language=language, now=MONDAY_AT_TEN)
    email = answered(ticket, aiko)
    letter = as_received(email).get_body(("plain",)).get_content().strip()
    quotation = letter[letter.rindex("\n\n") :]
    words = "はい、入っています。" if language == "ja" else "Yes, it is."

    for below in (quotation, "\n".join(f"> {line}" for line in letter.split("\n"))):
        headers = {"In-Reply-To": email.message_id}
        arrives(a_mail(subject=email.subject, body=f"{words}\n\n{below}\n", headers=headers))

    came = Message.objects.filter(ticket=ticket, direction="inbound").order_by("-pk")[:2]
    assert [each.body for each in came] == [words, words]
    assert all("FIRST" in each.folded for each in came)
    assert came[0].sent_at <= timezone.now()
