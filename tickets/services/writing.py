"""The one way to write to a customer: where to, in which words, in which conversation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings

from customers.models import ContactPoint
from mail.letters import write_letter
from mail.models import OutboundEmail
from mail.services import queue_email
from tickets import links
from tickets.models import CustomerLink, Ticket

# For letters that no person wrote (RFC 3834, and what Exchange reads).
AUTOMATIC = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


def write_to_customer(  # noqa: PLR0913 - all of it is what a letter is
    ticket: Ticket,
    letter_name: str,
    *,
    dedupe_key: str,
    now: datetime,
    context: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    first_link: CustomerLink | None = None,
) -> OutboundEmail | None:
    """Queue the letter `mail/<letter_name>` about a ticket; None when there is nowhere to send it.

    `first_link` is given with the first letter of all, for which nothing needs to be looked up.
    """
    address = address_of(ticket)
    if not address:
        return None
    letter = write_letter(
        letter_name,
        language=ticket.language,
        time_zone=ticket.customer.time_zone,
        context={
            "ticket": ticket,
            "customer_name": _bare_name(ticket.customer.name),
            "link": links.link_url(first_link) if first_link else links.url_for(ticket, now=now),
            "brand": settings.BRAND_NAME,
            **(context or {}),
        },
    )
    return queue_email(
        to=address,
        letter=letter,
        dedupe_key=dedupe_key,
        language=ticket.language,
        now=now,
        headers=headers,
        thread=ticket.mail_thread,
        is_first=first_link is not None,
    )


def address_of(ticket: Ticket) -> str:
    """Where letters about it go: the address the inquiry came from, else the customer's first one;
    empty when nowhere."""
    if ticket.reply_address:
        return ticket.reply_address
    point = ticket.customer.contact_points.filter(kind=ContactPoint.Kind.EMAIL).first()
    return point.value if point else ""


def _bare_name(name: str) -> str:
    """The name without a 様 of the customer's own; the letter adds its own."""
    return name.strip().removesuffix("様").rstrip()
