"""Access tokens for IMAP and SMTP (RFC 6749 section 6), refreshed before they run out."""

from __future__ import annotations

import http.client
import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from common.secrets import encrypt
from mail.models import MailboxSource
from mail.secret_fields import reveal
from mail.troubles import TokenRefused, TokenServerAway

# A token that runs out within this is taken for one that has.
MARGIN = timedelta(minutes=5)
SECONDS_TO_ANSWER = 10.0
LONGEST_ANSWER = 64 * 1024
USUAL_LIFE = 3600


@dataclass(frozen=True, kw_only=True)
class Provider:
    """What all mailboxes of one provider have in common."""

    key: str
    name: str
    host: str
    smtp_host: str
    token_url: str


PROVIDERS = (
    Provider(
        key="microsoft",
        name="Microsoft 365",
        host="outlook.office365.com",
        smtp_host="smtp.office365.com",
        token_url="https://login.microsoftonline.com/common/oauth2/v2.0/token",  # noqa: S106
    ),
    Provider(
        key="google",
        name="Google",
        host="imap.gmail.com",
        smtp_host="smtp.gmail.com",
        token_url="https://oauth2.googleapis.com/token",  # noqa: S106
    ),
)


def access_token(source: MailboxSource, *, now: datetime | None = None) -> str:
    """A token that is good for some minutes still. Raises TokenRefused or TokenServerAway.

    The row is locked meanwhile, because many providers accept a refresh token only once.
    """
    now = now or timezone.now()
    with transaction.atomic():
        locked = MailboxSource.objects.select_for_update().get(pk=source.pk)
        expires_at = locked.access_token_expires_at
        if locked.access_token and expires_at and expires_at - now > MARGIN:
            return reveal(locked, "access_token")
        answer = _ask(locked)
        token = str(answer.get("access_token") or "")
        if not token:
            raise TokenServerAway("no token in the answer")
        locked.access_token = encrypt(token)
        locked.access_token_expires_at = now + timedelta(seconds=_life(answer))
        if answer.get("refresh_token"):
            locked.refresh_token = encrypt(str(answer["refresh_token"]))
        locked.save(update_fields=["access_token", "access_token_expires_at", "refresh_token"])
    return token


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


def _ask(source: MailboxSource) -> Mapping[str, Any]:
    if not is_safe_address(source.token_url):
        raise TokenServerAway("not a safe address")
    fields = {
        "grant_type": "refresh_token",
        "client_id": source.app_id,
        "client_secret": reveal(source, "app_secret"),
        "refresh_token": reveal(source, "refresh_token"),
    }
    try:
        status, body = _post(
            source.token_url, {name: text for name, text in fields.items() if text}
        )
    except (OSError, http.client.HTTPException) as error:
        raise TokenServerAway(type(error).__name__) from None
    answer = _read(body)
    if status in {400, 401, 403} and "error" in answer:
        # Only the code (RFC 6749 5.2): descriptions may repeat what was sent.
        raise TokenRefused(str(answer["error"])[:60])
    if status != http.client.OK:
        raise TokenServerAway(f"status {status}")
    return answer


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
