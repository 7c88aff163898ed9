"""A server that is listened to says when there is mail, and nothing depends on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

import pytest
from django.utils import timezone

from common import doorbell
from common.secrets import encrypt
from mail import listening
from mail.fetching import LEASE
from mail.listening import Listeners, wake
from mail.models import Mailbox, MailboxSource
from tests.mail.dovecot import Dovecot, dovecot, needs_dovecot
from tests.mail.incoming import SUPPORT, a_mail

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fresh_desk")]
PASSWORD = "a-mailbox-password"


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with (
        TemporaryDirectory(prefix="dovecot") as folder,
        dovecot(Path(folder), user=SUPPORT, password=PASSWORD) as running,
    ):
        yield running


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> Event:
    heard = Event()
    monkeypatch.setattr(doorbell, "ring", lambda *args: heard.set())
    monkeypatch.setattr(listening, "ONE_WAIT", 0.5)
    return heard


@pytest.fixture
def listeners() -> Iterator[Listeners]:
    running = Listeners()
    yield running
    for ear in running.ears.values():
        ear.stopping.set()
        ear.join(10)


def a_source(mailbox: Mailbox, **fields: object) -> MailboxSource:
    given = {
        "kind": "imap",
        "host": "localhost",
        "user": SUPPORT,
        "secret": encrypt(PASSWORD),
        "listens": True,
        "last_success_at": timezone.now(),
        "next_fetch_at": timezone.now() + timedelta(seconds=50),
    }
    return MailboxSource.objects.create(mailbox=mailbox, **{**given, **fields})


@needs_dovecot
def test_new_mail_is_looked_for_when_the_server_tells_of_it(
    server: Dovecot,
    mailbox: Mailbox,
    listeners: Listeners,
    rung: Event,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("SSL_CERT_FILE", str(server.authority))
    source = a_source(mailbox, port=server.tls_port)

    listeners.attend()

    # The first may come before anybody listens.
    for number in range(10):
        server.put(SUPPORT, a_mail(subject=f"{number}"))
        if rung.wait(2):
            break
    source.refresh_from_db()
    assert source.next_fetch_at <= timezone.now()


@needs_dovecot
def test_it_is_listened_to_no_longer_when_nobody_wants_it(
    server: Dovecot,
    mailbox: Mailbox,
    listeners: Listeners,
    rung: Event,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("SSL_CERT_FILE", str(server.authority))
    a_source(mailbox, port=server.tls_port)
    listeners.attend()
    [ear] = listeners.ears.values()
    MailboxSource.objects.update(listens=False)

    listeners.attend()

    ear.join(10)
    assert not ear.is_alive()
    assert listeners.ears == {}


def test_a_server_that_hangs_up_is_left_alone_for_a_while(
    mailbox: Mailbox, listeners: Listeners, rung: Event
):
    source = a_source(mailbox, port=9)
    listeners.attend()
    listeners.ears[source.pk].join(10)

    listeners.attend()

    assert listeners.ears == {}
    assert not rung.is_set()


@pytest.mark.parametrize(
    "fields",
    [{"listens": False}, {"last_error": "refused"}, {"last_success_at": None}, {"kind": "none"}],
)
def test_only_mailboxes_that_work_and_want_it_are_listened_to(
    mailbox: Mailbox, listeners: Listeners, fields: dict[str, object]
):
    a_source(mailbox, **fields)

    listeners.attend()

    assert listeners.ears == {}


def test_whoever_is_looking_already_is_not_disturbed(mailbox: Mailbox, rung: Event):
    source = a_source(mailbox, next_fetch_at=timezone.now() + LEASE)

    assert not wake(source.pk)
    assert not rung.is_set()
