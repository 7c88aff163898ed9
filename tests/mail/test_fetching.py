"""Mail is fetched from a real IMAP server: each once, in its order, whatever happens between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage

import pytest
from django.core.management import call_command
from django.utils import timezone
from imap_tools import BaseMailBox

from common.secrets import encrypt
from mail import connecting, fetching
from mail.fetching import fetch, fetch_due
from mail.models import InboundEmail, Mailbox, MailboxSource
from mail.reading.limits import LIMITS
from tests.mail.imap import PASSWORD, ImapServer, imap_server
from tests.mail.incoming import a_mail
from tickets.models import Ticket
from tickets.services.filing import file_waiting_mail

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fresh_desk")]


@pytest.fixture(scope="module")
def server() -> Iterator[ImapServer]:
    with imap_server() as running:
        yield running


@pytest.fixture
def folder(server: ImapServer) -> str:
    return server.new_folder()


def mails(*subjects: str) -> list[EmailMessage]:
    return [a_mail(subject=subject) for subject in subjects]


def look(source: MailboxSource) -> int:
    """The next look, without waiting for it."""
    MailboxSource.objects.filter(pk=source.pk).update(next_fetch_at=timezone.now())
    taken = fetch(source.pk)
    source.refresh_from_db()
    return taken


def filed() -> list[str]:
    file_waiting_mail()
    return list(Ticket.objects.order_by("pk").values_list("subject", flat=True))


def test_what_is_new_becomes_tickets_once(server: ImapServer, folder: str, mailbox: Mailbox):
    server.put(folder, *mails("one", "two"))
    source = server.source_of(mailbox, folder=folder)

    taken = [look(source), look(source)]
    server.put(folder, *mails("three"))
    taken.append(look(source))

    assert taken == [2, 0, 1]
    assert filed() == ["one", "two", "three"]
    assert source.last_success_at is not None
    assert set(InboundEmail.objects.values_list("source", "mailbox")) == {("imap", mailbox.pk)}


def test_the_mail_is_kept_byte_for_byte_and_stays_unread(
    server: ImapServer, folder: str, mailbox: Mailbox
):
    raw = "From: a@b.example\r\nSubject: x\r\n\r\nあ 8 bit\r\n".encode()
    server.put(folder, raw)

    look(server.source_of(mailbox, folder=folder))

    with InboundEmail.objects.get().raw.open("rb") as file:
        assert file.read() == raw
    with server.box(folder) as box:
        assert box.uids("UNSEEN") == server.uids(folder)


def test_at_the_first_look_only_what_comes_from_now_on_is_taken(
    server: ImapServer, folder: str, mailbox: Mailbox
):
    server.put(folder, *mails("years ago"))
    source = server.source_of(mailbox, folder=folder, takes_what_is_there=False)

    look(source)
    server.put(folder, *mails("new"))
    look(source)

    assert filed() == ["new"]


def test_when_the_server_counts_anew_nothing_is_lost_or_doubled(
    server: ImapServer, folder: str, mailbox: Mailbox
):
    first, second = mails("one", "two")
    server.put(folder, first)
    source = server.source_of(mailbox, folder=folder)
    look(source)
    before = source.uid_validity
    with server.box() as box:
        box.folder.delete(folder)
        box.folder.create(folder)
    server.put(folder, first, second)

    look(source)

    assert source.uid_validity != before
    assert filed() == ["one", "two"]


def test_a_mail_the_server_does_not_hand_over_holds_up_no_other(
    server: ImapServer, folder: str, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
):
    server.put(folder, *mails("one", "two", "three"))
    source = server.source_of(mailbox, folder=folder)
    bad = int(server.uids(folder)[1])
    real = fetching._raw

    def refusing(box: BaseMailBox, uid: int) -> bytes | None:
        if uid == bad:
            raise box.client.error("NO cannot read it")
        return real(box, uid)

    monkeypatch.setattr(fetching, "_raw", refusing)
    look(source)
    assert filed() == ["one", "three"]
    assert (source.left_uids, source.waiting_on_server) == ([bad], 1)
    monkeypatch.undo()
    look(source)

    assert filed() == ["one", "three", "two"]
    assert (source.left_uids, source.waiting_on_server) == ([], 0)


def test_killed_between_keeping_and_moving_the_mail_is_filed_once_and_moved(
    server: ImapServer, folder: str, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
):
    server.put(folder, *mails("one"))
    target = f"{folder}Done"
    source = server.source_of(mailbox, folder=folder, after_fetch="move", moves_to=target)

    def die(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fetching._Pass, "_move", die)
    with pytest.raises(KeyboardInterrupt):
        look(source)
    assert InboundEmail.objects.count() == 1
    monkeypatch.undo()
    look(source)

    assert filed() == ["one"]
    assert server.uids(folder) == []
    assert len(server.uids(target)) == 1


def test_where_it_cannot_be_moved_it_is_taken_in_once_and_somebody_reads_why(
    server: ImapServer, folder: str, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
):
    server.put(folder, *mails("one", "two"))
    source = server.source_of(mailbox, folder=folder, after_fetch="move", moves_to="Done")

    def refuse(*args: object) -> None:
        raise fetching.MailboxMoveError(("NO", [b"read-only"]), "OK")

    monkeypatch.setattr(fetching, "_move", refuse)
    assert [look(source), look(source)] == [2, 0]

    assert filed() == ["one", "two"]


def test_a_wrong_password_is_told_in_plain_words_and_never_repeated(
    server: ImapServer, folder: str, mailbox: Mailbox
):
    source = server.source_of(mailbox, folder=folder, secret=encrypt("wrong-horse"))

    look(source)

    assert source.last_error == "refused"
    assert "wrong-horse" not in source.last_error_said
    assert source.last_success_at is None


def test_what_the_server_repeats_of_the_password_is_not_stored(
    server: ImapServer, folder: str, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
):
    source = server.source_of(mailbox, folder=folder)

    def repeat(*args: object, **kwargs: object) -> None:
        raise connecting.SignInRefused(f"LOGIN support {PASSWORD} is wrong")

    monkeypatch.setattr(connecting, "_sign_in", repeat)
    look(source)

    assert source.last_error_said == "LOGIN support … is wrong"


def test_a_server_that_is_away_is_asked_more_and_more_rarely(mailbox: Mailbox, server: ImapServer):
    source = server.source_of(mailbox, folder="INBOX", port=9)

    pauses = []
    for _ in range(7):
        look(source)
        pauses.append(source.next_fetch_at - timezone.now())

    assert source.last_error == "unreachable"
    assert [round(pause.total_seconds() / 60) for pause in pauses] == [1, 2, 4, 8, 15, 15, 15]


def test_a_missing_folder_is_named_as_the_trouble(server: ImapServer, mailbox: Mailbox):
    source = server.source_of(mailbox, folder="Nowhere")

    look(source)

    assert source.last_error == "no_folder"


def test_two_workers_do_not_look_at_once(server: ImapServer, folder: str, mailbox: Mailbox):
    server.put(folder, *mails("one"))
    source = server.source_of(mailbox, folder=folder)
    assert fetching._claim(source.pk, now=timezone.now()) is not None

    assert fetch(source.pk) == 0
    after_the_lease = timezone.now() + fetching.LEASE + timedelta(seconds=1)
    assert fetching._claim(source.pk, now=after_the_lease) is not None


def test_a_mailbox_that_is_switched_off_is_not_fetched(
    server: ImapServer, folder: str, mailbox: Mailbox
):
    server.put(folder, *mails("one"))
    server.source_of(mailbox, folder=folder)
    Mailbox.objects.update(is_active=False)

    assert fetch_due() == 0


def test_a_mail_that_is_too_big_is_fetched_to_the_limit_and_shown_to_somebody(
    server: ImapServer, folder: str, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(fetching, "MOST_BYTES", 5000)
    monkeypatch.setattr(fetching, "_size", lambda box, uid: LIMITS.letter_bytes + 10)
    server.put(folder, a_mail(subject="huge", body="x" * 60 + "\n" + ("y" * 60 + "\n") * 1000))

    look(server.source_of(mailbox, folder=folder))

    assert InboundEmail.objects.get().size == 5000


def test_the_command_looks_once(server: ImapServer, folder: str, mailbox: Mailbox, capsys):
    server.put(folder, *mails("one"))
    server.source_of(mailbox, folder=folder)

    call_command("fetch_mail", "--once")

    assert capsys.readouterr().out == "1 mails taken in\n"
