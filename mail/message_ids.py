"""Our own Message-IDs, which carry a check value: a guessed one does not thread into a ticket."""

from __future__ import annotations

import re
import secrets

from django.conf import settings
from django.utils.crypto import salted_hmac

PATTERN = re.compile(r"<m\.(?P<nonce>[0-9a-f]{24})\.(?P<check>[0-9a-f]{20})@[^>]+>")


def new_message_id() -> str:
    """A Message-ID nobody else can make: 96 random bits and 80 bits of check value."""
    nonce = secrets.token_hex(12)
    return f"<m.{nonce}.{_check_value(nonce, settings.SECRET_KEY)}@{settings.MAIL_HOST}>"


def is_ours(message_id: str) -> bool:
    """Whether we made this Message-ID, with the secret key of now or an earlier one."""
    match = PATTERN.fullmatch(message_id)
    return match is not None and any(
        secrets.compare_digest(_check_value(match["nonce"], key), match["check"])
        for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    )


def _check_value(nonce: str, key: str) -> str:
    mac = salted_hmac("mail.message_id", nonce, secret=key, algorithm="sha256")
    return mac.hexdigest()[:20]
