"""Our own Message-IDs, which carry a check value: a guessed one does not thread into a ticket."""

from __future__ import annotations

import re
import secrets

from django.conf import settings
from django.utils.crypto import salted_hmac

PATTERN = re.compile(r"^<m\.(?P<nonce>[0-9a-f]{24})\.(?P<check>[0-9a-f]{20})@[^>]+>$")


def new_message_id() -> str:
    """A Message-ID nobody else can make: 96 random bits and 80 bits of check value."""
    nonce = secrets.token_hex(12)
    return f"<m.{nonce}.{_check_value(nonce)}@{settings.MAIL_HOST}>"


def is_ours(message_id: str) -> bool:
    """Whether we made this Message-ID."""
    match = PATTERN.match(message_id)
    return match is not None and secrets.compare_digest(
        _check_value(match["nonce"]), match["check"]
    )


def _check_value(nonce: str) -> str:
    return salted_hmac("mail.message_id", nonce, algorithm="sha256").hexdigest()[:20]
