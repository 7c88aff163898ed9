"""Letters leave by the mailbox's own server, signed in as that server wants it."""

from __future__ import annotations

import base64
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from django.conf import LazySettings
from django.core.mail import EmailMessage
from django.utils import timezone

from common.secrets import encrypt
from helpdesk.supervisor.ports import free_port
from mail.models import Mailbox, MailboxSource
from mail.transports import smtp_connection
from tests.mail.incoming import HANA, SUPPORT
from tests.mail.smtp import Letterbox
from tests.mail.token_server import TokenServer, token_server

pytestmark = pytest.mark.django_db


class GuardedLetterbox(Letterbox):
    """Knows whom a token lets in."""

    def __init__(self) -> None:
        super().__init__(port=free_port("127.0.0.1", wanted=20_125))
        self.signed_in: list[str] = []

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802
        user, bearer, *_rest = base64.b64decode(args[1]).decode().split("\1")
        self.signed_in.append(user.removeprefix("user="))
        return AuthResult(success=bearer == "auth=Bearer access-1", handled=False)


@contextmanager
def guarded() -> Iterator[GuardedLetterbox]:
    letterbox = GuardedLetterbox()
    controller = Controller(
        letterbox, hostname="127.0.0.1", port=letterbox.port, auth_require_tls=False
    )
    controller.start()
    try:
        yield letterbox
    finally:
        controller.stop()


@pytest.fixture
def tokens(settings: LazySettings) -> Iterator[TokenServer]:
    settings.DEBUG = True
    with token_server() as running:
        yield running


@pytest.fixture
def letterbox() -> Iterator[GuardedLetterbox]:
    with guarded() as running:
        yield running


def a_source(mailbox: Mailbox, letterbox: Letterbox, tokens: TokenServer, **fields: Any) -> Any:
    given = {
        "user": SUPPORT,
        "transport": "smtp",
        "smtp_host": "127.0.0.1",
        "smtp_port": letterbox.port,
        "smtp_security": "none",
        "token_url": tokens.url,
        "app_id": "client",
        "app_secret": encrypt("client-secret"),
        **fields,
    }
    return MailboxSource.objects.create(mailbox=mailbox, **given)


def send(source: MailboxSource) -> None:
    letter = EmailMessage("Subject", "Text", SUPPORT, [HANA], connection=smtp_connection(source))
    letter.send()


def test_a_person_signs_in_by_a_token(
    mailbox: Mailbox, letterbox: GuardedLetterbox, tokens: TokenServer
):
    source = a_source(
        mailbox, letterbox, tokens, auth="xoauth2", refresh_token=encrypt("refresh-1")
    )

    send(source)

    assert letterbox.signed_in == [SUPPORT]
    assert letterbox.receivers == [[HANA]]


def test_so_does_the_application_by_itself(
    mailbox: Mailbox, letterbox: GuardedLetterbox, tokens: TokenServer
):
    source = a_source(
        mailbox,
        letterbox,
        tokens,
        auth="client",
        provider="microsoft",
        access_token=encrypt("access-1"),
        access_token_expires_at=timezone.now() + timedelta(hours=1),
    )

    send(source)

    assert letterbox.signed_in == [SUPPORT]


def test_a_token_the_server_refuses_sends_nothing(
    mailbox: Mailbox, letterbox: GuardedLetterbox, tokens: TokenServer
):
    tokens.answer = {"access_token": "of somebody else", "expires_in": 3600}
    source = a_source(
        mailbox, letterbox, tokens, auth="xoauth2", refresh_token=encrypt("refresh-1")
    )

    with pytest.raises(smtplib.SMTPAuthenticationError):
        send(source)

    assert letterbox.letters == []
