"""What the placeholders in letters to customers become for one ticket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from accounts.signatures import signature_of
from branding.selectors import brand_name
from common.time_formatting import format_instant
from mail import letter_texts as words
from mail.letters import one_line, write_words
from tickets.models import Ticket


def letter_values(
    ticket: Ticket, letter: str, *, link: str, context: Mapping[str, Any]
) -> dict[str, str]:
    """By their English names. `context` has what only some letters tell: the `body` and the `agent`
    of a reply, by when news was `promised_at` before, the `thing` that the customer is asked to do
    (a CustomerTask), and where the `rating` is given (a tickets.ratings.Asked)."""
    language, zone = ticket.language, ticket.customer.time_zone
    promise = write_words(
        "_promise",
        language=language,
        time_zone=zone,
        context={"letter": letter, "ticket": ticket},
    )
    values = {
        words.CUSTOMER: customer_name(ticket),
        words.NUMBER: str(ticket.number),
        words.SUBJECT: one_line(ticket.subject),
        words.BRAND: brand_name(language),
        words.LINK: link,
        words.PROMISE: promise,
        # What has nothing to say takes its line with it.
        **{
            name: write_words(
                f"_{name}", language=language, time_zone=zone, context={name: context[name]}
            )
            if context.get(name)
            else ""
            for name in (words.THING, words.RATING)
        },
    }
    if (agent := context.get("agent")) is not None:
        values[words.AGENT] = agent.name
        values[words.SIGNATURE] = signature_of(agent, team=ticket.team, language=language)
        values[words.BODY] = context["body"]
    if promised_at := context.get("promised_at"):
        values[words.EARLIER] = format_instant(
            promised_at, language=language, zone=ZoneInfo(zone), with_zone=True
        )
    return values


def customer_name(ticket: Ticket) -> str:
    """The bare name, because texts write 様 themselves: without a name お客様 in Japanese, and in
    English nobody is named."""
    name = one_line(ticket.customer.name).removesuffix("様").rstrip()
    return name or ("お客" if ticket.language == "ja" else "")
