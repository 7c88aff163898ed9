"""The agent asks the maker, the maker answers, and the customer hears only what the agent writes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from email.utils import make_msgid

import pytest
import time_machine
from django.conf import LazySettings
from django.test import Client

from accounts.models import Agent
from mail.delivery import deliver_due
from mail.models import Mailbox
from tests.conftest import signed_in
from tests.html import Page
from tests.mail.incoming import HANA, SERVER, SUPPORT, a_mail, arrives
from tests.mail.smtp import Letterbox, mail_server
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

MAKER = "parts@maker.example"


@pytest.fixture
def letterbox(settings: LazySettings) -> Iterator[Letterbox]:
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.MAIL_HOST, settings.DEFAULT_FROM_EMAIL = "desk.example", SUPPORT
        settings.UNDO_SEND_SECONDS = 0
        yield server


def words_of(letter: EmailMessage) -> str:
    plain = letter.get_body(("plain",))
    assert plain is not None
    return str(plain.get_content())


def in_answer_to(letter: EmailMessage, body: str) -> EmailMessage:
    """As a mail program answers: to Reply-To, naming the letter, with the letter quoted below."""
    quoted = "\n".join(f"> {line}" for line in words_of(letter).splitlines())
    return a_mail(
        str(letter["To"]),
        to=[str(letter["Reply-To"])],
        subject=f"Re: {letter['Subject']}",
        body=f"{body}\n\nOn Mon, 5 Oct 2026 at 10:10, Support wrote:\n{quoted}",
        headers={
            "In-Reply-To": str(letter["Message-ID"]),
            "References": str(letter["Message-ID"]),
            "Message-ID": make_msgid(domain="maker.example"),
        },
    )


def the_page(browser: Client, ticket: Ticket) -> Page:
    return Page(browser.get(ticket.clock.path).text)


def test_from_the_question_to_the_answer_for_the_customer(
    letterbox: Letterbox, aiko: Agent, monday_at_ten: time_machine.Traveller
):
    Mailbox.objects.create(
        address=SUPPORT, team=aiko.teams.get(), is_default=True, trusted_servers=[SERVER]
    )
    arrives(a_mail(subject="部品が欲しい", body="ローラーを一つお願いします。"))
    ticket = Ticket.objects.get()
    promised = ticket.next_contact_at
    monday_at_ten.shift(timedelta(minutes=10))
    browser = signed_in(aiko)

    # Aiko forwards what the customer wrote, and the ticket waits for the maker.
    [page] = [
        each["href"] for each in the_page(browser, ticket).all("a") if "/forward/?" in each["href"]
    ]
    form = Page(browser.get(page).text).form("/forward/create/")
    message = ticket.messages.get()
    typed = {
        "address": MAKER,
        "body": "在庫はありますか。",
        "quoted": f"message-{message.pk}",
        "holds": "on",
    }
    browser.post(form.action, {**form.fields, **typed})
    deliver_due()
    to_customer, to_maker = letterbox.letters
    assert letterbox.receivers == [[HANA], [MAKER]]
    assert "ローラーを一つお願いします。" in words_of(to_maker)
    assert str(to_customer["Message-ID"]) not in to_maker.as_string()
    assert str(to_customer["Reply-To"]) not in to_maker.as_string()
    ticket.refresh_from_db()
    assert (ticket.status, ticket.next_contact_at) == ("on_hold", promised)

    # The maker is away, says a machine; then a colleague there answers.
    away = in_answer_to(to_maker, "本日は休業日です。")
    away["Auto-Submitted"] = "auto-replied"
    arrives(away)
    ticket.refresh_from_db()
    assert ticket.status == "on_hold"
    monday_at_ten.shift(timedelta(minutes=20))
    answer = in_answer_to(to_maker, "一つ 1,200 円、明日出荷できます。")
    answer.replace_header("From", "Sato <sato@maker.example>")
    arrives(answer)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.next_contact_at) == ("open", promised)
    assert Ticket.objects.count() == ticket.messages.count() == 1
    assert len(letterbox.letters) == 2

    # Aiko reads it, quotes what the customer may know, and answers.
    shown = the_page(browser, ticket)
    assert "From a third party (sato@maker.example) – not the customer" in shown.text
    assert "Automatic mail of a third party" in shown.text
    *_, quote = [each["href"] for each in shown.all("a") if "quote=" in each["href"]]
    reply = Page(browser.get(quote.partition("#")[0]).text).form("/replies/")
    assert "> 一つ 1,200 円、明日出荷できます。" in reply.fields["body"]
    browser.post(
        reply.action,
        {**reply.sent_with("outcome", "solve"), "body": "明日お送りします。"},
    )
    deliver_due()

    *_, last = letterbox.letters
    assert letterbox.receivers[-1] == [HANA]
    said = words_of(last)
    for secret in ("maker", "1,200", str(to_maker["Message-ID"]), str(answer["Message-ID"])):
        assert secret not in last.as_string() + said
    [link] = [line for line in said.splitlines() if "/r/" in line]
    customers = Client().get("/r/" + link.partition("/r/")[2]).text
    assert "明日お送りします。" in customers
    for secret in ("maker", "1,200", "在庫はありますか"):
        assert secret not in customers
