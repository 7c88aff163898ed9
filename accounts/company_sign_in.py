"""Signing in at the company's own identity provider: OpenID Connect Core 3.1, with PKCE.

Nothing is asked of the provider before somebody presses the button. Only who works here already
comes in, by the address that the provider has verified; nobody is created.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt
import requests
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent

GOOD_FOR = timedelta(minutes=10)
TIMEOUT_SECONDS = 10
# Signed with a key that only the provider has; "none" and shared secrets are not among them.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
CLOCKS_DIFFER_SECONDS = 60
LOOPBACK = {"127.0.0.1", "localhost"}
AWAY = _("%(name)s cannot be reached just now. Sign in another way, or try again later.")
FAILED = _("Signing in with %(name)s did not work. Please try again.")
UNKNOWN = _(
    "Nobody works here by the address that %(name)s confirmed. Ask an administrator to invite you."
)
UNVERIFIED = _("%(name)s has not confirmed your email address, so we cannot know who you are.")


class SignInRefused(Exception):
    """Nobody came in; `why` is for the log, the text for people."""

    def __init__(self, sentence: str | Promise, *, why: str) -> None:
        super().__init__(str(sentence) % {"name": settings.OIDC_NAME})
        self.why = why


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A sign-in that has begun: what its answer must fit. Kept where only the same browser comes."""

    state: str
    verifier: str
    nonce: str
    next_page: str
    begun_at: float


def is_set_up() -> bool:
    """Whether the desk knows a provider, and the provider the desk."""
    return bool(settings.OIDC_ISSUER and settings.OIDC_CLIENT_ID and settings.OIDC_CLIENT_SECRET)


def begin(*, redirect_uri: str, next_page: str, now: datetime) -> tuple[str, Attempt]:
    """The provider's page where somebody signs in. Raises SignInRefused."""
    attempt = Attempt(
        state=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        nonce=secrets.token_urlsafe(24),
        next_page=next_page,
        begun_at=now.timestamp(),
    )
    asked = {
        "client_id": settings.OIDC_CLIENT_ID,
        "response_type": "code",
        "redirect_uri": redirect_uri,
        "scope": "openid email",
        "state": attempt.state,
        "nonce": attempt.nonce,
        "code_challenge": _challenge(attempt.verifier),
        "code_challenge_method": "S256",
    }
    address = _safe(str(_discovered().get("authorization_endpoint") or ""))
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}", attempt


def finish(attempt: Attempt, *, code: str, redirect_uri: str, now: datetime) -> Agent:
    """Whoever signed in. Raises SignInRefused."""
    if now.timestamp() - attempt.begun_at > GOOD_FOR.total_seconds():
        raise SignInRefused(FAILED, why="older than ten minutes")
    discovered = _discovered()
    token = _redeem(discovered, attempt, code=code, redirect_uri=redirect_uri)
    claims = _verified(token, discovered)
    if claims.get("nonce") != attempt.nonce:
        raise SignInRefused(FAILED, why="of another sign-in")
    return _agent(claims)


def _agent(claims: Mapping[str, Any]) -> Agent:
    # Microsoft says by the second name that the owner of the domain vouches for the address.
    if not any(_is_true(claims.get(name)) for name in ("email_verified", "xms_edov")):
        raise SignInRefused(UNVERIFIED, why="address not verified")
    email = str(claims.get("email") or "")
    agent = Agent.objects.filter(email__iexact=email, is_active=True).first()
    if agent is None:
        raise SignInRefused(UNKNOWN, why="nobody by that address")
    return agent


def _is_true(claim: object) -> bool:
    return claim in (True, "true", "True", "1")


def _verified(token: str, discovered: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the ID token says, once its signature, issuer, audience and time are right."""
    try:
        keys = jwt.PyJWKSet.from_dict(_get(str(discovered.get("jwks_uri") or ""))).keys
        wanted = jwt.get_unverified_header(token).get("kid")
        fitting = [key for key in keys if wanted in (None, key.key_id)]
        if len(fitting) != 1:
            raise SignInRefused(FAILED, why="unknown key")
        claims: dict[str, Any] = jwt.decode(
            token,
            fitting[0],
            algorithms=ALGORITHMS,
            audience=settings.OIDC_CLIENT_ID,
            issuer=settings.OIDC_ISSUER,
            leeway=CLOCKS_DIFFER_SECONDS,
            options={"require": ["exp", "iat", "sub"]},
        )
    except jwt.PyJWTError as error:
        raise SignInRefused(FAILED, why=type(error).__name__) from None
    if claims.get("azp", settings.OIDC_CLIENT_ID) != settings.OIDC_CLIENT_ID:
        raise SignInRefused(FAILED, why="for another application")
    return claims


def _redeem(
    discovered: Mapping[str, Any], attempt: Attempt, *, code: str, redirect_uri: str
) -> str:
    answer = _ask(
        "POST",
        str(discovered.get("token_endpoint") or ""),
        data={
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": attempt.verifier,
            "client_id": settings.OIDC_CLIENT_ID,
            "client_secret": settings.OIDC_CLIENT_SECRET,
        },
    )
    return str(answer.get("id_token") or "")


def _discovered() -> Mapping[str, Any]:
    found = _get(f"{settings.OIDC_ISSUER.rstrip('/')}/.well-known/openid-configuration")
    if found.get("issuer") != settings.OIDC_ISSUER:
        raise SignInRefused(FAILED, why="another issuer")
    return found


def _get(address: str) -> dict[str, Any]:
    return _ask("GET", address)


def _ask(method: str, address: str, **more: Any) -> dict[str, Any]:
    """What the provider answers, and nobody whom it names instead."""
    try:
        answer = requests.request(
            method, _safe(address), timeout=TIMEOUT_SECONDS, allow_redirects=False, **more
        )
        found = answer.json()
    except (requests.RequestException, ValueError):
        raise SignInRefused(AWAY, why="no answer") from None
    if answer.status_code != requests.codes.ok or not isinstance(found, dict):
        raise SignInRefused(FAILED, why=f"answer {answer.status_code}")
    return found


def _safe(address: str) -> str:
    """The address, if nobody on the way reads along: by TLS, or on this machine."""
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise SignInRefused(FAILED, why="no HTTPS")
    return address


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
