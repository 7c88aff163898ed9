"""Whose mail becomes no ticket. It is kept all the same, and can be filed after all."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import Agent
from common.mail_domains import SHARED_DOMAINS
from mail.mailboxes import Mailboxes
from mail.models import BlockedSender

ADDRESS = re.compile(r"[^\s@,;<>\"]{1,64}@[^\s@,;<>\"]{1,255}")
DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")


class CannotBeBlocked(Exception):
    """Why not, in words for whoever asked."""


def block_sender(pattern: str, *, note: str, by: Agent, now: datetime) -> BlockedSender:
    """From now on mail from this address, or from this domain and all below it, becomes no ticket.

    Blocking it again changes nothing. Raises CannotBeBlocked for what is neither, for an address of
    ours, and for a domain where everybody may have an address.
    """
    wanted = pattern.strip().lower()
    if not ADDRESS.fullmatch(wanted):
        wanted = wanted.removeprefix("@")
        if not DOMAIN.fullmatch(wanted):
            raise CannotBeBlocked(_("This is no email address and no domain."))
    if wanted in SHARED_DOMAINS:
        raise CannotBeBlocked(
            _("Very many people have an address there. Block single addresses of it.")
        )
    if any(is_blocked(mailbox.address, {wanted}) for mailbox in Mailboxes().all):
        raise CannotBeBlocked(_("An address of ours is among these."))
    sender, _is_new = BlockedSender.objects.get_or_create(
        pattern=wanted, defaults={"note": note.strip(), "agent": by, "blocked_at": now}
    )
    return sender


def is_blocked(address: str, blocked: Collection[str]) -> bool:
    """Whether the address, its domain or one above it is among these."""
    plain = address.strip().lower()
    labels = plain.rpartition("@")[2].split(".")
    domains = (".".join(labels[number:]) for number in range(len(labels)))
    return plain in blocked or any(domain in blocked for domain in domains)
