"""Somebody signs in at the provider of a mailbox, and the desk gets tokens for it (RFC 6749 4.1,
with PKCE, RFC 7636)."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from common import doorbell
from common.secrets import Unreadable
from mail.changes import note_changes
from mail.fetching import FETCHES
from mail.models import Mailbox, MailboxSource, OAuthApp
from mail.oauth import ask_for_token, is_safe_address, keep_tokens
from mail.providers import Provider, app_at, application_of, provider_of
from mail.troubles import AppRefused, NoApp, TokenRefused, TokenServerAway

GOOD_FOR = timedelta(minutes=10)
CODE = re.compile(r"[a-z_]{1,40}")


class SignInFailed(Exception):
    """Nothing was stored; why, and what to do, in a sentence for people."""

    def __init__(self, sentence: str | Promise) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A sign-in that has begun: what its answer must fit. Kept where only the same browser comes."""

    mailbox_id: int
    provider: str
    state: str
    verifier: str
    nonce: str
    begun_at: float

    def is_over(self, now: datetime) -> bool:
        return now.timestamp() - self.begun_at > GOOD_FOR.total_seconds()


NOT_OURS = _(
    "This sign-in was not begun in this browser, is older than ten minutes, or was used already."
    " Begin again."
)
NO_APP = _("Enter the client ID and the client secret of the desk's application first.")
AWAY = _("The provider's sign-in server does not answer. Try again in a moment.")
APP_REFUSED = _(
    "The provider does not accept the client ID or the client secret. Enter them anew: the secret"
    " may have expired."
)
REFUSED = _("The provider did not accept this sign-in (%(code)s). Begin again.")
NOT_LASTING = _(
    "The provider gave no permission that lasts. Begin again, and allow what is asked for."
)
NOT_ALLOWED = _("Access to mail was not allowed. Begin again, and allow what is asked for.")
NOBODY = _("The provider did not say who signed in. Begin again.")
WRONG_ACCOUNT = _(
    "You signed in as %(found)s, but this mailbox needs %(expected)s. Begin again and choose that"
    " account. For a shared mailbox enter yours under “Account that signs in” first."
)
SAID = {
    "access_denied": _("The sign-in was cancelled or not allowed. Nothing was changed."),
    "consent_required": _(
        "An administrator of your organization must first allow the application at the provider."
    ),
    "temporarily_unavailable": AWAY,
    "server_error": AWAY,
    "unauthorized_client": APP_REFUSED,
    "invalid_client": APP_REFUSED,
}
SAID["interaction_required"] = SAID["consent_required"]


def begin(mailbox: Mailbox, *, redirect_uri: str, now: datetime) -> tuple[str, Attempt]:
    """The provider's page where somebody signs in, and what its answer must fit. Raises
    SignInFailed."""
    source = _source(mailbox.pk)
    provider, app = _who_asks(source)
    attempt = Attempt(
        mailbox_id=mailbox.pk,
        provider=source.provider,
        state=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        nonce=secrets.token_urlsafe(24),
        begun_at=now.timestamp(),
    )
    asked = {
        "client_id": app.app_id,
        "response_type": "code",
        "response_mode": "query",
        "redirect_uri": redirect_uri,
        "scope": provider.scope,
        "state": attempt.state,
        "nonce": attempt.nonce,
        "code_challenge": _challenge(attempt.verifier),
        "code_challenge_method": "S256",
        "login_hint": source.expected_account,
        **dict(provider.more),
    }
    address = provider.authorize_url(app)
    if not is_safe_address(address):
        raise SignInFailed(AWAY)
    return f"{address}?{urlencode(asked)}", attempt


def refusal(error: str) -> SignInFailed:
    """What the provider's answer means when it brings an error instead of a code."""
    return SignInFailed(SAID.get(error) or REFUSED % {"code": _code(error)})


def finish(attempt: Attempt, *, code: str, redirect_uri: str, by: Agent, now: datetime) -> str:
    """Change the code for tokens and keep them if the right account signed in; return which. Raises
    SignInFailed."""
    source = _source(attempt.mailbox_id)
    if attempt.is_over(now) or source.provider != attempt.provider:
        raise SignInFailed(NOT_OURS)
    provider, app = _who_asks(source)
    answer = _redeem(
        source,
        {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": attempt.verifier,
        },
    )
    account = _account(answer, app=app, nonce=attempt.nonce, expected=source.expected_account)
    _check_permission(answer, provider)
    _keep(source, answer, account=account, by=by, now=now)
    return account


def _source(mailbox_id: int) -> MailboxSource:
    found = MailboxSource.objects.select_related("mailbox").filter(mailbox=mailbox_id).first()
    if found is None:
        raise SignInFailed(NO_APP)
    return found


def _who_asks(source: MailboxSource) -> tuple[Provider, OAuthApp]:
    provider = provider_of(source.provider)
    if provider is None or not source.wants_somebody:
        raise SignInFailed(NO_APP)
    try:
        return provider, app_at(provider)
    except NoApp:
        raise SignInFailed(NO_APP) from None


def _redeem(source: MailboxSource, fields: Mapping[str, str]) -> Mapping[str, Any]:
    try:
        return ask_for_token(application_of(source), fields)
    except (AppRefused, Unreadable):
        raise SignInFailed(APP_REFUSED) from None
    except TokenRefused as error:
        raise refusal(str(error)) from None
    except TokenServerAway:
        raise SignInFailed(AWAY) from None


def _account(answer: Mapping[str, Any], *, app: OAuthApp, nonce: str, expected: str) -> str:
    """The address that signed in.

    The ID token comes from the token server itself over TLS, so that its signature says nothing
    more (OpenID Connect Core 3.1.3.7); whom and which sign-in it is for still has to be checked.
    """
    claims = _claims(str(answer.get("id_token") or ""))
    if claims.get("aud") != app.app_id or claims.get("nonce") != nonce:
        raise SignInFailed(NOBODY)
    # Microsoft's "email" may be empty and its user name another than the address.
    names = [str(claims.get(name) or "").lower() for name in ("email", "preferred_username")]
    found = [name for name in names if name]
    if not found:
        raise SignInFailed(NOBODY)
    if expected not in found:
        raise SignInFailed(WRONG_ACCOUNT % {"found": found[0][:320], "expected": expected})
    return expected


def _check_permission(answer: Mapping[str, Any], provider: Provider) -> None:
    """People can take single permissions out of what is asked for."""
    if not answer.get("refresh_token"):
        raise SignInFailed(NOT_LASTING)
    allowed = str(answer.get("scope") or provider.needed).lower()
    if provider.needed.lower() not in allowed:
        raise SignInFailed(NOT_ALLOWED)


@transaction.atomic
def _keep(
    source: MailboxSource, answer: Mapping[str, Any], *, account: str, by: Agent, now: datetime
) -> None:
    locked = MailboxSource.objects.select_for_update().get(pk=source.pk)
    keep_tokens(locked, answer, now=now)
    before = locked.signed_in_as
    # Whoever is looking into it now loses it; the next look has the new tokens.
    MailboxSource.objects.filter(pk=locked.pk).update(
        signed_in_as=account,
        signed_in_at=now,
        next_fetch_at=now,
        fetches=locked.fetches + 1,
        last_error="",
        last_error_said="",
        failures=0,
    )
    changes = [["signed_in_as", before, account]]
    note_changes(source.mailbox, changes, by=by, now=now)
    doorbell.ring(FETCHES, locked.pk)


def _claims(token: str) -> Mapping[str, Any]:
    try:
        middle = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    except (IndexError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def _code(error: str) -> str:
    """The provider's word, if it is one: what stands in an address may be anybody's."""
    return error if CODE.fullmatch(error) else "?"
