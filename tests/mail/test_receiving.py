"""What comes in is kept before anybody else lets go of it."""

from __future__ import annotations

import hashlib
import io
import os
import sys
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import DatabaseError, OperationalError

from mail import receiving
from mail.models import InboundEmail, Mailbox
from mail.receiving import take_in
from tests.mail.incoming import SUPPORT, a_mail

pytestmark = pytest.mark.django_db

RAW = b"From: a@b.example\r\nSubject: \xff\x00 odd\r\n\r\nbody"


def taken(raw: bytes = RAW, **fields: object) -> InboundEmail:
    given = {"mailbox": None, "source": "imap", "envelope_from": None, "envelope_to": []}
    return take_in(raw, **{**given, **fields})  # type: ignore[arg-type]


def test_a_mail_is_kept_byte_for_byte_with_what_its_source_told(mailbox: Mailbox):
    email = taken(mailbox=mailbox, envelope_from="a@b.example", envelope_to=[SUPPORT])

    email.refresh_from_db()
    with email.raw.open("rb") as file:
        assert file.read() == RAW
    assert (email.size, email.sha256) == (len(RAW), hashlib.sha256(RAW).hexdigest())
    assert (email.envelope_from, email.envelope_to) == ("a@b.example", [SUPPORT])
    assert email.state == "new"
    assert email.next_try_at is not None


def test_nothing_that_a_stranger_wrote_is_part_of_the_path(mailbox: Mailbox):
    name = taken(b"Subject: ../../etc/passwd\n\nx").raw.name

    assert name is not None
    assert name.startswith("inbound/")
    assert "passwd" not in name


def test_the_empty_sender_of_reports_is_not_an_unknown_one(mailbox: Mailbox):
    assert taken(envelope_from="").envelope_from == ""
    assert taken(envelope_from=None).envelope_from is None


def test_what_a_database_refuses_in_an_envelope_does_not_lose_the_mail(mailbox: Mailbox):
    email = taken(envelope_from="a\x00b@c.example", envelope_to=["\ud800x@y.example"] * 300)

    assert email.envelope_from == "ab@c.example"
    assert len(email.envelope_to) == 100


def test_without_its_row_no_file_is_left(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch):
    before = files()

    def fail(*args: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(receiving.doorbell, "ring", fail)
    with pytest.raises(OperationalError):
        taken()

    assert files() == before
    assert not InboundEmail.objects.exists()


def files() -> set[Path]:
    return set(Path(default_storage.path("")).rglob("*.eml"))


# manage.py receive_mail ---------------------------------------------------------------------------


def pipe(monkeypatch: pytest.MonkeyPatch, raw: bytes, *arguments: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    call_command("receive_mail", *arguments)


def test_a_mail_from_a_delivery_agent_is_kept(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SENDER", "hana@example.jp")
    pipe(monkeypatch, a_mail().as_bytes(), "--mailbox", SUPPORT)

    email = InboundEmail.objects.get()
    assert (email.source, email.envelope_to) == ("pipe", [SUPPORT])
    assert email.envelope_from == "hana@example.jp"


def test_a_delivery_agent_hears_that_it_must_try_again(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, settings: LazySettings
):
    def fail(*args: object, **fields: object) -> None:
        raise DatabaseError("full")

    monkeypatch.setattr(InboundEmail, "save", fail)
    with pytest.raises(SystemExit) as left:
        pipe(monkeypatch, RAW)

    assert left.value.code == os.EX_TEMPFAIL == 75
