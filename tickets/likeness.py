"""Whether two inquiries of one customer ask the same: by their words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from customers.models import Customer
from sla.models import UNRESOLVED
from tickets.models import Ticket
from tickets.services.recording import preview_of

LATELY = timedelta(days=14)
LOOKED_AT = 20
# The share of pairs of letters that two texts have in common, from which on they say the same.
LIKE_SUBJECTS, LIKE_TEXTS = 0.6, 0.75
ANSWER_MARKS = re.compile(r"^(?:\s*(?:re|fwd?|返信|転送)\s*[:：]\s*)+", re.IGNORECASE)
NO_LETTER = re.compile(r"[\W_]+")


def same_question(
    ticket: Ticket, others: Iterable[Mapping[str, Any]], *, now: datetime
) -> Mapping[str, Any] | None:
    """The first of the customer's earlier tickets, as rows of a list, that is open, was touched in
    the last two weeks and asks much the same."""
    if not ticket.is_unresolved:
        return None
    for other in others:
        is_live = other["status"] in UNRESOLVED and other["updated_at"] >= now - LATELY
        said = (ticket.subject, ticket.preview, other["subject"], other["preview"])
        if other["pk"] < ticket.pk and is_live and _are_alike(*said):
            return other
    return None


def already_asked(customer: Customer, subject: str, body: str, *, now: datetime) -> Ticket | None:
    """The newest of a customer's tickets that is open, was touched in the last two weeks and asks
    much the same as what is about to be sent; in one query."""
    tickets = Ticket.objects.filter(
        customer=customer, status__in=UNRESOLVED, updated_at__gte=now - LATELY
    )
    for ticket in tickets.order_by("-opened_at")[:LOOKED_AT]:
        if _are_alike(subject, preview_of(body), ticket.subject, ticket.preview):
            return ticket
    return None


def likeness(one: str, other: str) -> float:
    """The share of pairs of letters they have in common, 0 to 1; marks and case say nothing."""
    first, second = _pairs(one), _pairs(other)
    if not (first and second):
        return 0.0
    return 2 * len(first & second) / (len(first) + len(second))


def _are_alike(subject: str, text: str, other_subject: str, other_text: str) -> bool:
    return (
        likeness(subject, other_subject) >= LIKE_SUBJECTS
        or likeness(text, other_text) >= LIKE_TEXTS
    )


def _pairs(text: str) -> set[str]:
    plain = unicodedata.normalize("NFKC", ANSWER_MARKS.sub("", text)).casefold()
    letters = NO_LETTER.sub("", plain)
    return {letters[place : place + 2] for place in range(len(letters) - 1)} or {letters} - {""}
