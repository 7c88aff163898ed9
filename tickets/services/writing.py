"""The one way to write to a customer: where to, in which words, in which conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import formataddr
from typing import Any

from branding.selectors import brand_name
from customers.models import ContactPoint
from customers.services import wants_no_automatic_mail
from mail.enclosing import Enclosure
from mail.letters import write_to
from mail.mailboxes import writing_mailbox
from mail.models import Mailbox, OutboundEmail
from mail.services import queue_email
from tickets import links
from tickets.letters import letter_values
from tickets.models import CustomerLink, Ticket
from tickets.quoting import history_of
from tickets.reply_addresses import reply_address

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
    mailbox: Mailbox | None = None,
    cc: Sequence[str] = (),
    leaves_at: datetime | None = None,
    files: Sequence[Enclosure] = (),
) -> OutboundEmail | None:
    """Queue one of the letters of mail.letter_texts; None when there is nowhere to send it.

    `first_link` is given with the first letter of all, for which nothing needs to be looked up.
    Until `leaves_at` the letter can be taken back.
    """
    # Whose first letter it is has just been asked.
    is_automatic = "Auto-Submitted" in (headers or {}) and first_link is None
    address = address_of(ticket, is_automatic=is_automatic)
    if not address:
        return None
    mailbox = mailbox or writing_mailbox(team_id=ticket.team_id, arrival_id=ticket.mailbox_id)
    link = links.link_url(first_link) if first_link else links.url_for(ticket, now=now)
    values = letter_values(ticket, letter_name, link=link, context=context or {})
    quotes = letter_name == "reply" and mailbox and mailbox.quotes_history and not first_link
    history = history_of(ticket, now=now) if quotes else ()
    letter = write_to(letter_name, values, language=ticket.language, history=history)
    return queue_email(
        to=address,
        letter=letter,
        dedupe_key=dedupe_key,
        language=ticket.language,
        now=now,
        headers={**_reply_to(ticket, mailbox), **(headers or {})},
        mailbox=mailbox,
        cc=cc,
        thread=ticket.mail_thread,
        is_first=first_link is not None,
        leaves_at=leaves_at,
        files=files,
    )


def address_of(ticket: Ticket, *, is_automatic: bool = False) -> str:
    """Where letters about it go: the address the inquiry came from, else the customer's first one;
    empty when nowhere, or when whoever has it wants no letters that no person wrote."""
    if not ticket.is_answered_by_mail:
        return ""
    address = ticket.reply_address
    if not address:
        point = ticket.customer.contact_points.filter(kind=ContactPoint.Kind.EMAIL).first()
        address = point.value if point else ""
    return "" if is_automatic and address and wants_no_automatic_mail(address) else address


def _reply_to(ticket: Ticket, mailbox: Mailbox | None) -> dict[str, str]:
    """Answers lead to the ticket by their address, whatever a mail program makes of the headers."""
    address = reply_address(ticket, mailbox)
    name = mailbox.name if mailbox and mailbox.name else brand_name(ticket.language)
    return {"Reply-To": formataddr((name, address))} if address else {}
