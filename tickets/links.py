"""Secret links for customers: 160-bit tokens of which the database keeps only the digest."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from common.digests import digest_of
from tickets.models import CustomerLink, Ticket

TOKEN = re.compile(r"[a-z2-7]{32}")


def create_link(ticket: Ticket, *, now: datetime) -> CustomerLink:
    """Give the ticket a new secret link."""
    nonce = secrets.token_hex(16)
    return CustomerLink.objects.create(
        ticket=ticket,
        nonce=nonce,
        digest=digest_of(_token(nonce, settings.SECRET_KEY)),
        created_at=now,
    )


def link_url(link: CustomerLink) -> str:
    """The whole address, for letters. Tokens made with an earlier secret key still work."""
    return f"{settings.BASE_URL}{path_of(token_of(link))}"


def path_of(token: str) -> str:
    """Where this token leads, on this very site."""
    return reverse("portal:request", args=[token])


def token_of(link: CustomerLink) -> str:
    """Compute the token again from its nonce and the key it was made with.

    Raises ValueError when that key is neither SECRET_KEY nor in SECRET_KEY_FALLBACKS.
    """
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        token = _token(link.nonce, key)
        if hmac.compare_digest(digest_of(token), link.digest):
            return token
    raise ValueError("This link was made with a secret key that is gone; create a new link.")


def url_for(ticket: Ticket, *, now: datetime) -> str:
    """The address for the next letter about this ticket: its newest link that can still be told."""
    return f"{settings.BASE_URL}{path_for(ticket, now=now)}"


def path_for(ticket: Ticket, *, now: datetime) -> str:
    """The same without the name of the site, for who is here already."""
    for link in ticket.links.filter(revoked_at=None).order_by("-pk"):
        try:
            return path_of(token_of(link))
        except ValueError:
            continue
    return path_of(token_of(create_link(ticket, now=now)))


def find_ticket(token: str) -> Ticket | None:
    """The ticket this token opens, if it opens one; a merged one opens where it is told on."""
    if not TOKEN.fullmatch(token):
        return None
    tickets = Ticket.objects.select_related("customer", "clock", "assignee")
    ticket = tickets.filter(links__digest=digest_of(token), links__revoked_at=None).first()
    if ticket is not None and ticket.merged_into_id is not None:
        return tickets.get(pk=ticket.merged_into_id)
    return ticket


def _token(nonce: str, key: str) -> str:
    mac = hmac.new(f"tickets.links:{key}".encode(), nonce.encode(), hashlib.sha256).digest()
    return base64.b32encode(mac[:20]).decode("ascii").lower()
