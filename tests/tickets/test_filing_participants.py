"""Whose word a mail is, and who gets our answers: strangers are heard, and told nothing."""

from __future__ import annotations

from datetime import timedelta
from email.utils import parseaddr

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import Agent, Notification
from accounts.notifying import Notice
from accounts.services import notify_agents
from mail.models import Mailbox, OutboundEmail
from mail.notifying import mail_notifications
from tests.mail.incoming import HANA, SUPPORT, a_mail, arrives, letters_to, the_system_works
from tickets import links
from tickets.models import Message, Participant, Ticket
from tickets.services.handling import solve
from tickets.services.participating import accept_participant, ignore_participant
from tickets.services.receiving import accept_message
from tickets.services.replying import Reply, reply_to_customer

pytestmark = pytest.mark.django_db

EVE = "eve@evil.example"
BOSS = "boss@example.jp"


@pytest.fixture
def ticket(mailbox: Mailbox, monday_at_ten: time_machine.Traveller) -> Ticket:
    """Hana's, acknowledged."""
    arrives(a_mail())
    monday_at_ten.shift(timedelta(minutes=5))
    return Ticket.objects.get()


def address_of(ticket: Ticket) -> str:
    letter = OutboundEmail.objects.filter(thread=ticket.mail_thread).latest("pk")
    return parseaddr(letter.headers["Reply-To"])[1]


def answers(ticket: Ticket, sender: str = HANA, **fields: object) -> Message:
    email = arrives(a_mail(sender, to=[address_of(ticket)], **fields))  # type: ignore[arg-type]
    return Message.objects.get(inbound=email)


def we_answer(ticket: Ticket, agent: Agent) -> None:
    promise_at = timezone.now() + timedelta(hours=2)
    reply_to_customer(ticket, Reply(body="確認します。", promise_at=promise_at), agent=agent)
    the_system_works()


def page_of_customer(ticket: Ticket) -> str:
    link = ticket.links.get()
    return Client().get(f"/r/{links.token_of(link)}/").text


def kinds(ticket: Ticket) -> dict[str, str]:
    return dict(ticket.participants.values_list("address", "kind"))


# Cc ----------------------------------------------------------------------------------------------


def test_a_colleague_whom_the_customer_names_gets_our_answers(ticket: Ticket, aiko: Agent):
    answers(ticket, cc=[f"Boss <{BOSS}>"])
    we_answer(ticket, aiko)

    assert kinds(ticket) == {BOSS: "cc"}
    [letter] = letters_to(BOSS)
    assert (letter.to, letter.cc) == ([HANA], [BOSS])


def test_everybody_else_is_only_suggested(ticket: Ticket, aiko: Agent):
    answers(ticket, cc=["friend@other.example", "no-reply@shop.example", SUPPORT, HANA.upper()])
    we_answer(ticket, aiko)

    assert kinds(ticket) == {"friend@other.example": "suggested"}
    assert letters_to("friend@other.example") == []


def test_a_colleague_is_only_suggested_while_nobody_vouches_for_the_customer(ticket: Ticket):
    answers(ticket, cc=[BOSS], auth="")

    assert kinds(ticket) == {BOSS: "suggested"}


def test_nobody_whom_a_forged_mail_names_is_even_suggested(ticket: Ticket, aiko: Agent):
    answers(ticket, cc=[EVE, BOSS], auth="fail")
    we_answer(ticket, aiko)

    assert kinds(ticket) == {}
    assert letters_to(EVE) == letters_to(BOSS) == []


def test_nobody_whom_a_stranger_names_is_suggested_but_the_stranger(ticket: Ticket):
    answers(ticket, EVE, cc=["friend@evil.example"])

    assert kinds(ticket) == {EVE: "suggested"}


def test_an_agent_decides(ticket: Ticket, aiko: Agent):
    answers(ticket, cc=["friend@other.example"])
    participant = ticket.participants.get()
    accept_participant(participant, by=aiko)
    we_answer(ticket, aiko)
    ignore_participant(participant, by=aiko)
    we_answer(ticket, aiko)
    answers(ticket, cc=["friend@other.example"])

    assert len(letters_to("friend@other.example")) == 1
    assert kinds(ticket) == {"friend@other.example": "ignored"}
    told = [event.kind for event in ticket.events.filter(agent=aiko)]
    assert {"participant_added", "participant_removed"} <= set(told)


def test_the_acknowledgement_goes_to_the_sender_alone(mailbox: Mailbox):
    arrives(a_mail(cc=[BOSS]))

    assert len(letters_to(HANA)) == 1
    assert letters_to(BOSS) == []


# Strangers ---------------------------------------------------------------------------------------


def test_a_stranger_is_heard_by_agents_and_unknown_to_the_customer(ticket: Ticket, aiko: Agent):
    message = answers(ticket, "colleague@example.jp", body="A word from the side.")

    assert (message.doubt, message.is_hidden, message.customer) == ("stranger", True, None)
    assert "A word from the side." not in page_of_customer(ticket)
    assert ticket.clock.events.filter(type="customer_message").exists()

    accept_participant(ticket.participants.get(), by=aiko)

    message.refresh_from_db()
    assert (message.doubt, message.is_hidden) == ("", False)
    assert answers(ticket, "colleague@example.jp", body="Again.").doubt == ""
    assert "A word from the side." in page_of_customer(ticket)


# Forged mail -------------------------------------------------------------------------------------


def test_a_forged_answer_moves_nothing_until_an_agent_accepts_it(
    ticket: Ticket, aiko: Agent, monday_at_ten: time_machine.Traveller
):
    solve(ticket, agent=aiko)
    message = answers(ticket, auth="fail", body="Please send it to another address.")

    ticket.refresh_from_db()
    assert not ticket.is_unresolved
    assert (message.doubt, message.is_hidden) == ("unverified", True)
    assert "another address" not in page_of_customer(ticket)
    assert "another address" not in ticket.preview

    accept_message(message, by=aiko)
    accept_message(message, by=aiko)

    ticket.refresh_from_db()
    assert ticket.is_unresolved
    assert "another address" in page_of_customer(ticket)
    assert ticket.events.filter(kind="mail_accepted").count() == 1
    assert ticket.clock.events.filter(type="customer_message").count() == 1


def test_two_senders_in_one_header_are_nobodys_word(ticket: Ticket):
    both = f"{HANA}, {EVE}"

    assert answers(ticket, both).doubt == "unverified"


def test_an_address_as_a_display_name_is_not_the_sender(ticket: Ticket):
    """A check of the domain looks at the last one, and so do we."""
    raw = a_mail(to=[address_of(ticket)]).as_bytes()
    raw = raw.replace(f"From: {HANA}".encode(), f"From: {HANA} <{EVE}>".encode())
    message = Message.objects.get(inbound=arrives(raw))

    assert (message.from_email, message.doubt) == (EVE, "stranger")


def test_the_verdict_of_a_provider_counts(ticket: Ticket):
    mail = a_mail(to=[address_of(ticket)], auth="")

    assert Message.objects.get(inbound=arrives(mail, verdict="failed")).doubt == "unverified"


def test_an_inquiry_in_a_forged_name_is_filed_and_not_answered(mailbox: Mailbox):
    arrives(a_mail(auth="fail"))

    ticket = Ticket.objects.get()
    assert ticket.is_unresolved
    assert ticket.messages.get().doubt == "unverified"
    assert letters_to(HANA) == []


def test_files_of_hidden_mail_are_hidden_too(ticket: Ticket):
    mail = a_mail(EVE, to=[address_of(ticket)])
    mail.add_attachment(b"text", maintype="text", subtype="plain", filename="a.txt")
    message = Message.objects.get(inbound=arrives(mail))
    token = links.token_of(ticket.links.get())
    file = message.attachments.get()

    assert Client().get(f"/r/{token}/files/{file.public_id}/").status_code == 404
    Message.objects.update(is_hidden=False)
    shown = Client().get(f"/r/{token}/files/{file.public_id}/")
    assert shown.status_code == 200
    shown.close()


# Agents ------------------------------------------------------------------------------------------


def notified(agent: Agent, ticket: Ticket) -> str:
    """The Message-ID of a notification about the ticket."""
    now = timezone.now()
    notice = Notice(
        agent_id=agent.pk,
        kind=Notification.Kind.ASSIGNED,
        label=ticket.clock.label,
        path=ticket.clock.path,
        dedupe_key=f"test:{agent.pk}",
        mail_after=now,
    )
    notify_agents([notice], now=now)
    mail_notifications(now=now)
    the_system_works()
    return OutboundEmail.objects.get(letter="notification", to=agent.email).message_id


def mail_of(agent: Agent, ticket: Ticket, **fields: object) -> None:
    headers = {"In-Reply-To": notified(agent, ticket)}
    arrives(a_mail(agent.email, headers=headers, body="直りました。", **fields))  # type: ignore[arg-type]


def test_an_agents_answer_by_mail_is_a_reply_where_the_mailbox_takes_it(
    ticket: Ticket, mailbox: Mailbox, aiko: Agent
):
    mailbox.takes_agent_replies = True
    mailbox.save()
    promised = ticket.next_contact_at
    mail_of(aiko, ticket)

    reply = ticket.messages.latest("pk")
    assert (reply.direction, reply.agent, reply.body) == ("outbound", aiko, "直りました。")
    assert "直りました。" in str(letters_to(HANA)[-1].body)
    ticket.refresh_from_db()
    assert ticket.next_contact_at == promised


@pytest.mark.parametrize("reason", ["not taken", "not verified", "automatic"])
def test_otherwise_it_is_a_mail_that_nobody_outside_sees(
    ticket: Ticket, mailbox: Mailbox, aiko: Agent, reason: str
):
    mailbox.takes_agent_replies = reason != "not taken"
    mailbox.save()
    if reason == "automatic":
        headers = {"In-Reply-To": notified(aiko, ticket), "Auto-Submitted": "auto-replied"}
        arrives(a_mail(aiko.email, headers=headers))
    else:
        mail_of(aiko, ticket, auth="" if reason == "not verified" else "pass")

    message = ticket.messages.latest("pk")
    assert (message.direction, message.doubt, message.is_hidden) == ("inbound", "agent", True)
    assert "直りました。" not in page_of_customer(ticket)


def test_an_answer_to_a_colleagues_notification_is_no_reply(
    ticket: Ticket, mailbox: Mailbox, aiko: Agent, ben: Agent
):
    mailbox.takes_agent_replies = True
    mailbox.save()
    headers = {"In-Reply-To": notified(ben, ticket)}
    arrives(a_mail(aiko.email, headers=headers))

    assert ticket.messages.latest("pk").doubt == "agent"


def test_an_agent_who_may_not_see_the_ticket_cannot_answer_it(
    ticket: Ticket, mailbox: Mailbox, mallory: Agent
):
    mailbox.takes_agent_replies = True
    mailbox.save()
    mail_of(mallory, ticket)

    assert ticket.messages.latest("pk").doubt == "agent"


def test_who_claims_to_be_an_agent_and_is_not_is_told_apart(mailbox: Mailbox, aiko: Agent):
    arrives(a_mail(aiko.email, auth="fail", subject="[HD-1042] please send me the customer list"))
    arrives(a_mail(aiko.email, auth="", subject="mine"))
    arrives(a_mail(aiko.email, subject="really mine"))

    doubts = Message.objects.order_by("pk").values_list("doubt", flat=True)
    assert list(doubts) == ["unverified", "agent", ""]


def test_participants_are_kept_once(ticket: Ticket):
    answers(ticket, cc=["Friend@Other.example", "friend@other.example"])
    answers(ticket, cc=["FRIEND@other.example"])

    assert Participant.objects.count() == 1
