"""Access tokens for IMAP and SMTP (RFC 6749 sections 4.4 and 6), had anew before they run out."""

from __future__ import annotations

import http.client
import ipaddress
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from common.secrets import encrypt
from mail.models import MailboxSource
from mail.providers import Application, application_of, own_question
from mail.secret_fields import reveal
from mail.troubles import AppRefused, NotSignedIn, TokenRefused, TokenServerAway

# A token that runs out within this is taken for one that has.
MARGIN = timedelta(minutes=5)
SECONDS_TO_ANSWER = 10.0
LONGEST_ANSWER = 64 * 1024
USUAL_LIFE = 3600
# What is wrong with the application, not with who signed in (RFC 6749 5.2).
OF_THE_APP = {"invalid_client", "unauthorized_client", "invalid_scope", "invalid_resource"}


def access_token(source: MailboxSource, *, now: datetime | None = None) -> str:
    """A token that is good for some minutes still. Raises TokenRefused, AppRefused, NoApp or
    TokenServerAway.

    The row is locked meanwhile, because many providers accept a refresh token only once.
    """
    now = now or timezone.now()
    with transaction.atomic():
        locked = MailboxSource.objects.select_for_update().get(pk=source.pk)
        expires_at = locked.access_token_expires_at
        if locked.access_token and expires_at and expires_at - now > MARGIN:
            return reveal(locked, "access_token")
        answer = ask_for_token(application_of(locked), _question(locked))
        keep_tokens(locked, answer, now=now)
    return str(answer["access_token"])


def keep_tokens(source: MailboxSource, answer: Mapping[str, Any], *, now: datetime) -> None:
    """Store what the provider gave."""
    source.access_token = encrypt(str(answer["access_token"]))
    source.access_token_expires_at = now + timedelta(seconds=_life(answer))
    if answer.get("refresh_token"):
        source.refresh_token = encrypt(str(answer["refresh_token"]))
    source.save(update_fields=["access_token", "access_token_expires_at", "refresh_token"])


def forget_access_token(source: MailboxSource) -> bool:
    """Have the next one fetched anew; False when the one that was refused is the newest."""
    mine = MailboxSource.objects.filter(pk=source.pk, access_token=source.access_token)
    return bool(source.access_token and mine.update(access_token=""))


def is_safe_address(url: str) -> bool:
    """Whether secrets may be sent there: https, or this machine while somebody develops."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises when it is no number
    except ValueError:
        return False
    if not parts.hostname or parts.username is not None:
        return False
    return parts.scheme == "https" or (
        parts.scheme == "http" and settings.DEBUG and is_this_machine(parts.hostname)
    )


def is_this_machine(host: str) -> bool:
    """Whether nothing said to this host leaves the machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def ask_for_token(app: Application, fields: Mapping[str, str]) -> Mapping[str, Any]:
    """What the provider answers, with a token in it. Raises TokenRefused, AppRefused or
    TokenServerAway."""
    if not is_safe_address(app.token_url):
        raise TokenServerAway("not a safe address")
    said = {**fields, "client_id": app.client_id, "client_secret": app.client_secret}
    try:
        status, body = _post(app.token_url, {name: text for name, text in said.items() if text})
    except (OSError, http.client.HTTPException) as error:
        raise TokenServerAway(type(error).__name__) from None
    answer = _read(body)
    if status in {400, 401, 403} and "error" in answer:
        # Only the code (RFC 6749 5.2): descriptions may repeat what was sent.
        code = str(answer["error"])[:60]
        raise (AppRefused if code in OF_THE_APP else TokenRefused)(code)
    if status != http.client.OK:
        raise TokenServerAway(f"status {status}")
    if not answer.get("access_token"):
        raise TokenServerAway("no token in the answer")
    return answer


def _question(source: MailboxSource) -> dict[str, str]:
    if source.auth == MailboxSource.Auth.APPLICATION:
        return own_question(source)
    if not source.refresh_token:
        raise NotSignedIn
    return {"grant_type": "refresh_token", "refresh_token": reveal(source, "refresh_token")}


def _post(url: str, fields: Mapping[str, str]) -> tuple[int, bytes]:
    """One POST; http.client follows no redirect, so the secrets go nowhere else."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(str(parts.hostname), parts.port, timeout=SECONDS_TO_ANSWER)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        connection.request("POST", path, body=urlencode(fields), headers=headers)
        response = connection.getresponse()
        return response.status, response.read(LONGEST_ANSWER)
    finally:
        connection.close()


def _read(body: bytes) -> Mapping[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _life(answer: Mapping[str, Any]) -> int:
    try:
        return max(0, min(int(answer.get("expires_in", USUAL_LIFE)), 24 * 3600))
    except (TypeError, ValueError):
        return USUAL_LIFE
