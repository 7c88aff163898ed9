"""Administrators sign in to a mailbox at its provider, in the browser, against a real one here."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agent
from common.secrets import decrypt, encrypt
from mail.models import Mailbox, MailboxChange, MailboxSource, OAuthApp
from mail.oauth import access_token
from mail.troubles import AppRefused, NoApp
from tests.conftest import signed_in
from tests.mail.provider import CLIENT, SECRET, SignInServer, sign_in_server

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(settings: LazySettings) -> Iterator[SignInServer]:
    settings.DEBUG = True
    with sign_in_server() as running:
        addresses = {
            "authorize": f"{running.url}/{{tenant}}/authorize",
            "token": f"{running.url}/{{tenant}}/token",
        }
        settings.OAUTH_ADDRESSES = {"microsoft": addresses, "google": addresses}
        yield running


@pytest.fixture
def app(db: None) -> OAuthApp:
    return OAuthApp.objects.create(provider="microsoft", app_id=CLIENT, app_secret=encrypt(SECRET))


@pytest.fixture
def source(mailbox: Mailbox, app: OAuthApp, provider: SignInServer) -> MailboxSource:
    return MailboxSource.objects.create(
        mailbox=mailbox,
        kind="imap",
        host="outlook.office365.com",
        user=mailbox.address,
        auth="xoauth2",
        provider="microsoft",
    )


@pytest.fixture
def as_admin(admin: Agent) -> Client:
    Agent.objects.filter(pk=admin.pk).update(language="en")
    return signed_in(admin)


def begin(client: Client, mailbox: Mailbox) -> str:
    """The provider's page."""
    address = reverse("desk:settings_mailbox_sign_in", args=[mailbox.pk])
    return client.get(address).headers["Location"]


def come_back(client: Client, location: str) -> str:
    """What the page says on which the browser ends."""
    parts = urlsplit(location)
    response = client.get(f"{parts.path}?{parts.query}")
    assert response.status_code == 302
    return client.get(response.headers["Location"]).text


def sign_in(client: Client, mailbox: Mailbox, provider: SignInServer) -> str:
    return come_back(client, provider.sign_in(begin(client, mailbox)))


def test_signing_in_stores_tokens_and_says_as_whom(
    as_admin: Client, source: MailboxSource, provider: SignInServer, admin: Agent
):
    page = sign_in(as_admin, source.mailbox, provider)

    assert "Signed in as support@desk.example" in page
    source.refresh_from_db()
    assert decrypt(source.refresh_token) == "refresh-1"
    assert "refresh-1" not in source.refresh_token
    assert access_token(source) == "access-1"
    assert len(provider.asked) == 1
    assert (source.signed_in_as, source.last_error) == ("support@desk.example", "")
    change = MailboxChange.objects.get()
    assert (change.changed_by, change.mailbox) == (admin, source.mailbox)


def test_the_provider_is_asked_for_this_mailbox_and_nothing_secret(
    as_admin: Client, source: MailboxSource, settings: LazySettings
):
    asked = parse_qs(urlsplit(begin(as_admin, source.mailbox)).query)

    assert asked["login_hint"] == ["support@desk.example"]
    assert asked["redirect_uri"] == [f"{settings.BASE_URL}/desk/settings/mailboxes/oauth/callback/"]
    assert "IMAP.AccessAsUser.All" in asked["scope"][0]
    assert SECRET not in str(asked)
    assert "code_verifier" not in asked


def test_google_is_asked_for_a_permission_that_lasts(
    as_admin: Client, source: MailboxSource, app: OAuthApp
):
    OAuthApp.objects.create(provider="google", app_id=CLIENT, app_secret=app.app_secret)
    MailboxSource.objects.update(provider="google")

    asked = parse_qs(urlsplit(begin(as_admin, source.mailbox)).query)

    assert (asked["access_type"], asked["scope"]) == (
        ["offline"],
        ["openid email https://mail.google.com/"],
    )


def test_another_account_is_refused_and_nothing_is_stored(
    as_admin: Client, source: MailboxSource, provider: SignInServer
):
    provider.account = "ben@desk.example"

    page = sign_in(as_admin, source.mailbox, provider)

    assert "You signed in as ben@desk.example, but this mailbox needs support@desk.example" in page
    source.refresh_from_db()
    assert (source.refresh_token, source.access_token, source.signed_in_as) == ("", "", "")


def test_a_shared_mailbox_is_opened_by_the_account_that_was_named(
    as_admin: Client, source: MailboxSource, provider: SignInServer
):
    MailboxSource.objects.update(account="ben@desk.example")
    provider.account = "Ben@Desk.example"

    page = sign_in(as_admin, source.mailbox, provider)

    assert "Signed in as ben@desk.example" in page
    source.refresh_from_db()
    assert source.user == "support@desk.example"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("access_denied", "cancelled or not allowed"),
        ("consent_required", "must first allow the application"),
        ("server_error", "does not answer"),
        ("something_else", "did not accept this sign-in (something_else)"),
        ("<b>evil</b>", "did not accept this sign-in (?)"),
    ],
)
def test_what_the_provider_refuses_is_told_in_plain_words(
    as_admin: Client, source: MailboxSource, provider: SignInServer, error: str, words: str
):
    provider.error = error

    assert words in sign_in(as_admin, source.mailbox, provider)
    assert provider.asked == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((400, {"error": "invalid_grant"}), "did not accept this sign-in (invalid_grant)"),
        ((401, {"error": "invalid_client"}), "client ID or the client secret"),
        ((503, {}), "does not answer"),
        ((200, {"access_token": "a"}), "did not say who signed in"),
    ],
)
def test_what_the_token_server_refuses_is_told_in_plain_words(
    as_admin: Client,
    source: MailboxSource,
    provider: SignInServer,
    answer: tuple[int, dict[str, Any]],
    words: str,
):
    provider.answer = answer

    assert words in sign_in(as_admin, source.mailbox, provider)
    source.refresh_from_db()
    assert source.refresh_token == ""


@pytest.mark.parametrize(
    ("tokens", "claims", "words"),
    [
        ({"refresh_token": ""}, {}, "no permission that lasts"),
        ({"scope": "openid email"}, {}, "Access to mail was not allowed"),
        ({}, {"aud": "another-client"}, "did not say who signed in"),
        ({}, {"nonce": "of another sign-in"}, "did not say who signed in"),
        ({"id_token": "no.token"}, {}, "did not say who signed in"),
    ],
)
def test_tokens_that_do_not_fit_are_not_kept(
    as_admin: Client,
    source: MailboxSource,
    provider: SignInServer,
    tokens: dict[str, Any],
    claims: dict[str, Any],
    words: str,
):
    provider.tokens, provider.claims = tokens, claims

    assert words in sign_in(as_admin, source.mailbox, provider)
    source.refresh_from_db()
    assert source.access_token == ""


def test_a_provider_that_is_away_is_said_to_be(
    as_admin: Client, source: MailboxSource, provider: SignInServer, settings: LazySettings
):
    location = provider.sign_in(begin(as_admin, source.mailbox))
    addresses = {"authorize": "", "token": "http://127.0.0.1:9/token"}
    settings.OAUTH_ADDRESSES = {"microsoft": addresses}

    assert "does not answer" in come_back(as_admin, location)


def test_an_answer_is_taken_once(as_admin: Client, source: MailboxSource, provider: SignInServer):
    location = provider.sign_in(begin(as_admin, source.mailbox))
    come_back(as_admin, location)

    assert "used already" in come_back(as_admin, location)
    assert len(provider.asked) == 1


def test_an_answer_is_taken_only_in_the_browser_that_asked(
    as_admin: Client, admin: Agent, source: MailboxSource, provider: SignInServer
):
    location = provider.sign_in(begin(as_admin, source.mailbox))

    assert "not begun in this browser" in come_back(signed_in(admin), location)
    assert provider.asked == []


def test_an_answer_is_taken_within_ten_minutes(
    as_admin: Client, source: MailboxSource, provider: SignInServer
):
    location = provider.sign_in(begin(as_admin, source.mailbox))

    with time_machine.travel(timezone.now() + timedelta(minutes=11), tick=False):
        page = come_back(as_admin, location)

    assert "older than ten minutes" in page
    assert provider.asked == []


def test_two_tabs_do_not_disturb_each_other(
    as_admin: Client, source: MailboxSource, provider: SignInServer
):
    first = begin(as_admin, source.mailbox)
    begin(as_admin, source.mailbox)

    assert "Signed in as" in come_back(as_admin, provider.sign_in(first))


def test_the_words_are_japanese_for_who_reads_japanese(
    as_admin: Client, admin: Agent, source: MailboxSource, provider: SignInServer
):
    Agent.objects.filter(pk=admin.pk).update(language="ja")
    provider.error = "access_denied"

    assert "サインインは中止されたか、許可されませんでした" in sign_in(
        as_admin, source.mailbox, provider
    )


def test_without_an_application_one_is_asked_for(
    as_admin: Client, source: MailboxSource, app: OAuthApp
):
    app.delete()

    assert begin(as_admin, source.mailbox) == reverse(
        "desk:settings_mailbox", args=[source.mailbox.pk]
    )
    with pytest.raises(NoApp):
        access_token(source)


def test_the_page_of_the_mailbox_offers_to_sign_in_again(
    as_admin: Client, source: MailboxSource, provider: SignInServer
):
    address = reverse("desk:settings_mailbox_sign_in", args=[source.mailbox.pk])
    page = reverse("desk:settings_mailbox", args=[source.mailbox.pk])
    assert "Sign in with Microsoft 365" in as_admin.get(page).text
    sign_in(as_admin, source.mailbox, provider)
    assert "Sign in again with Microsoft 365" in as_admin.get(page).text
    now = timezone.now()
    MailboxSource.objects.update(last_error="token_refused", last_error_at=now, failures=1)

    health = as_admin.get(reverse("desk:settings_mailboxes")).text

    assert "no longer accepts the sign-in" in health
    assert f'href="{address}"' in health


def test_no_secret_code_or_token_is_logged_or_shown(
    as_admin: Client,
    source: MailboxSource,
    provider: SignInServer,
    caplog: pytest.LogCaptureFixture,
):
    caplog.set_level(logging.DEBUG)
    pages = sign_in(as_admin, source.mailbox, provider)
    provider.answer = (400, {"error": "invalid_grant", "error_description": "code-2 refresh-1"})
    pages += sign_in(as_admin, source.mailbox, provider)

    said = [SECRET, "code-1", "code-2", "access-1", "refresh-1"]
    said += [form["code_verifier"] for form in provider.asked]
    for word in said:
        assert word not in caplog.text
        assert word not in pages


# The application --------------------------------------------------------------------------------


def test_an_application_is_kept_with_its_secret_encrypted(as_admin: Client, settings: LazySettings):
    address = reverse("desk:settings_oauth_app", args=["microsoft"])
    assert (
        f"{settings.BASE_URL}/desk/settings/mailboxes/oauth/callback/" in as_admin.get(address).text
    )

    fields = {"app_id": CLIENT, "app_secret": SECRET, "tenant": "desk.example"}
    as_admin.post(reverse("desk:settings_oauth_app_update", args=["microsoft"]), fields)

    app = OAuthApp.objects.get()
    assert (app.app_id, decrypt(app.app_secret)) == (CLIENT, SECRET)
    page = as_admin.get(address).text
    assert SECRET not in page
    assert app.app_secret not in page
    assert "Client secret: changed" in page


def test_an_empty_secret_leaves_the_one_there_is(as_admin: Client, app: OAuthApp):
    address = reverse("desk:settings_oauth_app_update", args=["microsoft"])

    as_admin.post(address, {"app_id": "another", "app_secret": "", "tenant": ""})

    app.refresh_from_db()
    assert (app.app_id, decrypt(app.app_secret)) == ("another", SECRET)


@pytest.mark.parametrize("fields", [{"app_id": ""}, {"app_secret": ""}, {"tenant": "../evil"}])
def test_what_cannot_be_an_application_is_not_kept(as_admin: Client, fields: dict[str, str]):
    entered = {"app_id": CLIENT, "app_secret": SECRET, "tenant": "", **fields}
    address = reverse("desk:settings_oauth_app_update", args=["microsoft"])

    assert as_admin.post(address, entered).status_code == 422
    assert not OAuthApp.objects.exists()


def test_the_application_gets_a_token_by_itself(
    source: MailboxSource, app: OAuthApp, provider: SignInServer
):
    MailboxSource.objects.update(auth="client")
    with pytest.raises(NoApp):
        access_token(source)
    OAuthApp.objects.update(tenant="desk.example")

    assert access_token(source) == "access-1"

    assert provider.asked == [
        {
            "grant_type": "client_credentials",
            "scope": "https://outlook.office365.com/.default",
            "client_id": CLIENT,
            "client_secret": SECRET,
        }
    ]


def test_an_expired_client_secret_is_told_apart_from_a_sign_in_that_ended(
    source: MailboxSource, provider: SignInServer
):
    MailboxSource.objects.update(refresh_token=encrypt("refresh-1"))
    OAuthApp.objects.update(app_secret=encrypt("an old one"))

    with pytest.raises(AppRefused):
        access_token(source)
