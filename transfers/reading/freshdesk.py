"""Freshdesk's account export, JSON (Tickets0.json, Users0.json, Companies0.json …) or XML.

Formats: "Exporting your Freshdesk data" (support.freshdesk.com, 225634) and the objects "Tickets",
"Conversations", "Contacts", "Agents" and "Companies" of developers.freshdesk.com/api, whose numbers
of statuses, priorities and sources the export has, too. Each item may stand under its kind
(`{"helpdesk_ticket": {…}}`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sla.models import Priority, Status
from transfers.bundles import Bundle, matching
from transfers.reading.lines import Rows, any_json
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
from transfers.reading.xml_items import xml_items
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

STATUS = Mapped(
    {
        **dict.fromkeys(("2", "open"), Status.OPEN),
        **dict.fromkeys(("3", "pending", "7", "waiting on third party"), Status.ON_HOLD),
        **dict.fromkeys(("6", "waiting on customer"), Status.PENDING_CUSTOMER),
        **dict.fromkeys(("4", "resolved"), Status.RESOLVED),
        **dict.fromkeys(("5", "closed"), Status.CLOSED),
    },
    Status.OPEN,
)
PRIORITY = Mapped({"1": Priority.LOW, "3": Priority.HIGH, "4": Priority.URGENT}, Priority.NORMAL)
CHANNEL = Mapped({"2": "web", "3": "phone", "7": "web", "9": "web"}, "email")
INSIDE = ("helpdesk_ticket", "ticket", "user", "contact", "agent", "customer", "company")
TRUE = {"true", "1"}
Row = Mapping[str, Any]


def read(bundle: Bundle) -> Things:
    """Companies, people and tickets, each from JSON or XML."""
    desk = _Desk()
    readers: tuple[tuple[tuple[str, ...], Callable[[Row], Iterator[Record]]], ...] = (
        (("companies*", "customers*"), _organization),
        (("agents*",), desk.agent),
        (("users*", "contacts*"), desk.user),
        (("tickets*", "helpdesk_tickets*"), desk.ticket),
    )
    for patterns, reader in readers:
        endings = [f"{pattern}{ending}" for pattern in patterns for ending in (".json", ".xml")]
        for name in matching(bundle, *endings):
            with bundle.open(name) as file:
                rows = xml_items if name.lower().endswith(".xml") else any_json
                yield from taken(_unwrapped(rows(file, name)), reader)


def _unwrapped(rows: Rows) -> Rows:
    for place, row in rows:
        if not isinstance(row, Fault) and len(row) == 1 and next(iter(row)) in INSIDE:
            inside = next(iter(row.values()))
            yield place, inside if isinstance(inside, dict) else row
        else:
            yield place, row


def _organization(row: Row) -> Iterator[Record]:
    yield Organization(
        id=identity(row.get("id")),
        name=text(row.get("name"), 200),
        domains=words(row.get("domains") or []),
    )


@dataclass
class _Desk:
    agents: set[str] = field(default_factory=set)

    def agent(self, row: Row) -> Iterator[Record]:
        inside = row.get("contact") or row.get("user")
        person = {**row, **inside} if isinstance(inside, dict) else row
        known = identity(row.get("user_id") or row.get("id"))
        self.agents.add(known)
        yield Agent(
            id=known, name=text(person.get("name"), 200), email=text(person.get("email"), 320)
        )

    def user(self, row: Row) -> Iterator[Record]:
        if _is(row.get("helpdesk_agent")):
            yield from self.agent(row)
            return
        email = text(row.get("email"), 320)
        yield Customer(
            id=identity(row.get("id")),
            name=text(row.get("name"), 200),
            emails=tuple(filter(None, (email, *words(row.get("other_emails") or [])))),
            phones=words([row.get("phone"), row.get("mobile")]),
            organization=name_or_nothing(row.get("company_id") or row.get("customer_id")),
            language=text(row.get("language"), 8),
            note=text(row.get("description")),
            created_at=instant_or_none(row.get("created_at")),
        )

    def ticket(self, row: Row) -> Iterator[Record]:
        number = text(row.get("display_id") or row.get("id"), 60)
        opened_at, requester = (
            instant(row.get("created_at")),
            name_or_nothing(row.get("requester_id")),
        )
        known = identity(row.get("id"))
        said = [
            {**each, **inside} if isinstance(inside := each.get("helpdesk_note"), dict) else each
            for key in ("helpdesk_notes", "notes", "conversations")
            for each in items(row.get(key))
        ]
        first = Message(
            id=f"{known}-0",
            at=opened_at,
            body=_said(row, "description_text", "description_html", "description"),
            is_inbound=str(row.get("source")) != "10",
            author=requester,
            attachments=_attachments(row),
        )
        updated_at = instant_or_none(row.get("updated_at")) or opened_at
        yield Ticket(
            id=known,
            reference=f"Freshdesk #{number}",
            subject=text(row.get("subject"), 200),
            status=Status.SPAM if _is(row.get("spam")) else STATUS(row.get("status")),
            priority=PRIORITY(row.get("priority")),
            customer=requester,
            agent=name_or_nothing(row.get("responder_id")),
            tags=_tags(row.get("tags")),
            channel=CHANNEL(row.get("source")),
            opened_at=opened_at,
            updated_at=updated_at,
            ended_at=_ended_at(row),
            messages=(first, *(self._message(each) for each in said if not _is_private(each))),
            notes=tuple(_note(each) for each in said if _is_private(each)),
        )

    def _message(self, row: Row) -> Message:
        author = name_or_nothing(row.get("user_id"))
        is_inbound = _is(row.get("incoming"))
        if row.get("incoming") is None:
            is_inbound = author not in self.agents
        return Message(
            id=identity(row.get("id")),
            at=instant(row.get("created_at")),
            body=_said(row, "body_text", "body_html", "body"),
            is_inbound=is_inbound,
            author=author,
            attachments=_attachments(row),
        )


def _note(row: Row) -> Note:
    return Note(
        id=identity(row.get("id")),
        at=instant(row.get("created_at")),
        body=_said(row, "body_text", "body_html", "body"),
        author=name_or_nothing(row.get("user_id")),
        attachments=_attachments(row),
    )


def _said(row: Row, plain: str, html: str, either: str) -> str:
    if text(row.get(plain)):
        return text(row.get(plain))
    return body(row.get(html), is_html=True) or body(row.get(either))


def _is_private(row: Row) -> bool:
    return _is(row.get("private"))


def _is(value: Any) -> bool:
    return str(value).strip().lower() in TRUE


def _tags(value: Any) -> tuple[str, ...]:
    if isinstance(value, list):
        return words([each.get("name") if isinstance(each, dict) else each for each in value])
    return words(value)


def _ended_at(row: Row) -> Any:
    states = row.get("ticket_states") or row.get("stats")
    found = states if isinstance(states, dict) else {}
    return instant_or_none(found.get("resolved_at") or found.get("closed_at"))


def _attachments(row: Row) -> tuple[Attachment, ...]:
    """The export names files and holds none; whoever fetched them puts them into attachments/."""
    return tuple(
        Attachment(
            id=text(each.get("id"), 60),
            name=name,
            paths=(f"attachments/{text(each.get('id'), 60)}/{name}",),
        )
        for each in items(row.get("attachments"))
        if (name := text(each.get("name") or each.get("content_file_name"), 200))
    )
