"""What stands, of a customer's own records and tickets, in place of what was said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from accounts.models import Language
from customers.models import (
    ContactPoint,
    Customer,
    CustomerNote,
    CustomerSession,
    DifferentPeople,
    SignInLink,
)
from mail.failures import Reason
from privacy.redacting import MARK
from rules.models import Recurrence
from sla.models import Priority
from tickets.models import (
    Attachment,
    ChecklistItem,
    CustomerLink,
    CustomerTask,
    Draft,
    HandOver,
    Message,
    Note,
    Participant,
    Rating,
    ScheduledReply,
    SearchEntry,
    ThirdPartyLetter,
    Ticket,
)


@dataclass(frozen=True)
class Blank:
    """Rows that belong to the person by `by`, and what their columns say afterwards; nothing: the
    rows go."""

    model: type[Model]
    by: tuple[str, ...]
    says: Mapping[str, Any] | None = None


# By the records of the person. Times, keys, language and organisation stay: figures count them.
OF_RECORDS = (
    Blank(
        Customer,
        ("pk",),
        {"name": "", "fields": {}, "is_vip": False, "sees_organization": False},
    ),
    Blank(ContactPoint, ("customer",)),
    Blank(CustomerNote, ("customer",)),
    Blank(SignInLink, ("customer",)),
    Blank(CustomerSession, ("customer",)),
    Blank(Recurrence, ("customer",)),
    Blank(DifferentPeople, ("one",)),
    Blank(DifferentPeople, ("other",)),
)
SAID: Mapping[str, Any] = {"body": MARK, "folded": "", "html": "", "cuts": []}
WRITTEN_BY = {"from_email": "", "from_name": "", "invitations": []}
# By their tickets. Numbers, times, status, topic, tags and who had it stay.
OF_TICKETS = (
    Blank(
        Ticket,
        ("pk",),
        {
            "subject": MARK,
            "fields": {},
            "reply_address": "",
            "preview": "",
            "hold_reason": "",
            "external_reference": "",
        },
    ),
    Blank(Message, ("ticket",), {**SAID, **WRITTEN_BY}),
    Blank(Note, ("ticket",), {"body": MARK, "mentions": []}),
    Blank(
        ThirdPartyLetter,
        ("ticket",),
        {**SAID, "address": MARK, "name": "", "hold_reason": ""},
    ),
    Blank(
        HandOver,
        ("ticket",),
        {"problem": MARK, "next_step": MARK, "known": "", "tried": "", "promised": ""},
    ),
    Blank(CustomerTask, ("ticket",), {"thing": MARK}),
    Blank(ChecklistItem, ("ticket",), {"text": MARK}),
    Blank(Rating, ("ticket",), {"comment": "", "recovery_words": ""}),
    Blank(Attachment, ("message__ticket", "third_party_letter__ticket")),
    Blank(Participant, ("ticket",)),
    Blank(CustomerLink, ("ticket",)),
    Blank(Draft, ("ticket",)),
    Blank(ScheduledReply, ("ticket",)),
    # Made anew of what is left.
    Blank(SearchEntry, ("ticket",)),
)
# What came in, and what we wrote. What a letter was, and when it left, stays.
INBOUND: Mapping[str, Any] = {
    "raw": "",
    "size": 0,
    "sha256": "",
    "message_id": "",
    "digest": "",
    "envelope_from": None,
    "envelope_to": [],
    "from_email": "",
    "from_name": "",
    "subject": "",
    "last_error": "",
}
OUTBOUND: Mapping[str, Any] = {
    "to": "",
    "cc": [],
    "subject": MARK,
    "text": MARK,
    "html": "",
    "files": [],
    "headers": {},
    "provider_id": "",
    "last_error": "",
}

# Facts that say nothing of the customer: who of us, when, how long, which kind.
OURS = frozenset(
    {
        *("to_name", "for_name", "for", "by", "lacks", "until", "due_at", "rating", "letter"),
        *("added", "removed", "topic", "before", "kind", "what"),
    }
)
CODES = frozenset({*Priority.values, *Reason.values, *Language.values})
EMPTY: Mapping[type, Callable[[], Any]] = {str: str, list: list, dict: dict}


def without_words(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts of an event or a notification without what somebody wrote; each key stays."""
    return {
        key: value if key in OURS or _is_code(value) else EMPTY[type(value)]()
        for key, value in facts.items()
    }


def _is_code(value: Any) -> bool:
    """A number, a yes or no, nothing, or one of a few words of ours."""
    return type(value) not in EMPTY or (isinstance(value, str) and value in CODES)
