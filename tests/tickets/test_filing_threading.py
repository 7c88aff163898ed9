"""To which ticket a mail belongs: the strongest evidence first, and weak evidence only for those
who take part."""

from __future__ import annotations

from datetime import timedelta
from email.utils import parseaddr

import pytest
import time_machine
from django.conf import LazySettings

from accounts.models import Agent
from mail.message_ids import new_message_id
from mail.models import InboundEmail, Mailbox, OutboundEmail
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_ticket
from tests.mail.incoming import HANA, SUPPORT, a_mail, arrives, letters_to, the_system_works
from tickets.models import Message, Ticket
from tickets.services.handling import solve
from tickets.services.merging import merge_tickets
from tickets.services.replying import Reply, reply_to_customer

pytestmark = pytest.mark.django_db

KEN = "ken@example.com"


@pytest.fixture
def ticket(mailbox: Mailbox, monday_at_ten: time_machine.Traveller) -> Ticket:
    """Hana's, opened by mail on Monday at ten and acknowledged."""
    arrives(a_mail(headers={"Message-ID": "<hana-1@example.jp>"}))
    monday_at_ten.shift(timedelta(minutes=5))
    return Ticket.objects.get()


def acknowledgement() -> OutboundEmail:
    return OutboundEmail.objects.filter(letter="acknowledgement").earliest("pk")


def reply_to(letter: OutboundEmail) -> str:
    return parseaddr(letter.headers["Reply-To"])[1]


def answers(letter: OutboundEmail) -> dict[str, str]:
    return {"In-Reply-To": letter.message_id}


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.select_related("clock").get(pk=ticket.pk)


# Evidence ----------------------------------------------------------------------------------------


def test_an_answer_to_a_letter_of_ours_belongs_to_its_ticket(ticket: Ticket, aiko: Agent):
    message = reply_to_customer(ticket, Reply(body="一度お試しください。", solves=True), agent=aiko)
    the_system_works()
    assert message.email is not None
    arrives(a_mail(subject="まったく別の件名", headers=answers(message.email)))

    assert [each.direction for each in ticket.messages.all()] == ["inbound", "outbound", "inbound"]
    assert fresh(ticket).is_unresolved


def test_a_message_id_that_looks_like_ours_is_not_enough(ticket: Ticket):
    guessed = acknowledgement().message_id.replace(".", ".0", 1)
    arrives(a_mail(KEN, headers={"In-Reply-To": guessed}))

    assert Ticket.objects.count() == 2


def test_a_valid_id_of_a_letter_that_is_gone_is_a_new_ticket(ticket: Ticket):
    arrives(a_mail(KEN, headers={"In-Reply-To": new_message_id()}))

    assert Ticket.objects.count() == 2


def test_the_reply_address_is_found_wherever_a_server_noted_it(ticket: Ticket):
    address = reply_to(acknowledgement())
    raw = a_mail(to=["someone@example.jp"]).as_bytes()
    arrives(b"Delivered-To: " + address.encode() + b"\n" + raw)
    arrives(a_mail(to=["someone@example.jp"]), envelope_to=[address.upper()])

    assert ticket.messages.count() == 3


def test_it_is_found_on_a_host_of_its_own(ticket: Ticket, settings: LazySettings):
    settings.MAIL_REPLY_HOST = "reply.desk.example"
    address = reply_to(acknowledgement()).replace("@desk.", "@reply.desk.")
    email = arrives(a_mail(to=[address]))

    assert ticket.messages.count() == 2
    assert email.mailbox == ticket.mailbox


def test_what_is_quoted_or_written_in_the_text_is_no_evidence(ticket: Ticket):
    body = f"{reply_to(acknowledgement())} {acknowledgement().message_id} [#{ticket.number}]"
    arrives(a_mail(KEN, body=body))

    assert Ticket.objects.count() == 2


def test_two_kinds_of_evidence_for_two_tickets_wait_for_a_person(ticket: Ticket):
    other = a_ticket(email=KEN)
    address = reply_to(OutboundEmail.objects.get(thread=other.mail_thread))
    mixed = arrives(a_mail("eve@evil.example", to=[address], headers=answers(acknowledgement())))
    by_ken = arrives(a_mail(KEN, to=[address], headers=answers(acknowledgement())))
    by_hana = arrives(a_mail(HANA, to=[address], headers=answers(acknowledgement())))

    assert (mixed.state, mixed.reason) == ("quarantined", "conflict")
    assert by_ken.thread == other.mail_thread
    assert by_hana.thread == ticket.mail_thread


def test_a_colleague_who_answers_the_customers_mail_joins_its_ticket(ticket: Ticket):
    known = {"In-Reply-To": "<hana-1@example.jp>"}
    arrives(a_mail("boss@example.jp", headers=known))
    arrives(a_mail("eve@evil.example", headers=known))
    arrives(a_mail("spoof@example.jp", headers=known, auth=""))

    assert ticket.messages.count() == 2
    later = Ticket.objects.exclude(pk=ticket.pk)
    assert later.count() == 2
    assert {each.maybe_belongs_to for each in later} == {ticket}


@pytest.mark.parametrize(
    "subject", ["Re: [#{}] x", "[{}] We have your inquiry", "Re: お問い合わせ【受付 {}】"]
)
def test_the_number_in_the_subject_counts_for_the_verified_customer(ticket: Ticket, subject: str):
    arrives(a_mail(subject=subject.format(ticket.number)))

    assert ticket.messages.count() == 2


@pytest.mark.parametrize(("sender", "auth"), [(KEN, "pass"), (HANA, ""), (HANA, "none")])
def test_for_everybody_else_it_is_only_a_hint(ticket: Ticket, sender: str, auth: str):
    arrives(a_mail(sender, subject=f"[#{ticket.number}]", auth=auth))

    assert ticket.messages.count() == 1
    assert Ticket.objects.latest("pk").maybe_belongs_to == ticket


# Forwards, merges, and what is over --------------------------------------------------------------


@pytest.mark.parametrize("subject", ["Fwd: x", "転送: x", "WG: x", "FW: x"])
def test_a_forwarded_letter_of_ours_is_a_new_ticket_beside_the_old_one(
    ticket: Ticket, subject: str
):
    arrives(a_mail(subject=subject, headers=answers(acknowledgement())))

    new = Ticket.objects.latest("pk")
    assert (new.maybe_belongs_to, new.messages.count()) == (ticket, 1)


def test_a_mailbox_may_add_forwards_to_the_old_ticket(ticket: Ticket, mailbox: Mailbox):
    mailbox.forwards_open_new = False
    mailbox.save()
    arrives(a_mail(subject="Fwd: x", headers=answers(acknowledgement())))

    assert ticket.messages.count() == 2


def test_an_answer_to_a_merged_ticket_reaches_the_one_that_goes_on(ticket: Ticket, aiko: Agent):
    other = arrives(a_mail(subject="same again"))
    into = Ticket.objects.latest("pk")
    assert other.thread == into.mail_thread
    merge_tickets(ticket, into=into, agent=aiko)

    arrives(a_mail(to=[reply_to(acknowledgement())]))
    arrives(a_mail(headers=answers(acknowledgement())))
    arrives(a_mail(subject=f"[#{ticket.number}]"))

    assert into.messages.count() == 4


def test_an_answer_within_two_weeks_reopens_and_a_later_one_is_a_new_ticket(
    ticket: Ticket, aiko: Agent, monday_at_ten: time_machine.Traveller
):
    solve(ticket, agent=aiko)
    monday_at_ten.shift(timedelta(days=13))
    arrives(a_mail(headers=answers(acknowledgement())))
    assert fresh(ticket).is_unresolved
    assert fresh(ticket).reopen_count == 1

    solve(ticket, agent=aiko)
    monday_at_ten.shift(timedelta(days=15))
    arrives(a_mail(headers=answers(acknowledgement())))

    assert not fresh(ticket).is_unresolved
    follow_up = Ticket.objects.latest("pk")
    assert follow_up.maybe_belongs_to == ticket
    assert len(letters_to(HANA)) == 2, "a new ticket is acknowledged"


# Our own part of the conversation ----------------------------------------------------------------


def test_our_answer_continues_the_customers_conversation(ticket: Ticket, aiko: Agent):
    earlier = " ".join(f"<old-{number}@example.jp>" for number in range(30))
    arrives(
        a_mail(
            to=[reply_to(acknowledgement())],
            headers={"References": earlier, "Message-ID": "<hana-2@example.jp>"},
        )
    )
    message = reply_to_customer(ticket, Reply(body="はい。", solves=True), agent=aiko)

    letter = message.email
    assert letter is not None
    assert letter.headers["In-Reply-To"] == "<hana-2@example.jp>"
    assert letter.headers["References"].split() == [
        "<hana-1@example.jp>",
        acknowledgement().message_id,
        "<hana-2@example.jp>",
    ]
    assert reply_to(letter) == reply_to(acknowledgement())
    assert "Auto-Submitted" not in letter.headers


def test_the_acknowledgement_answers_the_mail_itself(mailbox: Mailbox):
    references = [f"<r{number}@example.jp>" for number in range(30)]
    arrives(a_mail(headers={"References": " ".join(references), "Message-ID": "<m@example.jp>"}))

    headers = acknowledgement().headers
    assert headers["In-Reply-To"] == "<m@example.jp>"
    assert headers["References"].split() == [*references[-19:], "<m@example.jp>"]
    assert headers["Auto-Submitted"] == "auto-replied"
    assert headers["X-Auto-Response-Suppress"] == "All"
    assert headers["X-Loop"] == "desk.example"


def test_forged_mail_is_no_part_of_the_conversation(ticket: Ticket, aiko: Agent):
    arrives(
        a_mail(
            to=[reply_to(acknowledgement())],
            auth="fail",
            headers={"Message-ID": "<evil@x.example>"},
        )
    )
    message = reply_to_customer(ticket, Reply(body="はい。", solves=True), agent=aiko)

    assert message.email is not None
    assert "evil" not in str(message.email.headers)


# Time --------------------------------------------------------------------------------------------


def test_the_clock_starts_when_our_server_had_the_mail(
    mailbox: Mailbox, monday_at_ten: time_machine.Traveller
):
    received = "Received: from a by mx.desk.example; Mon, 5 Oct 2026 09:30:00 +0900\n"
    arrives(
        received.encode() + a_mail(headers={"Date": "Mon, 1 Jan 2024 00:00:00 +0000"}).as_bytes()
    )

    ticket = Ticket.objects.get()
    assert ticket.opened_at == MONDAY_AT_TEN - timedelta(minutes=30)
    assert ticket.messages.get().sent_at == ticket.opened_at


@pytest.mark.parametrize("when", ["Mon, 5 Oct 2027 09:30:00 +0900", "Mon, 5 Oct 2026 09:30:00"])
def test_no_other_header_moves_it(
    mailbox: Mailbox, monday_at_ten: time_machine.Traveller, when: str
):
    received = f"Received: from a by evil.example; {when}\n"
    arrives(received.encode() + a_mail().as_bytes())

    assert Ticket.objects.get().opened_at == MONDAY_AT_TEN


def test_a_mail_that_was_on_its_way_for_hours_gets_no_letter_that_names_the_past(
    mailbox: Mailbox, monday_at_ten: time_machine.Traveller
):
    monday_at_ten.shift(timedelta(hours=7))
    received = "Received: from a by mx.desk.example; Mon, 5 Oct 2026 10:00:00 +0900\n"
    arrives(received.encode() + a_mail().as_bytes())

    ticket = Ticket.objects.get()
    assert ticket.next_contact_at == MONDAY_AT_TEN + timedelta(hours=4)
    assert letters_to(HANA) == []


def test_what_came_before_our_answer_but_was_filed_after_it_still_wants_an_answer(
    ticket: Ticket, aiko: Agent, monday_at_ten: time_machine.Traveller
):
    monday_at_ten.shift(timedelta(minutes=30))
    reply_to_customer(
        ticket,
        Reply(body="見ています。", promise_at=MONDAY_AT_TEN + timedelta(hours=3)),
        agent=aiko,
    )
    received = "Received: from a by mx.desk.example; Mon, 5 Oct 2026 10:20:00 +0900\n"
    arrives(received.encode() + a_mail(to=[reply_to(acknowledgement())]).as_bytes())

    owed = ticket.clock.commitments.live().filter(kind="next_reply")
    assert owed.get().started_at == MONDAY_AT_TEN + timedelta(minutes=35)


def test_the_acknowledgement_is_owed_until_it_has_left(
    mailbox: Mailbox, monday_at_ten: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tests.mail.incoming.deliver_due", lambda: 0)
    arrives(a_mail())
    ticket = Ticket.objects.get()
    assert ticket.clock.commitments.live().filter(kind="ack").exists()
    monkeypatch.undo()

    monday_at_ten.shift(timedelta(seconds=20))
    the_system_works()

    told = ticket.clock.commitments.get(kind="ack")
    assert (told.state, told.met_at) == ("met", MONDAY_AT_TEN + timedelta(seconds=20))
    assert fresh(ticket).next_due_kind != "ack"


def test_who_gets_no_acknowledgement_is_owed_none(mailbox: Mailbox):
    arrives(a_mail(headers={"Auto-Submitted": "auto-generated"}))

    assert not Ticket.objects.get().clock.commitments.live().filter(kind="ack").exists()


def test_the_row_of_a_mail_leads_to_its_ticket(ticket: Ticket):
    assert InboundEmail.objects.get().thread == ticket.mail_thread
    assert Message.objects.get().inbound == InboundEmail.objects.get()
    assert SUPPORT in str(Ticket.objects.get().mailbox)
