"""How a receiver knows that it is us: Standard Webhooks, version 1 of its symmetric signature."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime

PREFIX = "whsec_"
BYTES = 32


def new_secret() -> str:
    """As a receiver's library takes it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def signed_headers(
    name: str, body: bytes, *, keys: Iterable[str], now: datetime
) -> Mapping[str, str]:
    """What goes along: the name of the delivery, the second, and one signature for each key."""
    second = str(int(now.timestamp()))
    signed = b".".join((name.encode(), second.encode(), body))
    signatures = [_signature(key, signed) for key in keys]
    return {
        "webhook-id": name,
        "webhook-timestamp": second,
        "webhook-signature": " ".join(signatures),
    }


def _signature(key: str, signed: bytes) -> str:
    digest = hmac.new(base64.b64decode(key.removeprefix(PREFIX)), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"
