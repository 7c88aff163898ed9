"""The tray of incoming mail: everything is filed once, and nothing holds up what is behind it."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage
from threading import Thread

import pytest
import time_machine
from django.conf import LazySettings
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import OperationalError, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Agent, Notification, Team
from mail.limited import LimitedReader
from mail.models import InboundEmail, Mailbox
from mail.receiving import take_in
from sla.defaults import install_defaults
from tests.factories import TeamFactory
from tests.mail.incoming import HANA, SERVER, SUPPORT, a_mail, a_mailbox, arrives, outbox
from tickets.exceptions import AlreadyFiled
from tickets.models import Attachment, Message, SearchEntry, Ticket
from tickets.services import filing
from tickets.services.filing import (
    discard,
    file_waiting_mail,
    open_as_ticket,
    process_again,
    tell_of_waiting_mail,
)

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def waits(mail: EmailMessage) -> InboundEmail:
    """It is in the house, and nobody has looked at it."""
    return take_in(mail.as_bytes(), mailbox=None, source="imap", envelope_from=None, envelope_to=[])


def a_mail_that_breaks(monkeypatch: pytest.MonkeyPatch) -> InboundEmail:
    """Filing it raises what nobody foresaw."""
    email = waits(a_mail(subject="broken"))
    original = filing.receive

    def receive(letter, *, now):
        if letter.mail.subject == "broken":
            Ticket.objects.count()
            raise LookupError("unknown encoding: x-nobody")
        original(letter, now=now)

    monkeypatch.setattr(filing, "receive", receive)
    return email


# What becomes of a mail --------------------------------------------------------------------------


def test_a_mail_becomes_a_ticket_of_the_mailboxs_team(mailbox: Mailbox):
    email = arrives(
        a_mail(
            "花子 <hanako@example.jp>", subject="印刷できない", body="助けてください。\n\n--\n山田"
        )
    )

    ticket = Ticket.objects.get()
    message = ticket.messages.get()
    assert (ticket.subject, ticket.channel, ticket.language) == ("印刷できない", "email", "ja")
    assert (ticket.team, ticket.mailbox) == (mailbox.team, mailbox)
    assert (ticket.customer.name, ticket.reply_address) == ("花子", HANA)
    assert (message.body, message.folded.strip()) == ("助けてください。", "--\n山田")
    assert (message.inbound, message.doubt, message.is_hidden) == (email, "", False)
    assert (email.state, email.outcome, email.trust) == ("done", "opened", "verified")
    assert email.thread == ticket.mail_thread
    entries = SearchEntry.objects.filter(ticket=ticket, kind="message")
    assert entries.get().source_id == message.pk


def test_an_english_mail_is_answered_in_english(mailbox: Mailbox):
    arrives(a_mail(subject="No paper", body="The printer says that the tray is empty."))

    assert Ticket.objects.get().language == "en"
    assert "We have your inquiry" in outbox()[0].subject


def test_a_mail_without_words_takes_the_language_of_its_mailbox(mailbox: Mailbox):
    mailbox.language = "en"
    mailbox.save()
    arrives(a_mail(subject="", body=""))

    assert (Ticket.objects.get().language, Ticket.objects.get().subject) == ("en", "(no subject)")


def test_each_mailbox_has_its_team_and_writes_under_its_name(mailbox: Mailbox):
    billing = TeamFactory(name="Billing")
    Mailbox.objects.create(
        address="bills@desk.example", name="請求窓口", team=billing, trusted_servers=[SERVER]
    )
    arrives(a_mail(to=["Bills@Desk.example"]))

    assert Ticket.objects.get().team == billing
    [letter] = outbox()
    assert letter.from_email.endswith("<bills@desk.example>")
    assert "bills+t" in str(letter.message()["Reply-To"])


def test_files_are_kept_under_names_that_are_only_names_and_typed_by_their_bytes(mailbox: Mailbox):
    mail = a_mail()
    png = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + bytes(50)
    mail.add_attachment(png, maintype="application", subtype="pdf", filename="../../a/写真.png")
    mail.add_attachment(b"MZ\x90\x00", maintype="application", subtype="x", filename="setup.exe")

    arrives(mail)

    picture, program = Attachment.objects.order_by("pk")
    assert (picture.name, picture.content_type) == ("写真.png", "image/png")
    assert "写真" not in str(picture.file.name)
    assert program.name == "setup.exe"
    assert SearchEntry.objects.filter(kind="file").count() == 2


def test_a_mail_without_a_sender_is_a_ticket_too_and_nobody_is_answered(mailbox: Mailbox):
    arrives(b"Subject: who am I\n\nhello")

    ticket = Ticket.objects.get()
    assert (ticket.reply_address, ticket.messages.get().doubt) == ("", "unverified")
    assert outbox() == []


def test_a_letter_that_is_too_big_is_filed_with_its_beginning_and_says_so(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
):
    arrives(a_mail(body="x" * 70).as_bytes() + b"y\n" * 21_000_000)

    message = Message.objects.get()
    assert "letter" in message.cuts
    assert message.body.startswith("x" * 70)


# Once, and only once -----------------------------------------------------------------------------


def test_the_same_mail_again_changes_nothing(mailbox: Mailbox):
    mail = a_mail()
    first = arrives(mail)
    again = arrives(b"Delivered-To: support@desk.example\n" + mail.as_bytes())

    assert Message.objects.count() == 1
    assert len(outbox()) == 1
    assert (again.state, again.outcome, again.duplicate_of) == ("done", "duplicate", first)


def test_the_same_mail_without_a_message_id_is_known_by_its_words(mailbox: Mailbox):
    raw = b"From: hanako@example.jp\nSubject: x\n\nhello\n"
    arrives(b"Received: from a by b; today\n" + raw)
    arrives(b"Received: from c by d; tomorrow\nX-Spam: no\n" + raw)
    arrives(raw.replace(b"hello", b"hello again"))

    assert Message.objects.count() == 2


def test_the_same_message_id_on_other_words_is_another_mail(mailbox: Mailbox):
    one = {"Message-ID": "<1@x.example>"}
    arrives(a_mail(headers=one, body="one"))
    arrives(a_mail(headers=one, body="another"))
    arrives(a_mail("ken@example.jp", headers=one, body="one"))

    assert sorted(Message.objects.values_list("body", flat=True)) == ["another", "one", "one"]


def test_a_mail_to_two_mailboxes_of_one_team_is_one_message(mailbox: Mailbox):
    Mailbox.objects.create(address="help@desk.example", team=mailbox.team)
    mail = a_mail(to=[SUPPORT, "help@desk.example"])
    arrives(mail, envelope_to=[SUPPORT])
    copy = arrives(mail, envelope_to=["help@desk.example"])

    assert (copy.outcome, Message.objects.count()) == ("duplicate", 1)


def test_a_mail_to_two_teams_is_a_ticket_each_and_one_acknowledgement(mailbox: Mailbox):
    Mailbox.objects.create(address="bills@desk.example", team=TeamFactory(name="Billing"))
    mail = a_mail(to=[SUPPORT, "bills@desk.example"])
    for address in (SUPPORT, "bills@desk.example"):
        arrives(mail, envelope_to=[address])

    assert Ticket.objects.count() == 2
    assert len(outbox()) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_the_same_moment_file_one_mail_once(settings: LazySettings):
    install_defaults()
    a_mailbox(TeamFactory(name="Support", is_default=True), settings)
    mail = a_mail()
    for _ in range(4):
        waits(mail)

    def work() -> None:
        file_waiting_mail()
        connections.close_all()

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Ticket.objects.count() == Message.objects.count() == 1
    outcomes = InboundEmail.objects.values_list("outcome", flat=True)
    assert sorted(outcomes) == ["duplicate"] * 3 + ["opened"]


# Trouble -----------------------------------------------------------------------------------------


def test_a_mail_that_breaks_does_not_hold_up_the_one_behind_it(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
):
    broken = a_mail_that_breaks(monkeypatch)
    waits(a_mail(subject="fine"))

    file_waiting_mail()

    assert Ticket.objects.get().subject == "fine"
    broken.refresh_from_db()
    assert (broken.state, broken.attempts) == ("new", 1)
    assert "unknown encoding" in broken.last_error


def test_after_three_tries_a_person_must_look(
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
    monday_at_ten: time_machine.Traveller,
    admin: Agent,
    ben: Agent,
    aiko: Agent,
):
    broken = a_mail_that_breaks(monkeypatch)
    for _ in range(4):
        file_waiting_mail()
        monday_at_ten.shift(6 * MINUTE)

    broken.refresh_from_db()
    assert (broken.state, broken.reason, broken.attempts) == ("failed", "trouble", 3)

    tell_of_waiting_mail()
    tell_of_waiting_mail()

    told = Notification.objects.filter(kind="mail_waits")
    assert sorted(told.values_list("agent__email", flat=True)) == [admin.email, ben.email]
    assert set(told.values_list("label", "path")) == {("broken", "/desk/mail/")}


def test_mail_that_waits_for_a_few_minutes_alarms_nobody(
    mailbox: Mailbox, monday_at_ten: time_machine.Traveller, admin: Agent
):
    waits(a_mail())
    monday_at_ten.shift(14 * MINUTE)
    assert tell_of_waiting_mail() == 0

    monday_at_ten.shift(2 * MINUTE)
    assert tell_of_waiting_mail() == 1


def test_a_mail_that_kills_its_reader_is_kept_with_its_headers(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
):
    reader = LimitedReader(patience=0.0)
    monkeypatch.setattr(filing, "reader", reader)
    heavy = waits(a_mail(subject="heavy"))
    file_waiting_mail()
    reader.close()
    monkeypatch.undo()

    heavy.refresh_from_db()
    assert (heavy.state, heavy.reason) == ("failed", "too_heavy")
    assert not Ticket.objects.exists()

    process_again(heavy)
    file_waiting_mail()

    assert Ticket.objects.get().subject == "heavy"


def test_files_of_a_mail_that_could_not_be_filed_are_not_left_behind(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
):
    mail = a_mail()
    mail.add_attachment(b"text", maintype="text", subtype="plain", filename="a.txt")

    def fail(*args: object, **fields: object) -> None:
        raise LookupError

    monkeypatch.setattr("tickets.services.opening.index_opened", fail)
    before = set(default_storage.listdir("attachments")[1]) if _has_files() else set()

    email = arrives(mail)

    assert email.state == "new"
    after = set(default_storage.listdir("attachments")[1]) if _has_files() else set()
    assert after == before


def _has_files() -> bool:
    return default_storage.exists("attachments")


def test_while_the_database_is_away_no_try_is_used_up(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
):
    def away(*args: object, **fields: object) -> None:
        raise OperationalError("terminating connection")

    monkeypatch.setattr(filing, "receive", away)
    email = waits(a_mail())

    with pytest.raises(OperationalError):
        file_waiting_mail()

    email.refresh_from_db()
    assert (email.state, email.last_error) == ("new", "")


def test_what_breaks_every_worker_that_takes_it_is_put_aside(mailbox: Mailbox):
    email = waits(a_mail())
    InboundEmail.objects.filter(pk=email.pk).update(attempts=filing.CLAIMS)

    file_waiting_mail()

    email.refresh_from_db()
    assert (email.state, email.reason) == ("failed", "trouble")


def test_a_mail_that_somebody_is_at_is_left_alone(mailbox: Mailbox):
    email = waits(a_mail())
    later = timezone.now() + timedelta(seconds=60)
    InboundEmail.objects.filter(pk=email.pk).update(next_try_at=later, attempts=1)

    assert file_waiting_mail() == 0
    assert file_waiting_mail(now=later) == 1


# By hand -----------------------------------------------------------------------------------------


@pytest.fixture
def held_back(mailbox: Mailbox) -> InboundEmail:
    """Forged, with the number of a ticket."""
    arrives(a_mail())
    number = Ticket.objects.get().number
    email = arrives(a_mail(subject=f"Re: [#{number}] x", body="forged", auth="fail"))
    assert (email.state, email.reason) == ("quarantined", "unverified")
    return email


def test_a_person_may_open_a_mail_that_was_held_back(held_back: InboundEmail, ben: Agent):
    ticket = open_as_ticket(held_back, by=ben)

    assert ticket is not None
    assert ticket.maybe_belongs_to == Ticket.objects.earliest("pk")
    assert ticket.messages.get().doubt == "unverified"
    held_back.refresh_from_db()
    assert (held_back.state, held_back.outcome) == ("done", "opened")
    assert len(outbox()) == 1, "nobody writes to an address that was forged"


def test_a_mail_is_decided_on_once(held_back: InboundEmail, ben: Agent):
    stale = InboundEmail.objects.get(pk=held_back.pk)
    discard(held_back, by=ben)

    for act in (
        lambda: open_as_ticket(stale, by=ben),
        lambda: discard(stale, by=ben),
        lambda: process_again(stale),
    ):
        with pytest.raises(AlreadyFiled):
            act()
    assert Ticket.objects.count() == 1
    held_back.refresh_from_db()
    assert held_back.outcome == "discarded"
    assert held_back.raw.storage.exists(str(held_back.raw.name))


# What it costs -----------------------------------------------------------------------------------


def test_a_plain_mail_costs_few_statements(mailbox: Mailbox, django_assert_max_num_queries):
    arrives(a_mail("first@example.jp"))
    waits(a_mail("ken@example.jp"))

    with django_assert_max_num_queries(31) as told:
        file_waiting_mail()

    assert isinstance(told, CaptureQueriesContext)
    assert Ticket.objects.count() == 2


def test_the_team_of_a_fresh_desk_gets_a_mailbox_by_itself(support: Team, settings: LazySettings):
    settings.DEFAULT_FROM_EMAIL = "Hilfe@desk.example"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    arrives(a_mail(to=["hilfe@desk.example"]))

    assert Ticket.objects.get().mailbox == Mailbox.objects.get()
    assert Mailbox.objects.get().address == "hilfe@desk.example"


@pytest.mark.django_db(transaction=True)
def test_the_pump_files_mail_by_itself(fresh_desk: None, mailbox: Mailbox):
    waits(a_mail())
    call_command("pump", "--once")

    assert Ticket.objects.count() == 1
    assert len(outbox()) == 1
