"""Mail is fetched from a real Dovecot: over TLS only from whom we know, and with access tokens."""

from __future__ import annotations

import imaplib
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.utils import timezone

from common.secrets import encrypt
from mail.connecting import check_connection
from mail.models import InboundEmail, Mailbox, MailboxSource, OAuthApp
from mail.troubles import trouble_of
from tests.mail.dovecot import Dovecot, dovecot, needs_dovecot
from tests.mail.incoming import SUPPORT, a_mail
from tests.mail.test_fetching import look
from tests.mail.token_server import TokenServer, token_server

pytestmark = [
    needs_dovecot,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("fresh_desk"),
]
PASSWORD = "a-mailbox-password"


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    # Dovecot's sockets need a short path that its own users may enter.
    with (
        tempfile.TemporaryDirectory(prefix="dovecot") as folder,
        dovecot(Path(folder), user=SUPPORT, password=PASSWORD) as running,
    ):
        yield running


@pytest.fixture
def trusted(server: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(server.authority))


@pytest.fixture
def tokens(settings: LazySettings) -> Iterator[TokenServer]:
    settings.DEBUG = True
    with token_server() as running:
        yield running


def a_source(server: Dovecot, mailbox: Mailbox, **fields: object) -> MailboxSource:
    given: dict[str, object] = {
        "kind": "imap",
        "host": "localhost",
        "port": server.tls_port,
        "security": "tls",
        "user": SUPPORT,
        "secret": encrypt(PASSWORD),
        **fields,
    }
    source = MailboxSource.objects.create(mailbox=mailbox, **given)  # type: ignore[misc]
    # What other tests have left there stays out.
    look(source)
    return source


def with_tokens(server: Dovecot, mailbox: Mailbox, tokens: TokenServer) -> MailboxSource:
    return a_source(
        server,
        mailbox,
        auth="xoauth2",
        secret="",
        token_url=tokens.url,
        app_id="client",
        refresh_token=encrypt("refresh-1"),
    )


def fetched(server: Dovecot, source: MailboxSource, subject: str) -> str:
    """What became of a new mail."""
    server.put(SUPPORT, a_mail(subject=subject))
    look(source)
    return source.last_error or f"{InboundEmail.objects.count()} taken in"


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_mail_comes_over_both_kinds_of_tls(server: Dovecot, mailbox: Mailbox, security: str):
    port = server.tls_port if security == "tls" else server.port
    source = a_source(server, mailbox, security=security, port=port)

    assert fetched(server, source, f"by {security}") == "1 taken in"


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_server_nobody_vouches_for_is_not_told_the_password(
    server: Dovecot, mailbox: Mailbox, security: str
):
    port = server.tls_port if security == "tls" else server.port
    source = a_source(server, mailbox, security=security, port=port)

    assert source.last_error == "not_trusted"
    assert check_connection(source).trouble == "not_trusted"


@pytest.mark.usefixtures("trusted")
def test_a_certificate_of_another_name_is_not_trusted(server: Dovecot, mailbox: Mailbox):
    assert a_source(server, mailbox, host="127.0.0.1").last_error == ""
    MailboxSource.objects.all().delete()

    assert a_source(server, mailbox, host="127.0.0.2").last_error == "not_trusted"


@pytest.mark.usefixtures("trusted")
def test_a_token_opens_the_mailbox(server: Dovecot, mailbox: Mailbox, tokens: TokenServer):
    server.tokens["access-1"] = SUPPORT
    source = with_tokens(server, mailbox, tokens)

    assert fetched(server, source, "by token") == "1 taken in"
    assert len(tokens.asked) == 1


@pytest.mark.usefixtures("trusted")
def test_a_token_that_soon_runs_out_is_replaced_before_it_does(
    server: Dovecot, mailbox: Mailbox, tokens: TokenServer
):
    server.tokens.update({"access-1": SUPPORT, "access-2": SUPPORT})
    source = with_tokens(server, mailbox, tokens)
    in_four_minutes = timezone.now() + timedelta(minutes=4)
    MailboxSource.objects.update(access_token_expires_at=in_four_minutes)
    tokens.answer = {"access_token": "access-2", "expires_in": 3600}
    server.presented.clear()

    assert fetched(server, source, "by the next token") == "1 taken in"
    assert set(server.presented) == {"access-2"}


@pytest.mark.usefixtures("trusted")
def test_a_token_withdrawn_before_its_time_is_had_anew_at_once(
    server: Dovecot, mailbox: Mailbox, tokens: TokenServer
):
    server.tokens["access-1"] = SUPPORT
    source = with_tokens(server, mailbox, tokens)
    del server.tokens["access-1"]
    server.tokens["access-3"] = SUPPORT
    tokens.answer = {"access_token": "access-3", "expires_in": 3600}

    assert fetched(server, source, "after it was withdrawn") == "1 taken in"


@pytest.mark.usefixtures("trusted")
def test_a_token_that_is_refused_asks_for_a_new_sign_in_and_is_not_tried_for_ever(
    server: Dovecot, mailbox: Mailbox, tokens: TokenServer
):
    server.tokens.clear()
    source = with_tokens(server, mailbox, tokens)
    before = len(tokens.asked)

    assert fetched(server, source, "behind a closed door") == "token_refused"
    assert len(tokens.asked) - before == 1
    assert "access-1" not in source.last_error_said


@pytest.mark.usefixtures("trusted")
def test_the_token_of_somebody_else_does_not_open_it(
    server: Dovecot, mailbox: Mailbox, tokens: TokenServer
):
    server.tokens.update({"access-1": "mallory@desk.example"})
    source = with_tokens(server, mailbox, tokens)

    assert source.last_error == "token_refused"


@pytest.mark.usefixtures("trusted")
def test_an_application_that_is_not_let_in_is_told_to_whoever_can_let_it_in(
    server: Dovecot, mailbox: Mailbox, tokens: TokenServer, settings: LazySettings
):
    settings.OAUTH_ADDRESSES = {"microsoft": {"token": tokens.url}}
    app = {"app_id": "client", "app_secret": encrypt("x"), "tenant": "desk.example"}
    OAuthApp.objects.create(provider="microsoft", **app)
    server.tokens.clear()
    fields = {"auth": "client", "provider": "microsoft", "secret": ""}
    assert a_source(server, mailbox, **fields).last_error == "app_shut_out"
    MailboxSource.objects.all().delete()
    server.tokens["access-1"] = SUPPORT

    source = a_source(server, mailbox, **fields)

    assert fetched(server, source, "for the application") == "1 taken in"


def test_who_may_not_open_the_mailbox_is_told_so_in_place_of_exchanges_words():
    said = imaplib.IMAP4.error("SELECT failed: BAD User is authenticated but not connected.")

    assert trouble_of(said) == "not_opened"


@pytest.mark.usefixtures("trusted")
def test_a_sign_in_that_the_provider_has_ended_is_told_in_its_own_words(
    server: Dovecot, mailbox: Mailbox, tokens: TokenServer
):
    tokens.status, tokens.answer = 400, {"error": "invalid_grant"}
    assert with_tokens(server, mailbox, tokens).last_error == "token_refused"
    MailboxSource.objects.all().delete()
    tokens.status, tokens.answer = 401, {"error": "invalid_client"}

    assert with_tokens(server, mailbox, tokens).last_error == "app_refused"
