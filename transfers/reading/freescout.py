"""FreeScout's tables, as CSV files named after them or as a dump of MySQL.

Formats: the models and migrations of freescout-help-desk/freescout (Conversation, Thread, Customer,
Email, User, Attachment), and of its module for tags (tags, conversation_tag).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from sla.models import Priority, Status
from transfers.bundles import Bundle
from transfers.reading.spool import Spool, spooling
from transfers.reading.tables import each_of, spooled
from transfers.reading.values import (
    Things,
    body,
    identity,
    instant,
    instant_or_none,
    name_or_nothing,
    text,
    words,
)
from transfers.records import (
    Agent,
    Attachment,
    Customer,
    Mapped,
    Message,
    Note,
    Record,
    Ticket,
)

STATUS = Mapped(
    {
        "1": Status.OPEN,
        "2": Status.PENDING_CUSTOMER,
        "3": Status.CLOSED,
        "4": Status.SPAM,
        "active": Status.OPEN,
        "pending": Status.PENDING_CUSTOMER,
        "closed": Status.CLOSED,
        "spam": Status.SPAM,
    },
    Status.OPEN,
)
CHANNEL = Mapped({"2": "phone"}, "email")
PUBLISHED = {"2", "", "published"}
# Of the types of a thread: what the customer said, by mail or on the telephone; what we said; notes.
INBOUND, OUTBOUND, NOTES = {"1", "5", "8"}, {"2"}, {"3"}
OWNERS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "users": lambda row: row.get("id"),
    "customers": lambda row: row.get("id"),
    "emails": lambda row: row.get("customer_id"),
    "conversations": lambda row: row.get("id"),
    "threads": lambda row: row.get("conversation_id"),
    "attachments": lambda row: row.get("thread_id"),
    "tags": lambda row: row.get("id"),
    "conversation_tag": lambda row: row.get("conversation_id"),
}
Row = Mapping[str, Any]


def read(bundle: Bundle) -> Things:
    """Users, customers and conversations; tables come in any order, so all are put aside first."""
    with spooling() as spool:
        yield from spooled(bundle, spool, OWNERS)
        tables = _Tables(spool)
        yield from each_of(spool, "users", _agent)
        yield from each_of(spool, "customers", tables.customer)
        yield from each_of(spool, "conversations", tables.ticket)


def _agent(row: Row) -> Iterator[Record]:
    name = " ".join(words([row.get("first_name"), row.get("last_name")]))
    yield Agent(id=f"user-{identity(row.get('id'))}", name=name, email=text(row.get("email"), 320))


@dataclass(frozen=True)
class _Tables:
    spool: Spool

    def customer(self, row: Row) -> Iterator[Record]:
        known = identity(row.get("id"))
        emails = [text(each.get("email"), 320) for each in self.spool.of("emails", known)]
        yield Customer(
            id=known,
            name=" ".join(words([row.get("first_name"), row.get("last_name")])),
            emails=tuple(filter(None, emails)),
            phones=_phones(row.get("phones")),
            organization_name=text(row.get("company"), 200),
            note=text(row.get("notes") or row.get("background")),
            created_at=instant_or_none(row.get("created_at")),
        )

    def ticket(self, row: Row) -> Iterator[Record]:
        if text(row.get("state")) not in PUBLISHED:
            return
        known, opened_at = identity(row.get("id")), instant(row.get("created_at"))
        number = text(row.get("number"), 60) or known
        threads = [
            each for each in self.spool.of("threads", known) if text(each.get("state")) in PUBLISHED
        ]
        threads.sort(key=itemgetter("created_at"))
        closed_at = instant_or_none(row.get("closed_at"))
        user = name_or_nothing(row.get("user_id"))
        yield Ticket(
            id=known,
            reference=f"FreeScout #{number}",
            subject=text(row.get("subject"), 200),
            status=STATUS(row.get("status")),
            priority=Priority.NORMAL,
            customer=name_or_nothing(row.get("customer_id")),
            agent=f"user-{user}" if user else "",
            tags=self._tags(known),
            channel=CHANNEL(row.get("type")),
            opened_at=opened_at,
            updated_at=instant_or_none(row.get("updated_at")) or closed_at or opened_at,
            ended_at=closed_at,
            messages=tuple(
                self._message(each)
                for each in threads
                if text(each.get("type")) in INBOUND | OUTBOUND
            ),
            notes=tuple(self._note(each) for each in threads if text(each.get("type")) in NOTES),
        )

    def _tags(self, known: str) -> tuple[str, ...]:
        found = (
            self.spool.one("tags", each.get("tag_id")).get("name")
            for each in self.spool.of("conversation_tag", known)
        )
        return words(list(found))

    def _message(self, row: Row) -> Message:
        is_inbound = text(row.get("type")) in INBOUND
        user = name_or_nothing(row.get("created_by_user_id") or row.get("user_id"))
        customer = name_or_nothing(row.get("created_by_customer_id") or row.get("customer_id"))
        author = customer if is_inbound else f"user-{user}"
        return Message(
            id=identity(row.get("id")),
            at=instant(row.get("created_at")),
            body=body(row.get("body")),
            is_inbound=is_inbound,
            author=author,
            channel="phone" if text(row.get("type")) == "5" else "",
            attachments=self._attachments(row),
        )

    def _note(self, row: Row) -> Note:
        user = name_or_nothing(row.get("created_by_user_id") or row.get("user_id"))
        return Note(
            id=identity(row.get("id")),
            at=instant(row.get("created_at")),
            body=body(row.get("body")),
            author=f"user-{user}",
            attachments=self._attachments(row),
        )

    def _attachments(self, row: Row) -> tuple[Attachment, ...]:
        """As they lie below storage/app/attachment."""
        return tuple(
            Attachment(
                id=text(each.get("id"), 60),
                name=name,
                paths=(
                    f"attachment/{text(each.get('file_dir'), 200)}{name}",
                    f"storage/app/attachment/{text(each.get('file_dir'), 200)}{name}",
                ),
            )
            for each in self.spool.of("attachments", row.get("id"))
            if (name := text(each.get("file_name"), 200))
        )


def _phones(value: Any) -> tuple[str, ...]:
    """JSON, such as [{"value": "03-1234-5678", "type": 1}]."""
    try:
        found = json.loads(text(value) or "[]")
    except ValueError:
        return words(value)
    listed = found if isinstance(found, list) else []
    return words([each.get("value") if isinstance(each, dict) else each for each in listed])
