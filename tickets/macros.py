"""What may stand in {{ }} in a text that is kept for many replies, and what it becomes."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from accounts.models import Agent
from branding.selectors import brand_name
from common.placeholders import OPENED, Placeholders
from common.templatetags.ui import split_quoted
from common.time_formatting import format_instant
from tickets.exceptions import PlaceholderLeft
from tickets.models import Ticket

# Each thing by its English and its Japanese name. The list is closed: nothing is looked up.
CUSTOMER, NUMBER, SUBJECT, AGENT, TEAM, BRAND, PROMISE = (
    *("customer", "number", "subject", "agent", "team", "brand", "promise"),
)
JAPANESE = {
    "お客様名": CUSTOMER,
    "受付番号": NUMBER,
    "件名": SUBJECT,
    "担当者名": AGENT,
    "チーム名": TEAM,
    "会社名": BRAND,
    "次回連絡": PROMISE,
}
WORDS = Placeholders(JAPANESE)


def unknown_placeholders(text: str) -> list[str]:
    """What stands in {{ }} and means nothing here, each once, as it was written."""
    return WORDS.unknown(text)


def filled(text: str, ticket: Ticket, *, agent: Agent, promise_at: datetime | None = None) -> str:
    """The text with what is known of the ticket. Without `promise_at` the promise stays open."""
    return WORDS.fill(text, _values(ticket, agent=agent, promise_at=promise_at))


def ready_to_send(text: str, ticket: Ticket, *, agent: Agent, promise_at: datetime | None) -> str:
    """The text as the customer gets it. Raises PlaceholderLeft when something stays in {{ }};
    what is quoted from the customer is theirs."""
    text = filled(text, ticket, agent=agent, promise_at=promise_at)
    check_is_filled(text)
    return text


def check_is_filled(text: str) -> None:
    """Raises PlaceholderLeft."""
    left = OPENED.search(split_quoted(text).written)
    if left is None:
        return
    if WORDS.meaning(left.group()) == PROMISE:
        raise PlaceholderLeft(
            _(
                "“%(placeholder)s” is filled with the next contact, and this reply promises none."
                " Promise a time, or write something else."
            )
            % {"placeholder": left.group()}
        )
    raise PlaceholderLeft(
        _("“%(placeholder)s” is not filled in. Write what belongs there; nothing was sent.")
        % {"placeholder": left.group()[:60]}
    )


def _values(ticket: Ticket, *, agent: Agent, promise_at: datetime | None) -> dict[str, str]:
    values = {
        CUSTOMER: _name_of(ticket),
        NUMBER: str(ticket.number),
        SUBJECT: ticket.subject,
        AGENT: agent.name,
        TEAM: ticket.team.name,
        BRAND: brand_name(ticket.language),
    }
    if promise_at is not None:
        zone = ZoneInfo(ticket.customer.time_zone)
        values[PROMISE] = format_instant(
            promise_at, language=ticket.language, zone=zone, with_zone=True
        )
    return values


def _name_of(ticket: Ticket) -> str:
    """The bare name, because texts write 様 themselves; without a name, what letters say then."""
    name = ticket.customer.name.strip().removesuffix("様").strip()
    return name or ("お客" if ticket.language == "ja" else "customer")
