"""osTicket's tables, as CSV files named after them or as a dump of MySQL, with any prefix.

Formats: setup/inc/streams/core/install-mysql.sql of osTicket/osTicket (ticket, ticket_status,
thread, thread_entry, user, user_email, staff, organization, attachment, file) and the table
ticket__cdata that it makes of the form.
"""

from __future__ import annotations

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
    Organization,
    Record,
    Ticket,
)

# By its state; and by the ids that a new osTicket gives to its statuses.
STATUS = Mapped(
    {
        **dict.fromkeys(("open", "1"), Status.OPEN),
        **dict.fromkeys(
            ("closed", "resolved", "archived", "deleted", "2", "3", "4", "5"), Status.CLOSED
        ),
    },
    Status.OPEN,
)
PRIORITY = Mapped(
    {
        **dict.fromkeys(("1", "low"), Priority.LOW),
        **dict.fromkeys(("3", "high"), Priority.HIGH),
        **dict.fromkeys(("4", "emergency"), Priority.URGENT),
    },
    Priority.NORMAL,
)
CHANNEL = Mapped({"web": "web", "phone": "phone", "api": "api"}, "email")
OWNERS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "organization": lambda row: row.get("id"),
    "staff": lambda row: row.get("staff_id"),
    "user": lambda row: row.get("id"),
    "user_email": lambda row: row.get("user_id"),
    "ticket": lambda row: row.get("ticket_id"),
    "ticket_status": lambda row: row.get("id"),
    "ticket__cdata": lambda row: row.get("ticket_id"),
    "thread": lambda row: f"{row.get('object_type')}{row.get('object_id')}",
    "thread_entry": lambda row: row.get("thread_id"),
    "attachment": lambda row: f"{row.get('type')}{row.get('object_id')}",
    "file": lambda row: row.get("id"),
}
NOBODY = {"", "0"}
Row = Mapping[str, Any]


def read(bundle: Bundle) -> Things:
    """Organisations, people and tickets; tables come in any order, so all are put aside first."""
    with spooling() as spool:
        yield from spooled(bundle, spool, OWNERS, prefix="ost_")
        tables = _Tables(spool)
        yield from each_of(spool, "organization", _organization)
        yield from each_of(spool, "staff", _agent)
        yield from each_of(spool, "user", tables.customer)
        yield from each_of(spool, "ticket", tables.ticket)


def _organization(row: Row) -> Iterator[Record]:
    yield Organization(
        id=identity(row.get("id")),
        name=text(row.get("name"), 200),
        domains=words(row.get("domain")),
    )


def _agent(row: Row) -> Iterator[Record]:
    yield Agent(
        id=f"staff-{identity(row.get('staff_id'))}",
        name=" ".join(words([row.get("firstname"), row.get("lastname")])),
        email=text(row.get("email"), 320),
    )


@dataclass(frozen=True)
class _Tables:
    spool: Spool

    def customer(self, row: Row) -> Iterator[Record]:
        known = identity(row.get("id"))
        emails = (text(each.get("address"), 320) for each in self.spool.of("user_email", known))
        organization = name_or_nothing(row.get("org_id"))
        yield Customer(
            id=known,
            name=text(row.get("name"), 200),
            emails=tuple(filter(None, emails)),
            organization="" if organization in NOBODY else organization,
            created_at=instant_or_none(row.get("created")),
        )

    def ticket(self, row: Row) -> Iterator[Record]:
        known, opened_at = identity(row.get("ticket_id")), instant(row.get("created"))
        details = self.spool.one("ticket__cdata", known)
        status = self.spool.one("ticket_status", row.get("status_id"))
        thread = self.spool.one("thread", f"T{known}")
        entries = self.spool.of("thread_entry", thread.get("id", ""))
        entries.sort(key=itemgetter("created"))
        staff = name_or_nothing(row.get("staff_id"))
        changed_at = instant_or_none(row.get("lastupdate") or row.get("updated"))
        said = [each for each in entries if text(each.get("type")) in {"M", "R"}]
        first = text(said[0].get("title"), 200) if said else ""
        yield Ticket(
            id=known,
            reference=f"osTicket #{text(row.get('number'), 60) or known}",
            subject=text(details.get("subject"), 200) or first,
            status=STATUS(status.get("state") or row.get("status_id")),
            priority=PRIORITY(details.get("priority")),
            customer=name_or_nothing(row.get("user_id")),
            agent="" if staff in NOBODY else f"staff-{staff}",
            channel=CHANNEL(row.get("source")),
            opened_at=opened_at,
            updated_at=changed_at or opened_at,
            ended_at=instant_or_none(row.get("closed")),
            messages=tuple(self._message(each) for each in said),
            notes=tuple(self._note(each) for each in entries if text(each.get("type")) == "N"),
        )

    def _message(self, row: Row) -> Message:
        is_inbound = text(row.get("type")) == "M"
        return Message(
            id=identity(row.get("id")),
            at=instant(row.get("created")),
            body=_said(row),
            is_inbound=is_inbound,
            author=name_or_nothing(row.get("user_id"))
            if is_inbound
            else f"staff-{name_or_nothing(row.get('staff_id'))}",
            author_name="" if is_inbound else text(row.get("poster"), 200),
            attachments=self._attachments(row),
        )

    def _note(self, row: Row) -> Note:
        return Note(
            id=identity(row.get("id")),
            at=instant(row.get("created")),
            body="\n".join(filter(None, [text(row.get("title"), 300), _said(row)])),
            author=f"staff-{name_or_nothing(row.get('staff_id'))}",
            author_name=text(row.get("poster"), 200),
            attachments=self._attachments(row),
        )

    def _attachments(self, row: Row) -> tuple[Attachment, ...]:
        """Files are in the database there; who exported them put them into attachments/, by id."""
        found = []
        for each in self.spool.of("attachment", f"H{row.get('id')}"):
            file = self.spool.one("file", each.get("file_id"))
            known, key = text(each.get("file_id"), 60), text(file.get("key"), 100)
            name = text(each.get("name"), 200) or text(file.get("name"), 200)
            paths = (f"attachments/{known}/{name}", f"attachments/{known}", f"attachments/{key}")
            found.append(Attachment(id=known, name=name or known, paths=paths))
        return tuple(found)


def _said(row: Row) -> str:
    form = text(row.get("format"), 16)
    return body(row.get("body"), is_html=form == "html" if form else None)
