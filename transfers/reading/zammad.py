"""Zammad, as its REST API answers: files of users, organizations, tickets and ticket_articles.

Formats: docs.zammad.org, "API": "User", "Organization", "Ticket" and "Articles", with or without
`expand=true`. Each file holds a list, one after the other page as they were fetched (users.json,
users-2.json …), or an object a line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sla.models import Priority, Status
from transfers.bundles import Bundle, matching
from transfers.reading.lines import any_json
from transfers.reading.spool import Spool, spooling
from transfers.reading.values import (
    Things,
    body,
    identity,
    instant,
    instant_or_none,
    items,
    name_or_nothing,
    taken,
    text,
    words,
)
from transfers.records import (
    Agent,
    Attachment,
    Customer,
    Fault,
    Mapped,
    Message,
    Note,
    Organization,
    Record,
    Ticket,
)

# By name, and by the ids that a new Zammad gives them.
STATUS = Mapped(
    {
        **dict.fromkeys(("new", "1"), Status.NEW),
        **dict.fromkeys(("open", "2"), Status.OPEN),
        **dict.fromkeys(("pending reminder", "pending close", "3", "7"), Status.ON_HOLD),
        **dict.fromkeys(("closed", "merged", "removed", "4", "5", "6"), Status.CLOSED),
    },
    Status.OPEN,
)
PRIORITY = Mapped(
    {
        **dict.fromkeys(("1 low", "1", "low"), Priority.LOW),
        **dict.fromkeys(("3 high", "3", "high"), Priority.HIGH),
    },
    Priority.NORMAL,
)
CHANNEL = Mapped({"web": "web", "11": "web", "phone": "phone", "5": "phone"}, "email")
# Whoever is nobody owns what nobody has.
SYSTEM = "1"
AGENTS = {"admin", "agent", "1", "2"}
CUSTOMERS = {"customer", "2"}
Row = Mapping[str, Any]


def read(bundle: Bundle) -> Things:
    """Organisations and users, then tickets with what was put aside of their articles."""
    desk = _Desk()
    for pattern, reader in (("organizations*", _organization), ("users*", desk.user)):
        for name in matching(bundle, f"{pattern}.json*"):
            with bundle.open(name) as file:
                yield from taken(any_json(file, name), reader)
    with spooling() as desk.spool:
        for name in matching(bundle, "ticket_articles*.json*", "articles*.json*"):
            with bundle.open(name) as file:
                for _place, row in any_json(file, name):
                    if isinstance(row, Fault):
                        yield row
                    else:
                        desk.spool.keep("article", row.get("ticket_id"), row)
        for name in matching(bundle, "tickets*.json*"):
            with bundle.open(name) as file:
                yield from taken(any_json(file, name), desk.ticket)


def _organization(row: Row) -> Iterator[Record]:
    domain = text(row.get("domain"), 253)
    yield Organization(
        id=identity(row.get("id")),
        name=text(row.get("name"), 200),
        domains=(domain,) if domain else (),
    )


@dataclass
class _Desk:
    agents: set[str] = field(default_factory=set)
    spool: Spool = field(init=False)

    def user(self, row: Row) -> Iterator[Record]:
        known = identity(row.get("id"))
        name = " ".join(words([row.get("firstname"), row.get("lastname")]))
        email = text(row.get("email"), 320)
        if known == SYSTEM and not email:
            return
        roles = {each.lower() for each in words(row.get("roles") or row.get("role_ids") or [])}
        if roles & AGENTS:
            self.agents.add(known)
            yield Agent(id=known, name=name, email=email)
            return
        yield Customer(
            id=known,
            name=name,
            emails=(email,) if email else (),
            phones=words([row.get("phone"), row.get("mobile")]),
            organization=name_or_nothing(row.get("organization_id")),
            note=body(row.get("note")),
            created_at=instant_or_none(row.get("created_at")),
        )

    def ticket(self, row: Row) -> Iterator[Record]:
        known, opened_at = identity(row.get("id")), instant(row.get("created_at"))
        articles = [
            each
            for each in (*items(row.get("articles")), *self.spool.of("article", known))
            if _sender(each) != "system"
        ]
        number = text(row.get("number"), 60) or known
        owner = name_or_nothing(row.get("owner_id"))
        first = articles[0] if articles else {}
        yield Ticket(
            id=known,
            reference=f"Zammad #{number}",
            subject=text(row.get("title"), 200),
            status=STATUS(_word(row, "state")),
            priority=PRIORITY(_word(row, "priority")),
            customer=name_or_nothing(row.get("customer_id")),
            agent="" if owner == SYSTEM else owner,
            tags=words(row.get("tags") or []),
            channel=CHANNEL(_word(first, "type")),
            opened_at=opened_at,
            updated_at=instant_or_none(row.get("updated_at")) or opened_at,
            ended_at=instant_or_none(row.get("close_at")),
            messages=tuple(self._message(each, row) for each in articles if not _is_note(each)),
            notes=tuple(_note(each) for each in articles if _is_note(each)),
        )

    def _message(self, row: Row, ticket: Row) -> Message:
        is_inbound = _sender(row) in CUSTOMERS
        author = name_or_nothing(row.get("origin_by_id") or row.get("created_by_id"))
        if is_inbound and author in self.agents:
            # An agent typed in what the customer had said.
            author = name_or_nothing(ticket.get("customer_id"))
        return Message(
            id=identity(row.get("id")),
            at=instant(row.get("created_at")),
            body=_said(row),
            is_inbound=is_inbound,
            author=author,
            channel=CHANNEL(_word(row, "type")),
            attachments=_attachments(row),
        )


def _word(row: Row, name: str) -> Any:
    """The name where it was expanded, else the id."""
    return row.get(name) or row.get(f"{name}_id") or ""


def _sender(row: Row) -> str:
    found = str(_word(row, "sender")).strip().lower()
    return "system" if found == "3" else found


def _is_note(row: Row) -> bool:
    return row.get("internal") is True or str(row.get("internal")).lower() == "true"


def _note(row: Row) -> Note:
    return Note(
        id=identity(row.get("id")),
        at=instant(row.get("created_at")),
        body=_said(row),
        author=name_or_nothing(row.get("created_by_id")),
        attachments=_attachments(row),
    )


def _said(row: Row) -> str:
    return body(row.get("body"), is_html="html" in text(row.get("content_type"), 60))


def _attachments(row: Row) -> tuple[Attachment, ...]:
    """As GET /ticket_attachment/{ticket}/{article}/{id} gives them, put under the same path."""
    ticket, article = text(row.get("ticket_id"), 60), text(row.get("id"), 60)
    return tuple(
        Attachment(
            id=text(each.get("id"), 60),
            name=text(each.get("filename"), 200),
            paths=(
                f"attachments/{ticket}/{article}/{text(each.get('id'), 60)}",
                f"attachments/{text(each.get('id'), 60)}/{text(each.get('filename'), 200)}",
            ),
        )
        for each in items(row.get("attachments"))
    )
