"""Every story of data/scenarios.json: threading, hijacks, loops, and mails that come twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import structlog
import time_machine
from django.conf import LazySettings
from django.db import connections
from django.utils import timezone

from accounts.models import Agent, Team
from accounts.services import add_member
from mail.delivery import deliver_due
from mail.models import InboundEmail, Mailbox, OutboundEmail
from mail.notifying import mail_notifications
from mail.receiving import take_in
from sla.defaults import install_defaults
from tests.conftest import MONDAY_AT_TEN, signed_in
from tests.factories import AgentFactory, TeamFactory
from tests.html import Page
from tests.mail.incoming import SERVER, a_mail, arrives, the_system_works
from tests.mail.smtp import Letterbox, mail_server
from tickets.models import Message, Participant, Ticket
from tickets.services.handling import assign, solve
from tickets.services.replying import Reply, reply_to_customer

DATA = Path(__file__).resolve().parent.parent / "mail" / "data"
SCENARIOS = json.loads((DATA / "scenarios.json").read_text(encoding="utf-8"))["scenarios"]
IS_PARALLEL = {
    scenario["id"]
    for scenario in SCENARIOS
    if any(step.get("parallel") for step in scenario["steps"])
}


@pytest.fixture
def letterbox(settings: LazySettings) -> Iterator[Letterbox]:
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.MAIL_HOST = "desk.example"
        settings.DEFAULT_FROM_EMAIL = "support@desk.example"
        settings.UNDO_SEND_SECONDS = 0
        yield server


class Story:
    """The desk of a scenario: what was sent, what came of it, and what the words mean."""

    def __init__(self, letterbox: Letterbox) -> None:
        self.letterbox = letterbox
        self.saved: dict[str, Any] = {}
        self.probes: list[int] = []
        support = TeamFactory(name="Support", is_default=True)
        self.aki: Agent = AgentFactory(email="aki@desk.example", name="Aki")
        self.lead: Agent = AgentFactory(email="lead@desk.example", name="Ben")
        add_member(support, self.aki)
        add_member(support, self.lead, is_lead=True)
        self._mailbox("support", support, is_default=True, takes_agent_replies=True)
        self._mailbox("sales", TeamFactory(name="Sales"))

    def _mailbox(self, name: str, team: Team, **fields: Any) -> None:
        Mailbox.objects.create(
            address=f"{name}@desk.example", team=team, trusted_servers=[SERVER], **fields
        )

    # Steps

    def inbound(self, step: dict[str, Any]) -> None:
        mail = self._written(step)
        if "save" in step:
            self.saved[step["save"]] = {"message_id": mail["Message-ID"]}
        if step.get("parallel"):
            self._at_once(mail, times=step["deliver_times"])
        else:
            arrives(mail, envelope_to=[parseaddr(str(mail["To"]))[1]])

    def _written(self, step: dict[str, Any]) -> EmailMessage:
        headers = dict(step.get("headers", {}))
        named = {"message_id": "Message-ID", "in_reply_to": "In-Reply-To"}
        headers |= {header: self.told(step[key]) for key, header in named.items() if key in step}
        if "references" in step:
            headers["References"] = " ".join(self.told(each) for each in step["references"])
        if "date" in step:
            headers["Date"] = format_datetime(timezone.now() + timedelta(days=365))
        if "return_path" in step:
            headers["Return-Path"] = f"<{step['return_path']}>"
        return a_mail(
            step["from"],
            to=[self.told(each) for each in step["to"]],
            subject=self.told(step["subject"]),
            body=step["body"],
            cc=step.get("cc", ()),
            auth=step["auth"],
            headers=headers,
        )

    def _at_once(self, mail: EmailMessage, *, times: int) -> None:
        def come() -> None:
            take_in(
                mail.as_bytes(), mailbox=None, source="imap", envelope_from=None, envelope_to=[]
            )
            the_system_works()
            connections.close_all()

        threads = [Thread(target=come) for _ in range(times)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        the_system_works()

    def inbound_file(self, step: dict[str, Any]) -> None:
        arrives((DATA / step["file"]).read_bytes())

    def agent_reply(self, step: dict[str, Any]) -> None:
        promise = timezone.now() + timedelta(hours=2)
        message = reply_to_customer(
            self.ticket(step["ticket"]),
            Reply(body=step["body"], promise_at=promise),
            agent=self.aki,
        )
        deliver_due()
        letter = message.email
        assert letter is not None
        if "save" not in step:
            # Only to see whom it reaches.
            self.probes.append(message.pk)
        else:
            reply_to = parseaddr(letter.headers["Reply-To"])[1]
            self.saved[step["save"]] = {"message_id": letter.message_id, "reply_to": reply_to}

    def close(self, step: dict[str, Any]) -> None:
        solve(self.ticket(step["ticket"]), agent=self.aki)

    # Words

    def ticket(self, name: str) -> Ticket:
        return Ticket.objects.order_by("pk")[int(name.removeprefix("T")) - 1]

    def told(self, text: str) -> str:
        """The text with what {T1.tag}, {O1.reply_to|upper} and the like stand for."""
        for name, key in (("T1", "tag"), ("O1", "message_id"), ("O1", "reply_to")):
            mark = f"{{{name}.{key}}}"
            if mark in text or mark.replace("}", "|upper}") in text:
                value = f"#{self.ticket(name).number}" if key == "tag" else self.saved[name][key]
                text = text.replace(mark, value)
                text = text.replace(mark.replace("}", "|upper}"), value.upper())
        if "{ACK1.message_id}" in text:
            text = OutboundEmail.objects.get(letter="acknowledgement").message_id
        if "{NOTIFY1.message_id}" in text:
            text = self._notified()
        if "{M1.message_id}" in text:
            text = self.saved["M1"]["message_id"]
        return text

    def _notified(self) -> str:
        """Aki is told by mail that the ticket is hers now."""
        assign(self.ticket("T1"), to=self.aki, by=self.lead)
        mail_notifications(now=timezone.now())
        deliver_due()
        return OutboundEmail.objects.get(letter="notification", to=self.aki.email).message_id

    # Expectations

    def letters_to(self, address: str) -> list[EmailMessage]:
        both = zip(self.letterbox.letters, self.letterbox.receivers, strict=True)
        return [letter for letter, receivers in both if address in receivers]

    def check_tickets(self, number: int) -> None:
        assert Ticket.objects.count() == number

    def check_messages_on(self, numbers: dict[str, int]) -> None:
        for name, number in numbers.items():
            assert self.ticket(name).messages.exclude(pk__in=self.probes).count() == number

    def check_linked_suggestion(self, _is_linked: bool) -> None:
        assert self.ticket("T2").maybe_belongs_to == self.ticket("T1")
        page = Page(signed_in(self.aki).get(self.ticket("T2").clock.path).text)
        assert f"#{self.ticket('T1').number}" in page.text

    def check_mail_to_stranger_contains_history(self, _never: bool) -> None:
        letters = self.letters_to("eve@evil.example")
        assert letters
        for letter in letters:
            assert "プリンター" not in str(letter["Subject"]) + text_of(letter)

    def check_state(self, states: dict[str, str]) -> None:
        for name, state in states.items():
            assert state == "closed"
            assert not self.ticket(name).is_unresolved
            assert self.ticket(name).reopen_count == 0

    def check_quarantined(self, number: int) -> None:
        assert InboundEmail.objects.filter(state="quarantined").count() == number

    def check_recipients_never(self, addresses: list[str]) -> None:
        assert self.letterbox.letters
        for address in addresses:
            assert self.letters_to(address) == []

    def check_recipients_never_without_accept(self, addresses: list[str]) -> None:
        self.agent_reply({"ticket": "T1", "body": "一度ご確認ください。"})
        self.check_recipients_never(addresses)

    def check_flag_unverified(self, _is_flagged: bool) -> None:
        message = Message.objects.get(doubt="unverified")
        assert message.is_hidden
        page = Page(signed_in(self.aki).get(message.ticket.clock.path).text)
        assert "Unverified sender" in page.text

    def check_flag_non_participant(self, _is_flagged: bool) -> None:
        message = Message.objects.get(doubt="stranger")
        participant = message.ticket.participants.get()
        assert participant.kind == Participant.Kind.SUGGESTED
        assert participant.address == "colleague@example.jp"
        page = Page(signed_in(self.aki).get(message.ticket.clock.path).text)
        assert "Not a participant" in page.text

    def check_logged(self, _is_logged: bool) -> None:
        assert {"event": "mail.own_came_back"}.items() <= self.log[0].items()
        assert InboundEmail.objects.get().outcome == "own"

    log: list[Any]

    def check_acks_to(self, numbers: dict[str, int]) -> None:
        for address, number in numbers.items():
            assert len(self.letters_to(address)) == number

    def check_ack_headers(self, headers: dict[str, str]) -> None:
        [letter] = self.letterbox.letters
        for name, value in headers.items():
            assert str(letter[name]) == self.told(value)
        assert "+t" in str(letter["Reply-To"])

    def check_ack_has_promise(self, _has: bool) -> None:
        [letter] = self.letterbox.letters
        assert "10月5日" in text_of(letter)
        assert "14:00" in text_of(letter)

    def check_agent_message_count(self, numbers: dict[str, int]) -> None:
        for name, number in numbers.items():
            ours = self.ticket(name).messages.filter(direction="outbound", agent=self.aki)
            assert ours.count() == number

    def check_outgoing_contains_not(self, words: list[str]) -> None:
        for letter in self.letterbox.letters:
            assert not any(word in text_of(letter) for word in words)

    def check_sla_start(self, _received: str) -> None:
        ticket = self.ticket("T1")
        assert ticket.opened_at == MONDAY_AT_TEN
        assert ticket.next_contact_at == MONDAY_AT_TEN + timedelta(hours=4)

    def check_http_requests_from_view(self, _none: int) -> None:
        message = Message.objects.get()
        page = signed_in(self.aki).get(
            f"/desk/tickets/{message.ticket.number}/mails/{message.pk}/document/"
        )
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "img-src data:" in policy
        assert "http" not in policy
        assert 'src="http' not in page.text

    def check_script_executed(self, _never: bool) -> None:
        message = Message.objects.get()
        page = signed_in(self.aki).get(
            f"/desk/tickets/{message.ticket.number}/mails/{message.pk}/document/"
        )
        assert "sandbox" in page.headers["Content-Security-Policy"]
        assert "allow-scripts" not in page.headers["Content-Security-Policy"]
        for bad in ("<script", "onerror", "javascript:", "<iframe", "<form"):
            assert bad not in page.text.lower()


def text_of(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    text: str = body.get_content()
    return text


@pytest.mark.parametrize(
    "scenario",
    [
        pytest.param(
            scenario,
            id=scenario["id"],
            marks=pytest.mark.django_db(transaction=scenario["id"] in IS_PARALLEL),
        )
        for scenario in SCENARIOS
    ],
)
def test_scenario(
    scenario: dict[str, Any],
    letterbox: Letterbox,
):
    install_defaults()
    is_parallel = scenario["id"] in IS_PARALLEL
    with time_machine.travel(MONDAY_AT_TEN, tick=False) as traveller:
        story = Story(letterbox)
        with structlog.testing.capture_logs() as story.log:
            for step in scenario["steps"]:
                getattr(story, step["action"])(step)
                if not is_parallel:
                    traveller.shift(timedelta(seconds=30))
    with time_machine.travel(MONDAY_AT_TEN + timedelta(minutes=10), tick=False):
        for name, expected in scenario["expect"].items():
            partial(getattr(story, f"check_{name}"), expected)()
