"""Tickets, and what is said on them, as other programs read them.

A field of a ticket knows which columns it is made of, so that who asks for three fields reads three.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.urls import reverse

from api.shapes import (
    Choice,
    Flag,
    Instant,
    ListOf,
    OrNull,
    Shape,
    Text,
    Values,
    Whole,
    answered,
    utc,
)
from customers.models import ContactPoint
from sla.models import Commitment, Kind, Priority, Status
from tickets.models import Attachment, Channel, Message, Note, Tag, Ticket

Row = Mapping[str, Any]
NAMED: Mapping[str, Shape] = {"id": Whole(), "name": Text(200)}
TEAM = answered("TeamName", NAMED)
AGENT = answered("AgentName", NAMED)
CUSTOMER_NAME = answered("CustomerName", {**NAMED, "email": Text(320)})
TURNS = {
    Status.NEW: "us",
    Status.OPEN: "us",
    Status.PENDING_CUSTOMER: "customer",
    Status.ON_HOLD: "third_party",
}


@dataclass(frozen=True)
class Shown:
    """A field of a ticket: how it looks, and of which columns it is made."""

    shape: Shape
    columns: tuple[str, ...]
    made: Callable[[Row], Any]


def _plain(column: str, shape: Shape) -> Shown:
    return Shown(shape, (column,), lambda row: row[column])


def _instant(column: str, about: str = "") -> Shown:
    shape = OrNull(Instant(about=about))
    return Shown(shape, (column,), lambda row: utc(row[column]))


def _named(name: str, shape: Shape) -> Shown:
    columns = (f"{name}_id", f"{name}__name")

    def made(row: Row) -> dict[str, Any] | None:
        pk = row[columns[0]]
        return {"id": pk, "name": row[columns[1]]} if pk else None

    return Shown(shape, columns, made)


def _customer(row: Row) -> dict[str, Any]:
    name, email = row["customer__name"], row["customer_email"] or ""
    return {"id": row["customer_id"], "name": name, "email": email}


FIELDS: Mapping[str, Shown] = {
    "number": _plain("number", Whole(about="What people say on the telephone")),
    "subject": _plain("subject", Text(200)),
    "status": _plain("status", Choice(Status.values)),
    "status_reason": _plain("hold_reason", Text(100, about="Why it is on hold; empty otherwise")),
    "turn": Shown(
        Choice(["us", "customer", "third_party", "nobody"], about="Whose turn it is"),
        ("status",),
        lambda row: TURNS.get(row["status"], "nobody"),
    ),
    "priority": _plain("priority", Choice(Priority.values)),
    "channel": _plain("channel", Choice(Channel.values)),
    "language": _plain("language", Choice([code for code, _name in settings.LANGUAGES])),
    "customer": Shown(
        CUSTOMER_NAME, ("customer_id", "customer__name", "customer_email"), _customer
    ),
    "team": _named("team", TEAM),
    "assignee": _named("assignee", OrNull(AGENT)),
    "topic": _plain("topic_id", OrNull(Whole())),
    "fields": _plain("fields", Values(about="What its fields say, by their keys")),
    "tags": _plain("tag_names", ListOf(Text(40), 100)),
    "preview": _plain("preview", Text(200)),
    "opened_at": Shown(Instant(), ("opened_at",), lambda row: utc(row["opened_at"])),
    "updated_at": Shown(Instant(), ("updated_at",), lambda row: utc(row["updated_at"])),
    "resolved_at": _instant("resolved_at"),
    "next_contact_at": _instant("next_contact_at", "The promise: until then they hear from us"),
    "next_due_at": _instant("next_due_at", "What is owed first, the promise or something else"),
    "next_due_kind": Shown(
        OrNull(Choice(Kind.values)), ("next_due_kind",), lambda row: row["next_due_kind"] or None
    ),
    "merged_into": _plain("merged_number", OrNull(Whole(about="The number where it goes on"))),
    "revision": _plain("revision", Whole(about="Counts every change")),
    "url": Shown(
        Text(300, about="Its page in the desk"),
        ("number",),
        lambda row: _ticket_url(row["number"]),
    ),
}
SPARSE = {name: shown.shape for name, shown in FIELDS.items()}
TICKET = answered("Ticket", SPARSE)
_ADDRESSES = ContactPoint.objects.filter(kind="email", customer=OuterRef("customer")).order_by("pk")
MADE_COLUMNS: Mapping[str, Any] = {
    "tag_names": ArraySubquery(
        Tag.objects.filter(tickets=OuterRef("pk")).order_by("name").values("name")
    ),
    "customer_email": Subquery(_ADDRESSES.values("value")[:1]),
    "merged_number": F("merged_into__number"),
}


def ticket_rows(
    tickets: QuerySet[Ticket, Any], fields: Collection[str] = (), *, more: Collection[str] = ()
) -> QuerySet[Ticket, dict[str, Any]]:
    """Only the columns that these fields of a ticket are made of (none named: all), and `more`."""
    wanted = {column for name in fields or FIELDS for column in FIELDS[name].columns} | {*more}
    made = {name: MADE_COLUMNS[name] for name in sorted(wanted & set(MADE_COLUMNS))}
    rows: QuerySet[Ticket, Any] = tickets.values(*sorted(wanted - set(MADE_COLUMNS)), **made)
    return rows


def shown_ticket(row: Row, fields: Collection[str] = ()) -> dict[str, Any]:
    """A ticket of such a row."""
    return {name: FIELDS[name].made(row) for name in fields or FIELDS}


def ticket_as_it_is(ticket: Ticket) -> dict[str, Any]:
    """A ticket as the database has it now, in one query."""
    return shown_ticket(ticket_rows(Ticket.objects.filter(pk=ticket.pk)).get())


def new_ticket(ticket: Ticket) -> dict[str, Any]:
    """One that has just been opened, of which all is known: nothing is asked."""
    made: dict[str, Any] = {
        "tag_names": [],
        "customer_email": ticket.reply_address,
        "merged_number": None,
    }
    columns = {column for shown in FIELDS.values() for column in shown.columns}
    return shown_ticket({column: _value(ticket, column, made) for column in columns})


def _value(ticket: Ticket, column: str, made: Mapping[str, Any]) -> Any:
    if column in made:
        return made[column]
    value: Any = ticket
    for part in column.split("__"):
        value = getattr(value, part, None)
    return value


def _ticket_url(number: int) -> str:
    return f"{settings.BASE_URL}/desk/tickets/{number}/"


# What is said ------------------------------------------------------------------------------------

FILE = answered(
    "File",
    {
        "id": Text(36),
        "name": Text(200),
        "content_type": Text(100),
        "size": Whole(0),
        "url": Text(300),
    },
)
MESSAGE = answered(
    "Message",
    {
        "id": Whole(),
        "ticket": Whole(about="The number of the ticket on which it was said"),
        "direction": Choice(Message.Direction.values),
        "channel": Choice(Channel.values),
        "author": Text(200),
        "agent": OrNull(AGENT),
        "body": Text(1_000_000),
        "sent_at": Instant(),
        "doubt": OrNull(
            Choice(Message.Doubt.values, about="Why a mail may not be the customer's word")
        ),
        "is_automatic": Flag(),
        "attachments": ListOf(FILE, 1000),
    },
)
NOTE = answered(
    "Note",
    {
        "id": Whole(),
        "ticket": Whole(),
        "agent": OrNull(AGENT),
        "body": Text(1_000_000),
        "mentions": ListOf(Text(200), 1000),
        "written_at": Instant(),
    },
)
COMMITMENT = answered(
    "Commitment",
    {
        "id": Whole(),
        "kind": Choice(Kind.values),
        "state": Choice(Commitment.State.values),
        "started_at": Instant(),
        "due_at": OrNull(Instant()),
        "met_at": OrNull(Instant()),
        "ended_at": OrNull(Instant()),
        "is_broken": Flag(),
    },
)


def shown_message(message: Message) -> dict[str, Any]:
    """With its ticket, agent, customer and files read beside it."""
    agent, customer = message.agent, message.customer
    author = agent.name if agent else message.from_name or (customer.name if customer else "")
    return {
        "id": message.pk,
        "ticket": message.ticket.number,
        "direction": message.direction,
        "channel": message.channel,
        "author": author,
        "agent": shown_agent(message),
        "body": message.body,
        "sent_at": utc(message.sent_at),
        "doubt": message.doubt or None,
        "is_automatic": message.is_auto,
        "attachments": shown_files(message.attachments.all()),
    }


def shown_note(note: Note) -> dict[str, Any]:
    """With its ticket and agent read beside it."""
    return {
        "id": note.pk,
        "ticket": note.ticket.number,
        "agent": shown_agent(note),
        "body": note.body,
        "mentions": list(note.mentions),
        "written_at": utc(note.written_at),
    }


def shown_agent(written: Any) -> dict[str, Any] | None:
    """Who of us wrote or did it."""
    return {"id": written.agent.pk, "name": written.agent.name} if written.agent else None


def shown_files(files: Iterable[Attachment]) -> list[dict[str, Any]]:
    """Files of a message."""
    return [
        {
            "id": str(file.public_id),
            "name": file.name,
            "content_type": file.content_type,
            "size": file.size,
            "url": settings.BASE_URL + reverse("api:attachment", args=[file.public_id]),
        }
        for file in files
    ]


def shown_commitment(commitment: Commitment) -> dict[str, Any]:
    """One time we gave, and what became of it."""
    return {
        "id": commitment.pk,
        "kind": commitment.kind,
        "state": commitment.state,
        "started_at": utc(commitment.started_at),
        "due_at": utc(commitment.due_at),
        "met_at": utc(commitment.met_at),
        "ended_at": utc(commitment.ended_at),
        "is_broken": commitment.is_broken,
    }
