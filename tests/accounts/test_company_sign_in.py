from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import LazySettings
from django.contrib.auth import SESSION_KEY
from django.http.response import HttpResponseBase
from django.test import Client

from accounts.models import Agent
from tests.accounts.oidc import APP, SECRET, Oidc, running_provider
from tests.desk.pages import words

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"


@pytest.fixture(scope="module")
def server() -> Iterator[Oidc]:
    with running_provider() as provider:
        yield provider


@pytest.fixture
def provider(server: Oidc, settings: LazySettings) -> Oidc:
    settings.OIDC_ISSUER, settings.OIDC_NAME = server.issuer, "Keycloak"
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = APP, SECRET
    server.key, server.claims = server.known_key, {"email": "Aiko@example.com"}
    server.calls, server.redeemed = [], []
    return server


def come(provider: Oidc, browser: Client, query: str = "") -> HttpResponseBase:
    begun = browser.get(f"/accounts/company/{query}")
    return browser.get(provider.sign_in(begun.headers["Location"]))


def test_who_works_here_comes_in_by_the_verified_address(
    provider: Oidc, english: Client, aiko: Agent
):
    assert "Sign in with Keycloak" in words(english.get(LOGIN))
    assert provider.calls == [], "nothing is asked before the button is pressed"

    answer = come(provider, english, "?next=/desk/search/")

    assert answer.headers["Location"] == "/desk/search/"
    assert english.session[SESSION_KEY] == str(aiko.pk)
    [redeemed] = provider.redeemed
    assert redeemed["client_secret"] == SECRET
    assert redeemed["code_verifier"] not in str(provider.asked), "only its digest was sent"


def test_an_answer_is_used_once_and_only_in_the_browser_that_asked(
    provider: Oidc, english: Client, japanese: Client, aiko: Agent
):
    back = provider.sign_in(english.get("/accounts/company/").headers["Location"])

    assert japanese.get(back).headers["Location"] == LOGIN
    assert english.get(back).headers["Location"] == "/desk/"
    assert english.get(back).headers["Location"] == LOGIN

    assert SESSION_KEY not in japanese.session
    assert len(provider.redeemed) == 1


def test_a_second_factor_is_asked_for_all_the_same(provider: Oidc, english: Client, aiko: Agent):
    TOTP.activate(aiko, "JBSWY3DPEHPK3PXP")

    assert come(provider, english).headers["Location"] == "/accounts/2fa/authenticate/"


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        ({"email": "nobody@example.com"}, "Nobody works here by the address"),
        ({"email_verified": False}, "has not confirmed your email address"),
        ({"email_verified": None}, "has not confirmed your email address"),
        ({"aud": "another-application"}, "did not work"),
        ({"iss": "https://evil.example"}, "did not work"),
        ({"nonce": "of-another-sign-in"}, "did not work"),
        ({"azp": "another-application"}, "did not work"),
        ({"exp": int(time.time()) - 3600}, "did not work"),
    ],
)
def test_nobody_comes_in_by_a_token_that_does_not_fit(
    provider: Oidc, english: Client, aiko: Agent, claims: dict[str, Any], sentence: str
):
    provider.claims |= claims

    come(provider, english)

    assert SESSION_KEY not in english.session
    assert sentence in words(english.get(LOGIN))
    assert Agent.objects.count() == 1, "nobody is created"


def test_nobody_comes_in_by_a_token_that_somebody_else_signed(
    provider: Oidc, english: Client, aiko: Agent
):
    provider.key = rsa.generate_private_key(65537, 2048)

    come(provider, english)

    assert SESSION_KEY not in english.session


def test_who_was_deactivated_does_not_come_in(provider: Oidc, english: Client, aiko: Agent):
    Agent.objects.update(is_active=False)

    come(provider, english)

    assert SESSION_KEY not in english.session
    assert "Nobody works here by the address" in words(english.get(LOGIN))


def test_without_an_answer_from_the_provider_the_page_says_so(
    provider: Oidc, english: Client, settings: LazySettings
):
    settings.OIDC_ISSUER = "http://127.0.0.1:9/realms/company"

    page = english.get("/accounts/company/", follow=True)

    assert "Keycloak cannot be reached just now." in words(page)


def test_without_a_provider_there_is_no_button(english: Client):
    assert "Sign in with" not in words(english.get(LOGIN))
    assert english.get("/accounts/company/").headers["Location"] == LOGIN
