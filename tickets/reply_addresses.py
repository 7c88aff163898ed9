"""Addresses that lead back to one ticket and that nobody can guess: support+t1042-… for its
customer, support+f17-… for the third party that letter 17 was written to.

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
from tickets.models import ThirdPartyLetter, Ticket

TOKEN = re.compile(r"\+t(?P<number>[1-9][0-9]{0,17})-(?P<check>[a-z2-7]{16})@")
THIRD_PARTY_TOKEN = re.compile(r"\+f(?P<pk>[1-9][0-9]{0,17})-(?P<check>[a-z2-7]{16})@")
OF_CUSTOMER = "tickets.reply_address"
OF_THIRD_PARTY = "tickets.third_party_address"
LONGEST_LOCAL_PART = 64


def reply_address(ticket: Ticket, mailbox: Mailbox | None) -> str:
    """Where an answer to a letter about this ticket goes; empty when there is no room for it."""
    check = _check_value(str(ticket.number), OF_CUSTOMER, settings.SECRET_KEY)
    return _tagged(f"t{ticket.number}-{check}", mailbox)


def ticket_number(addresses: Iterable[str]) -> int | None:
    """The ticket that one of these addresses leads to, with the secret key of now or earlier."""
    for address in addresses:
        found = TOKEN.search(address.strip().lower())
        if found and _is_valid(found["number"], OF_CUSTOMER, found["check"]):
            return int(found["number"])
    return None


def answer_address(sent: ThirdPartyLetter, mailbox: Mailbox | None) -> str:
    """Where a third party's answer goes: it holds for this ticket and this recipient alone. Empty
    when there is no room for it."""
    check = _check_value(_matter_of(sent), OF_THIRD_PARTY, settings.SECRET_KEY)
    return _tagged(f"f{sent.pk}-{check}", mailbox)


def answered_letter(addresses: Iterable[str]) -> ThirdPartyLetter | None:
    """The letter to a third party whose answer goes to one of these addresses."""
    for address in addresses:
        found = THIRD_PARTY_TOKEN.search(address.strip().lower())
        if not found:
            continue
        sent = ThirdPartyLetter.objects.outbound().filter(pk=int(found["pk"])).first()
        if sent is not None and _is_valid(_matter_of(sent), OF_THIRD_PARTY, found["check"]):
            return sent
    return None


def _matter_of(sent: ThirdPartyLetter) -> str:
    return f"{sent.pk}:{sent.ticket_id}:{sent.address}"


def _tagged(tag: str, mailbox: Mailbox | None) -> str:
    address = mailbox.address if mailbox else settings.DEFAULT_FROM_EMAIL
    local, _, host = address.rpartition("@")
    tagged = f"{local.partition('+')[0]}+{tag}"
    if len(tagged) > LONGEST_LOCAL_PART:
        return ""
    return f"{tagged}@{settings.MAIL_REPLY_HOST or host}"


def _is_valid(matter: str, salt: str, check: str) -> bool:
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(secrets.compare_digest(_check_value(matter, salt, key), check) for key in keys)


def _check_value(matter: str, salt: str, key: str) -> str:
    mac = salted_hmac(salt, matter, secret=key, algorithm="sha256")
    return base64.b32encode(mac.digest()[:10]).decode("ascii").lower()
