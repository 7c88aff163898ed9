"""A mail server beside us delivers by LMTP: what is answered with 250 is kept."""

from __future__ import annotations

import signal
import smtplib
import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command

from helpdesk.processes import stop
from helpdesk.supervisor.ports import free_port
from mail.models import InboundEmail, Mailbox
from mail.reading.limits import LIMITS
from tests.mail.incoming import SUPPORT, a_mail
from tests.processes import ROOT, environment_of_these_tests, wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("fresh_desk"),
]


@pytest.fixture
def delivering(mailbox: Mailbox) -> Iterator[smtplib.LMTP]:
    """A mail server that has connected."""
    with running() as client:
        yield client


def running(**variables: str) -> _Running:
    return _Running(variables)


class _Running:
    def __init__(self, variables: dict[str, str]) -> None:
        self.variables = variables

    def __enter__(self) -> smtplib.LMTP:
        self.port = free_port("127.0.0.1", wanted=19_024)
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "lmtp", "--listen", f"127.0.0.1:{self.port}"],
            cwd=ROOT,
            env={**environment_of_these_tests(), **self.variables},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.client = wait_until(self._connect, seconds=20, what="the LMTP server")
        return self.client

    def __exit__(self, *args: object) -> None:
        self.client.close()
        stop(self.process, first=signal.SIGTERM, patience=5)

    def _connect(self) -> smtplib.LMTP | None:
        try:
            return smtplib.LMTP("127.0.0.1", self.port)
        except OSError:
            return None


def test_what_is_answered_with_250_is_kept_with_its_envelope(delivering: smtplib.LMTP):
    raw = a_mail().as_bytes()

    refused = delivering.sendmail("hana@example.jp", [SUPPORT, "sales@desk.example"], raw)

    assert refused == {}
    email = InboundEmail.objects.get()
    assert (email.source, email.envelope_from) == ("lmtp", "hana@example.jp")
    assert email.envelope_to == [SUPPORT, "sales@desk.example"]
    with email.raw.open("rb") as file:
        assert file.read().split() == raw.split()


def test_the_empty_sender_of_reports_and_very_long_lines_are_taken(delivering: smtplib.LMTP):
    raw = a_mail(auth="").as_bytes() + b"x" * 20_000 + b"\r\n"

    delivering.sendmail("", [SUPPORT], raw)

    assert InboundEmail.objects.get().envelope_from == ""


def test_what_is_too_big_is_refused_for_good(delivering: smtplib.LMTP):
    delivering.ehlo_or_helo_if_needed()

    code, _ = delivering.mail("hana@example.jp", [f"SIZE={LIMITS.letter_bytes + 1}"])

    assert code == 552
    assert not InboundEmail.objects.exists()


def test_while_the_database_is_away_the_mail_server_keeps_the_mail(mailbox: Mailbox):
    nowhere = "postgres://nobody@127.0.0.1:9/none"
    with running(DATABASE_URL=nowhere) as client, pytest.raises(smtplib.SMTPDataError) as refusal:
        client.sendmail("hana@example.jp", [SUPPORT], a_mail().as_bytes())

    assert refusal.value.smtp_code == 451
    assert not InboundEmail.objects.exists()


@pytest.mark.parametrize("address", ["0.0.0.0:8024", "127.0.0.1", "desk.example:24"])
def test_it_listens_on_this_machine_only(address: str):
    with pytest.raises(CommandError):
        call_command("lmtp", "--listen", address)
