"""Access tokens are fetched from a real token server on this machine, and only when needed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.utils import timezone

from common.secrets import decrypt, encrypt
from mail.models import Mailbox, MailboxSource
from mail.oauth import access_token, is_safe_address
from mail.secret_fields import reveal
from mail.troubles import TokenRefused, TokenServerAway
from tests.mail.token_server import TokenServer, token_server

pytestmark = pytest.mark.django_db


@pytest.fixture
def tokens(settings: LazySettings) -> Iterator[TokenServer]:
    settings.DEBUG = True
    with token_server() as running:
        yield running


@pytest.fixture
def source(mailbox: Mailbox, tokens: TokenServer) -> MailboxSource:
    return MailboxSource.objects.create(
        mailbox=mailbox,
        auth="xoauth2",
        token_url=tokens.url,
        app_id="client",
        app_secret=encrypt("client-secret"),
        refresh_token=encrypt("refresh-1"),
    )


def test_a_token_is_fetched_once_and_kept_encrypted(source: MailboxSource, tokens: TokenServer):
    assert [access_token(source), access_token(source)] == ["access-1"] * 2

    assert len(tokens.asked) == 1
    assert tokens.asked[0]["refresh_token"] == ["refresh-1"]
    source.refresh_from_db()
    assert "access-1" not in source.access_token
    assert decrypt(source.access_token) == "access-1"


def test_it_is_fetched_anew_five_minutes_before_it_runs_out(
    source: MailboxSource, tokens: TokenServer
):
    now = timezone.now()
    access_token(source, now=now)

    access_token(source, now=now + timedelta(minutes=54))
    assert len(tokens.asked) == 1
    access_token(source, now=now + timedelta(minutes=56))

    assert len(tokens.asked) == 2


def test_a_new_refresh_token_takes_the_place_of_the_old_one(
    source: MailboxSource, tokens: TokenServer
):
    tokens.answer = {"access_token": "a", "expires_in": 3600, "refresh_token": "refresh-2"}

    access_token(source)

    source.refresh_from_db()
    assert reveal(source, "refresh_token") == "refresh-2"


def test_a_provider_that_wants_a_person_is_told_apart_from_one_that_is_away(
    source: MailboxSource, tokens: TokenServer
):
    tokens.status = 400
    tokens.answer = {"error": "invalid_grant", "error_description": "refresh-1 has expired"}
    with pytest.raises(TokenRefused) as refusal:
        access_token(source)
    assert "refresh-1" not in str(refusal.value)
    tokens.status, tokens.answer = 503, {}

    with pytest.raises(TokenServerAway):
        access_token(source)


def test_secrets_are_not_sent_on_to_where_a_redirect_leads(
    source: MailboxSource, tokens: TokenServer
):
    tokens.status, tokens.headers = 307, {"Location": tokens.url}

    with pytest.raises(TokenServerAway):
        access_token(source)

    assert len(tokens.asked) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://login.example/token",
        "http://127.0.0.1/token",
        "ftp://a.example/",
        "https://u:p@a.example/",
        "https://a.example:x/",
        "",
    ],
)
def test_secrets_go_by_https_only(url: str):
    assert not is_safe_address(url)


def test_a_secret_of_an_earlier_key_is_stored_under_the_current_one(
    source: MailboxSource, settings: LazySettings
):
    old = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [old]
    before = source.refresh_token

    assert reveal(source, "refresh_token") == "refresh-1"

    source.refresh_from_db()
    assert source.refresh_token != before
    settings.SECRET_KEY_FALLBACKS = []
    assert reveal(source, "refresh_token") == "refresh-1"
