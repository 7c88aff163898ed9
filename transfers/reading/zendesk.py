"""Zendesk's account export in JSON.

Formats: "Exporting ticket, user, or organization data from your account" (support.zendesk.com,
4408886165402): one object a line (NDJSON), tickets with their comments inside; and the objects of
"Tickets", "Ticket Comments", "Users" and "Organizations" (developer.zendesk.com/api-reference).
Lists under a name (`{"tickets": […]}`), as the API itself answers, are read too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sla.models import Priority, Status
from transfers.bundles import Bundle, matching
from transfers.reading.lines import any_json
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
    Mapped,
    Message,
    Note,
    Organization,
    Record,
    Ticket,
)

STATUS = Mapped(
    {
        "new": Status.NEW,
        "open": Status.OPEN,
        "pending": Status.PENDING_CUSTOMER,
        "hold": Status.ON_HOLD,
        "solved": Status.RESOLVED,
        "closed": Status.CLOSED,
        "deleted": Status.CLOSED,
    },
    Status.OPEN,
)
PRIORITY = Mapped(
    {"urgent": Priority.URGENT, "high": Priority.HIGH, "low": Priority.LOW}, Priority.NORMAL
)
CHANNEL = Mapped({"web": "web", "web_form": "web", "api": "api", "voice": "phone"}, "email")
FILES = ("organizations*.json*", "users*.json*", "tickets*.json*")
Row = Mapping[str, Any]


def read(bundle: Bundle) -> Things:
    """Organisations and users before the tickets that name them."""
    desk = _Desk()
    readers: tuple[Callable[[Row], Iterator[Record]], ...] = (
        _organization,
        desk.user,
        desk.ticket,
    )
    for pattern, reader in zip(FILES, readers, strict=True):
        for name in matching(bundle, pattern):
            with bundle.open(name) as file:
                yield from taken(any_json(file, name), reader)


def _organization(row: Row) -> Iterator[Record]:
    yield Organization(
        id=identity(row.get("id")),
        name=text(row.get("name"), 200),
        domains=words(row.get("domain_names")),
    )


@dataclass
class _Desk:
    """Who works there, as far as it has been read."""

    agents: set[str] = field(default_factory=set)

    def user(self, row: Row) -> Iterator[Record]:
        known = identity(row.get("id"))
        name, email = text(row.get("name"), 200), text(row.get("email"), 320)
        if row.get("role") in {"agent", "admin"}:
            self.agents.add(known)
            yield Agent(id=known, name=name, email=email)
            return
        phone = text(row.get("phone"), 40)
        yield Customer(
            id=known,
            name=name,
            emails=(email,) if email else (),
            phones=(phone,) if phone else (),
            organization=name_or_nothing(row.get("organization_id")),
            language=text(row.get("locale"), 8),
            time_zone=text(row.get("iana_time_zone"), 64),
            note="\n".join(filter(None, [text(row.get("notes")), text(row.get("details"))])),
            created_at=instant_or_none(row.get("created_at")),
        )

    def ticket(self, row: Row) -> Iterator[Record]:
        known, opened_at = identity(row.get("id")), instant(row.get("created_at"))
        people = {key: _person(row, key) for key in ("requester", "assignee")}
        for key, inside in (("requester", row.get("requester")), ("assignee", row.get("assignee"))):
            if isinstance(inside, dict) and people[key] not in self.agents:
                yield from self._person_inside(key, inside)
        said = items(row.get("comments")) or [
            {"id": f"{known}-0", "body": row.get("description"), "created_at": row["created_at"]}
        ]
        spoken = partial(self._message, requester=people["requester"])
        updated_at = instant_or_none(row.get("updated_at")) or opened_at
        metrics = row.get("metric_set") if isinstance(row.get("metric_set"), dict) else {}
        via = row.get("via") if isinstance(row.get("via"), dict) else {}
        status = STATUS(row.get("status"))
        yield Ticket(
            id=known,
            reference=f"Zendesk #{known}",
            subject=text(row.get("subject") or row.get("raw_subject"), 200),
            status=status,
            priority=PRIORITY(row.get("priority")),
            customer=people["requester"],
            agent=people["assignee"],
            tags=words(row.get("tags")),
            channel=CHANNEL((via or {}).get("channel")),
            opened_at=opened_at,
            updated_at=updated_at,
            ended_at=instant_or_none((metrics or {}).get("solved_at")),
            messages=tuple(spoken(each) for each in said if each.get("public", True)),
            notes=tuple(_note(each) for each in said if not each.get("public", True)),
        )

    def _person_inside(self, key: str, row: Row) -> Iterator[Record]:
        """Of a user who is in no file of users."""
        if key == "assignee":
            yield from self.user({**row, "role": "agent"})
        elif text(row.get("email")):
            yield from self.user(row)

    def _message(self, row: Row, *, requester: str) -> Message:
        author = name_or_nothing(row.get("author_id")) or requester
        is_ours = author in self.agents if self.agents else author != requester
        said = row.get("plain_body") or row.get("body")
        return Message(
            id=identity(row.get("id")),
            at=instant(row.get("created_at")),
            body=text(said) or body(row.get("html_body"), is_html=True),
            is_inbound=not is_ours or author == requester,
            author=author,
            attachments=_attachments(row),
        )


def _person(row: Row, key: str) -> str:
    inside = row.get(key)
    return name_or_nothing(row.get(f"{key}_id")) or (
        name_or_nothing(inside.get("id")) if isinstance(inside, dict) else ""
    )


def _note(row: Row) -> Note:
    return Note(
        id=identity(row.get("id")),
        at=instant(row.get("created_at")),
        body=text(row.get("plain_body") or row.get("body")),
        author=name_or_nothing(row.get("author_id")),
        attachments=_attachments(row),
    )


def _attachments(row: Row) -> tuple[Attachment, ...]:
    """The export names files and holds none; whoever fetched them puts them into attachments/."""
    return tuple(
        Attachment(
            id=text(each.get("id"), 200),
            name=text(each.get("file_name"), 200),
            paths=(
                f"attachments/{text(each.get('id'), 200)}/{text(each.get('file_name'), 200)}",
                f"attachments/{text(each.get('id'), 200)}",
            ),
        )
        for each in items(row.get("attachments"))
    )
