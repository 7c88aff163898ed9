"""A third party is asked about a ticket, and answers: none of it is the customer's word or contact
with the customer, and nothing of theirs reaches the other."""

from __future__ import annotations

from datetime import timedelta
from email.utils import parseaddr
from uuid import uuid4

import pytest
import time_machine
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone, translation

from accounts.models import Agent, Notification
from customers.models import Customer
from mail.models import Mailbox, OutboundEmail
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_ticket, an_inquiry
from tests.mail.incoming import (
    HANA,
    SUPPORT,
    a_mail,
    arrives,
    letters_to,
    outbox,
    the_system_works,
)
from tickets import links
from tickets.attachments import discard_abandoned, keep_uploads
from tickets.exceptions import CannotBeMoved, CannotForward
from tickets.models import (
    Attachment,
    Message,
    Participant,
    SearchEntry,
    ThirdPartyLetter,
    Ticket,
)
from tickets.reply_addresses import reply_address
from tickets.services.following import follow
from tickets.services.forwarding import Forward, forward
from tickets.services.handling import assign, set_status, solve
from tickets.services.merging import merge_tickets, separate_tickets
from tickets.services.replying import Reply, receive_reply, reply_to_customer
from tickets.third_parties import without_secrets

pytestmark = pytest.mark.django_db

MAKER = "parts@maker.example"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ticket(mailbox: Mailbox, aiko: Agent, monday_at_ten: time_machine.Traveller) -> Ticket:
    """Hana's, opened by mail on Monday at ten and in Aiko's hands."""
    arrives(a_mail(headers={"Message-ID": "<hana-1@example.jp>"}))
    monday_at_ten.shift(5 * MINUTE)
    return assign(Ticket.objects.get(), to=aiko, by=aiko)


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.select_related("clock", "customer").get(pk=ticket.pk)


def ask(ticket: Ticket, agent: Agent, **fields: object) -> ThirdPartyLetter:
    words = {"address": MAKER, "body": "部品の在庫はありますか。", **fields}
    sent = forward(ticket, Forward(**words), agent=agent)  # type: ignore[arg-type]
    the_system_works()
    return sent


def their_address(sent: ThirdPartyLetter) -> str:
    assert sent.email is not None
    return parseaddr(sent.email.headers["Reply-To"])[1]


def answer(sent: ThirdPartyLetter, sender: str = MAKER, **mail: object) -> ThirdPartyLetter:
    """The mail of a third party that answers to the address in Reply-To."""
    fields = {"body": "在庫あります。", "to": [their_address(sent)], **mail}
    arrives(a_mail(sender, **fields))  # type: ignore[arg-type]
    return ThirdPartyLetter.objects.filter(direction="inbound").latest("pk")


# Asking -------------------------------------------------------------------------------------------


def test_the_letter_leaves_with_the_words_and_what_it_quotes(ticket: Ticket, aiko: Agent):
    sent = ask(ticket, aiko, quoted=[ticket.messages.get()])

    [letter] = letters_to(MAKER)
    assert letter.to == [MAKER]
    assert letter.subject == f"{ticket.subject} [{ticket.number}]"
    assert "部品の在庫はありますか。" in letter.body
    assert "昨日から印刷できません。" in letter.body
    assert "Date: Mon 5 Oct 2026, 10:00 (JST)" in letter.body
    assert (sent.address, sent.agent, sent.body) == (MAKER, aiko, "部品の在庫はありますか。")
    assert "昨日から印刷できません。" in sent.folded


def test_the_letter_is_in_the_language_of_whoever_writes_it(ticket: Ticket, aiko: Agent):
    aiko.language = "ja"
    aiko.save()

    ask(ticket, aiko, quoted=[ticket.messages.get()])

    [letter] = letters_to(MAKER)
    assert "転送メッセージ" in letter.body
    assert "担当 Aiko" in letter.body


def test_it_is_no_contact_and_moves_no_promise(ticket: Ticket, aiko: Agent):
    before = fresh(ticket)

    ask(ticket, aiko)

    after = fresh(ticket)
    assert after.next_contact_at == before.next_contact_at
    assert (after.next_due_at, after.next_due_kind) == (before.next_due_at, before.next_due_kind)
    assert (after.preview, after.is_last_word_ours) == (before.preview, False)
    assert after.status == before.status
    assert after.entry_count == before.entry_count + 1
    assert ticket.messages.count() == 1
    assert list(ticket.events.filter(agent=aiko).values_list("kind", flat=True))[-1] == "forwarded"


def test_the_same_form_sends_once(ticket: Ticket, aiko: Agent):
    key = uuid4()

    first, second = (ask(ticket, aiko, submission_key=key) for _ in range(2))

    assert first == second
    assert len(letters_to(MAKER)) == 1


def test_on_hold_with_it_the_promise_to_the_customer_stays(ticket: Ticket, aiko: Agent):
    promised = fresh(ticket).next_contact_at

    ask(ticket, aiko, hold_reason="waiting for the maker")

    after = fresh(ticket)
    assert (after.status, after.hold_reason) == ("on_hold", "waiting for the maker")
    assert after.next_contact_at == promised


def test_a_resolved_ticket_is_not_put_on_hold_and_nothing_leaves(ticket: Ticket, aiko: Agent):
    solve(ticket, agent=aiko)

    with pytest.raises(CannotBeMoved):
        ask(ticket, aiko, hold_reason="waiting")

    assert letters_to(MAKER) == []
    ask(ticket, aiko)
    assert len(letters_to(MAKER)) == 1
    assert fresh(ticket).status == "resolved"


def test_chosen_files_go_with_it(ticket: Ticket, aiko: Agent):
    a_file = SimpleUploadedFile("紙詰まり.txt", b"jam", content_type="text/plain")
    keep_uploads([a_file], submission_key=(key := uuid4()), now=timezone.now())
    receive_reply(ticket, body="ログです。", submission_key=key)

    ask(ticket, aiko, files=list(Attachment.objects.all()))

    [letter] = letters_to(MAKER)
    [part] = [each for each in letter.message().walk() if each.get_filename()]
    assert part.get_filename() == "紙詰まり.txt"
    assert part.get_payload(decode=True) == b"jam"
    assert Attachment.objects.get().message is not None


def test_too_many_files_are_refused(ticket: Ticket, aiko: Agent, settings: LazySettings):
    settings.ATTACHMENTS_MAX_TOTAL_BYTES = 2**20

    with pytest.raises(CannotForward) as refusal:
        ask(ticket, aiko, files=[Attachment(size=2**20 + 1)])

    assert refusal.value.field == "enclosed"


@pytest.mark.parametrize("name", ["Re: ご注文.EML", "question.msg", "winmail.dat"])
def test_a_mail_as_a_file_is_refused(ticket: Ticket, aiko: Agent, name: str):
    with pytest.raises(CannotForward) as refusal:
        ask(ticket, aiko, files=[Attachment(name=name, size=1)])

    assert refusal.value.field == "enclosed"
    assert not letters_to(MAKER)


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("nobody", "This is not an email address."),
        ("a@b.example, c@d.example", "This is not an email address."),
        (HANA.upper(), "This is the customer."),
        (SUPPORT, "This is an address of ours."),
        ("support+x@desk.example", "This is an address of ours."),
    ],
)
def test_an_address_that_cannot_be_asked_is_explained(
    ticket: Ticket, aiko: Agent, address: str, sentence: str
):
    with translation.override("en"), pytest.raises(CannotForward, match=sentence):
        ask(ticket, aiko, address=address)

    assert not ThirdPartyLetter.objects.exists()


def test_another_address_of_the_customer_is_the_customer_too(ticket: Ticket, aiko: Agent):
    ticket.customer.contact_points.create(
        kind="email", value="hana@home.example", normalized="hana@home.example"
    )

    with translation.override("en"), pytest.raises(CannotForward, match="This is the customer"):
        ask(ticket, aiko, address="Hana@home.example")


# What they may not learn ---------------------------------------------------------------------------


def test_no_secret_of_the_customer_is_in_the_letter(ticket: Ticket, aiko: Agent, mailbox: Mailbox):
    reply = reply_to_customer(
        ticket, Reply(body="お調べします。", promise_at=timezone.now() + 60 * MINUTE), agent=aiko
    )
    assert reply.email is not None
    link = links.url_for(ticket, now=timezone.now())
    token = link.rstrip("/").rpartition("/")[2]
    back = reply_address(ticket, mailbox)
    quoted = (
        f"見られません {link}\n> {back} wrote {reply.email.message_id}\n"
        f"https://safe.example/?url={link.replace('/', '%2F')}&x\n"
        f"https://safe.example/?url={link.replace('/', '%2f')}&x\n"
        f"{link[:-10]}\n> {link[-10:]}"
    )
    message = receive_reply(ticket, body=quoted)
    Ticket.objects.filter(pk=ticket.pk).update(subject=f"{token} 見られません")

    sent = ask(ticket, aiko, body=f"See {link} or write to {back}", quoted=[reply, message])

    [letter] = letters_to(MAKER)
    assert sent.email is not None
    check = back.rpartition("-")[2].partition("@")[0]
    for told in (letter.message().as_string(), letter.subject, letter.body, sent.email.html):
        assert token not in told
        assert token[:16] not in told
        assert check not in told
        assert reply.email.message_id not in told
    assert "見られません" in letter.body
    # It belongs to no conversation with the customer.
    ours = {each.message_id for each in OutboundEmail.objects.exclude(to=MAKER)}
    named = f"{letter.extra_headers.get('References')} {letter.extra_headers.get('In-Reply-To')}"
    assert not [each for each in (*ours, "<hana-1@example.jp>") if each in named]
    assert "+t" not in str(letter.message()["Reply-To"])


@pytest.mark.parametrize(
    "harmless",
    [
        "https://desk.example/r/ and https://reddit.example/r/programming is about programming\n",
        "部品番号 abcdefghijklmnop-2345",
        "d41d8cd98f00b204e9800998ecf8427e",
        "support+team@desk.example",
    ],
)
def test_what_is_no_secret_stays(harmless: str):
    assert without_secrets(harmless) == harmless


def test_the_customer_gets_nothing_of_it(ticket: Ticket, aiko: Agent, client: Client):
    sent = ask(ticket, aiko, body="秘密の質問", hold_reason="maker")
    mail = a_mail(MAKER, to=[their_address(sent)], body="秘密の答え")
    mail.add_attachment(b"price", maintype="text", subtype="plain", filename="himitsu.txt")
    arrives(mail)
    file = Attachment.objects.get()
    token = links.url_for(ticket, now=timezone.now()).rstrip("/").rpartition("/")[2]

    reply_to_customer(fresh(ticket), Reply(body="部品が届きます。", solves=True), agent=aiko)
    the_system_works()

    page = client.get(f"/r/{token}/").text
    to_customer = [letter.message().as_string() + letter.body for letter in letters_to(HANA)]
    assert len(to_customer) == 2
    for told in [page, *to_customer]:
        for secret in ("秘密", MAKER, "maker", "himitsu"):
            assert secret not in told
    assert client.get(f"/r/{token}/files/{file.public_id}/").status_code == 404
    assert {letter.to for letter in OutboundEmail.objects.filter(letter="reply")} == {HANA}
    letter = OutboundEmail.objects.get(letter="reply")
    assert sent.email is not None
    assert sent.email.message_id not in str(letter.headers)


# Answers -------------------------------------------------------------------------------------------


def test_the_answer_is_on_the_ticket_and_is_no_message(ticket: Ticket, aiko: Agent):
    sent = ask(ticket, aiko)
    before = fresh(ticket)

    told = answer(sent, "Maker KK <parts@maker.example>", body="在庫あります。\n\n--\n部品センター")

    after = fresh(ticket)
    assert (told.ticket, told.address, told.name) == (ticket, MAKER, "Maker KK")
    assert (told.body, told.folded) == ("在庫あります。", "--\n部品センター")
    assert (told.doubt, told.is_auto) == ("", False)
    assert ticket.messages.count() == Ticket.objects.count() == 1
    assert Customer.objects.count() == 1
    assert not Participant.objects.exists()
    assert (after.next_contact_at, after.next_due_at) == (
        before.next_contact_at,
        before.next_due_at,
    )
    assert (after.preview, after.is_last_word_ours) == (before.preview, before.is_last_word_ours)
    assert len(letters_to(MAKER)) == 1


def test_an_answer_is_known_by_any_letter_of_ours_that_it_names(ticket: Ticket, aiko: Agent):
    sent = ask(ticket, aiko)
    assert sent.email is not None
    references = f"<x@maker.example> {sent.email.message_id} <y@maker.example>"

    answer(sent, to=[SUPPORT], headers={"References": references}, subject="Fwd: 在庫")

    assert Ticket.objects.count() == 1
    assert ticket.messages.count() == 1


def test_without_evidence_it_is_a_matter_of_its_own(ticket: Ticket, aiko: Agent):
    sent = ask(ticket, aiko)

    arrives(a_mail(MAKER, subject=f"Re: [{ticket.number}]"))

    assert Ticket.objects.count() == 2
    assert not ThirdPartyLetter.objects.filter(direction="inbound").exists()
    assert sent.ticket.messages.count() == 1


@pytest.mark.parametrize(
    "forge",
    [
        lambda address: address.replace("+f", "+f1"),
        lambda address: address[:-20] + ("b" if address[-20] == "a" else "a") + address[-19:],
        lambda address: address.replace("+f", "+t"),
    ],
)
def test_a_guessed_address_leads_nowhere(ticket: Ticket, aiko: Agent, forge):
    sent = ask(ticket, aiko)

    arrives(a_mail(MAKER, to=[forge(their_address(sent))]))

    assert not ThirdPartyLetter.objects.filter(direction="inbound").exists()
    assert sent.ticket.messages.count() == 1


def test_the_address_holds_for_its_ticket_and_its_recipient_alone(ticket: Ticket, aiko: Agent):
    sent = ask(ticket, aiko)
    address = their_address(sent)
    ThirdPartyLetter.objects.update(address="else@where.example")

    arrives(a_mail(MAKER, to=[address]))

    assert not ThirdPartyLetter.objects.filter(direction="inbound").exists()


def test_even_the_customers_answer_to_it_is_no_message(ticket: Ticket, aiko: Agent):
    """The third party put Hana in Cc; what she says there is not said to us alone."""
    sent = ask(ticket, aiko)

    told = answer(sent, HANA, body="そうですか。")

    assert told.doubt == "stranger"
    assert ticket.messages.count() == 1


def test_it_is_our_turn_again_when_they_answer(ticket: Ticket, aiko: Agent):
    sent = ask(ticket, aiko, hold_reason="waiting for the maker")

    answer(sent)

    assert (fresh(ticket).status, fresh(ticket).hold_reason) == ("open", "")
    assert ticket.events.latest("pk").kind == "hold_ended"


def test_a_hold_for_something_else_goes_on(ticket: Ticket, aiko: Agent):
    sent = ask(ticket, aiko, hold_reason="waiting for the maker")
    set_status(ticket, to="on_hold", reason="the carrier", agent=aiko)

    answer(sent)

    assert (fresh(ticket).status, fresh(ticket).hold_reason) == ("on_hold", "the carrier")


def test_of_two_who_were_asked_the_last_one_ends_the_hold(ticket: Ticket, aiko: Agent):
    maker = ask(ticket, aiko, hold_reason="the maker")
    carrier = ask(ticket, aiko, address="go@carrier.example", hold_reason="the carrier")

    answer(maker)
    assert fresh(ticket).status == "on_hold"
    answer(carrier, "go@carrier.example")

    assert fresh(ticket).status == "open"


def test_who_has_the_ticket_and_who_follows_it_hear_of_the_answer(
    ticket: Ticket, aiko: Agent, ben: Agent
):
    sent = ask(ticket, aiko)
    follow(ticket, agent=ben)

    answer(sent)

    told = {each.agent: each for each in Notification.objects.exclude(kind="assigned")}
    assert told[aiko].kind == "third_party"
    assert told[aiko].facts == {"from": MAKER}
    assert (told[ben].kind, told[ben].facts) == ("followed", {"what": "third_party"})


def test_an_automatic_answer_is_kept_and_ends_nothing(ticket: Ticket, aiko: Agent):
    sent = ask(ticket, aiko, hold_reason="the maker")

    told = answer(sent, headers={"Auto-Submitted": "auto-replied"}, body="休業中です。")

    assert told.is_auto
    assert fresh(ticket).status == "on_hold"
    assert not Notification.objects.filter(kind="third_party").exists()


@pytest.mark.parametrize(
    ("sender", "auth", "doubt"),
    [
        (MAKER, "pass", ""),
        (MAKER, "", ""),
        ("sales@maker.example", "pass", ""),
        (MAKER, "fail", "unverified"),
        ("eve@evil.example", "pass", "stranger"),
    ],
)
def test_whose_answer_it_is_is_told(
    ticket: Ticket, aiko: Agent, sender: str, auth: str, doubt: str
):
    sent = ask(ticket, aiko, hold_reason="the maker")

    told = answer(sent, sender, auth=auth)

    assert told.doubt == doubt
    assert (fresh(ticket).status == "on_hold") == bool(doubt)


def test_two_people_of_a_free_mail_provider_are_strangers(ticket: Ticket, aiko: Agent):
    sent = ask(ticket, aiko, address="maker@gmail.com")

    assert answer(sent, "eve@gmail.com").doubt == "stranger"


def test_writing_again_goes_on_with_their_mail(
    ticket: Ticket, aiko: Agent, monday_at_ten: time_machine.Traveller
):
    sent = ask(ticket, aiko)
    monday_at_ten.shift(MINUTE)
    answer(sent, headers={"Message-ID": "<answer@maker.example>"})

    again = ask(ticket, aiko, body="いくらですか。")

    assert again.email is not None
    assert sent.email is not None
    headers = again.email.headers
    assert headers["In-Reply-To"] == "<answer@maker.example>"
    assert headers["References"] == f"{sent.email.message_id} <answer@maker.example>"
    # Another third party hears nothing of that.
    other = ask(ticket, aiko, address="go@carrier.example")
    assert other.email is not None
    assert "References" not in other.email.headers


def test_a_resolved_ticket_stays_resolved(ticket: Ticket, aiko: Agent):
    sent = ask(ticket, aiko)
    solve(ticket, agent=aiko)

    answer(sent)

    assert fresh(ticket).status == "resolved"
    assert Notification.objects.filter(kind="third_party").exists()


def test_their_files_are_kept_longer_than_uploads_and_belong_to_the_letter(
    ticket: Ticket, aiko: Agent
):
    sent = ask(ticket, aiko)
    mail = a_mail(MAKER, to=[their_address(sent)])
    mail.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="price.pdf")
    arrives(mail)

    discard_abandoned(now=timezone.now() + timedelta(days=9))

    file = Attachment.objects.get()
    assert (file.message, file.name) == (None, "price.pdf")
    assert file.third_party_letter == ThirdPartyLetter.objects.get(direction="inbound")
    assert SearchEntry.objects.get(kind="file").ticket == ticket


# Letters that come back -----------------------------------------------------------------------------


def test_a_letter_that_never_arrives_is_told_and_nobody_waits_for_its_answer(
    ticket: Ticket, aiko: Agent, ben: Agent
):
    sent = ask(ticket, ben, hold_reason="the maker")
    assert sent.email is not None
    promised = fresh(ticket).next_contact_at

    bounce(sent.email)

    sent.email.refresh_from_db()
    assert sent.email.state == "failed"
    assert fresh(ticket).status == "open"
    assert fresh(ticket).next_contact_at == promised
    told = Notification.objects.filter(kind="undelivered")
    assert {each.agent for each in told} == {aiko, ben}
    assert told[0].facts == {"letter": "third_party", "to": MAKER}
    assert ticket.messages.count() == 1


def bounce(email: OutboundEmail) -> None:
    """The maker's mail server knows no such address."""
    arrives(
        (
            "From: MAILER-DAEMON@maker.example\nTo: support@desk.example\nSubject: failed\n"
            "Message-ID: <dsn@maker.example>\nMIME-Version: 1.0\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
            "--b\nContent-Type: text/plain\n\nNo.\n"
            "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n"
            f"Final-Recipient: rfc822; {email.to}\nAction: failed\nStatus: 5.1.1\n"
            "Diagnostic-Code: smtp; 550 5.1.1 unknown user\n\n"
            f"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: {email.message_id}\n\n--b--\n"
        ).encode(),
        envelope_from="",
    )


# With other tickets ---------------------------------------------------------------------------------


def test_what_was_asked_goes_with_a_merged_ticket(ticket: Ticket, aiko: Agent):
    sent = ask(ticket, aiko, hold_reason="the maker")
    other = a_ticket(customer=ticket.customer, email=HANA)
    merge_tickets(ticket, into=other, agent=aiko)

    told = answer(sent)

    assert told.ticket == other
    assert other.messages.count() == 1
    merge = other.merges_in.get()
    separate_tickets(merge, agent=aiko)
    assert fresh(ticket).third_party_letters.get() == sent


def test_the_table_refuses_what_cannot_be(ticket: Ticket, aiko: Agent):
    wrong = (
        {"direction": "inbound", "address": MAKER, "agent": aiko},
        {"direction": "outbound", "address": ""},
        {"direction": "outbound", "address": MAKER, "doubt": "stranger"},
    )
    for fields in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            ThirdPartyLetter.objects.create(ticket=ticket, body="", sent_at=MONDAY_AT_TEN, **fields)


def test_a_file_has_one_place(ticket: Ticket, aiko: Agent):
    sent = ask(ticket, aiko)
    file = Attachment(
        message=Message.objects.get(),
        third_party_letter=sent,
        public_id=uuid4(),
        size=1,
        uploaded_at=MONDAY_AT_TEN,
    )

    with pytest.raises(IntegrityError), transaction.atomic():
        file.save()


@pytest.mark.usefixtures("mailbox")
def test_a_ticket_from_the_web_is_forwarded_too(aiko: Agent):
    ticket = an_inquiry().ticket

    ask(ticket, aiko)

    assert [letter.to for letter in outbox()][-1] == [MAKER]
