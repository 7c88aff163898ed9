"""Addresses that lead back to one ticket and that nobody can guess: support+t1042-….

The check value is 80 bits of a keyed hash, written so that no mail system that folds upper and
lower case can break it.
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Iterable

from django.conf import settings
from django.utils.crypto import salted_hmac

from mail.models import Mailbox
from tickets.models import Ticket

TOKEN = re.compile(r"\+t(?P<number>[1-9][0-9]{0,17})-(?P<check>[a-z2-7]{16})@")
LONGEST_LOCAL_PART = 64


def reply_address(ticket: Ticket, mailbox: Mailbox | None) -> str:
    """Where an answer to a letter about this ticket goes; empty when there is no room for it."""
    address = mailbox.address if mailbox else settings.DEFAULT_FROM_EMAIL
    local, _, host = address.rpartition("@")
    check = _check_value(ticket.number, settings.SECRET_KEY)
    tagged = f"{local.partition('+')[0]}+t{ticket.number}-{check}"
    if len(tagged) > LONGEST_LOCAL_PART:
        return ""
    return f"{tagged}@{settings.MAIL_REPLY_HOST or host}"


def ticket_number(addresses: Iterable[str]) -> int | None:
    """The ticket that one of these addresses leads to, with the secret key of now or earlier."""
    for address in addresses:
        found = TOKEN.search(address.strip().lower())
        if found and _is_valid(int(found["number"]), found["check"]):
            return int(found["number"])
    return None


def _is_valid(number: int, check: str) -> bool:
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(secrets.compare_digest(_check_value(number, key), check) for key in keys)


def _check_value(number: int, key: str) -> str:
    mac = salted_hmac("tickets.reply_address", str(number), secret=key, algorithm="sha256")
    return base64.b32encode(mac.digest()[:10]).decode("ascii").lower()
