"""What is said on a ticket, what is owed on it, and what happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from api import access
from api.endpoint import PAGED, Asked, Endpoint, absolute, answer, call, page
from api.filtering import check_after
from api.problems import Problem, invalid
from api.schema import page_of
from api.shapes import (
    Anything,
    Day,
    Flag,
    Instant,
    ListOf,
    Object,
    OrNull,
    Text,
    Whole,
    answered,
    body,
    utc,
)
from api.showing import (
    AGENT,
    COMMITMENT,
    MESSAGE,
    NOTE,
    TICKET,
    shown_agent,
    shown_commitment,
    shown_message,
    shown_note,
    ticket_as_it_is,
)
from api.views.tickets import LONGEST_BODY
from common.keyset import Order
from common.keyset import page_of as keyset_page
from sla.models import Commitment
from tickets import events
from tickets.attachments import gather_uploads
from tickets.models import Channel, Message, Note, Ticket, TicketEvent
from tickets.services import merging, splitting
from tickets.services.recording import hold_for_services
from tickets.services.replying import Reply, add_note, reply_to_customer

SENT = Order(("sent_at",), is_ascending=True)
WRITTEN = Order(("written_at",), is_ascending=True)
HAPPENED = Order(("at",), is_ascending=True)
STARTED = Order(("started_at",), is_ascending=True)
WAITING = Object(
    {
        "task": Text(200, 1, about="What the customer is asked to do; their page names it."),
        "needed_on": Day(about="By which day that would help"),
    },
    name="WaitsForCustomer",
)
NEW_MESSAGE = body(
    "NewMessage",
    {
        "body": Text(LONGEST_BODY, 1),
        "promise_at": Instant(about="When they hear from us next"),
        "solves": Flag(about="true: this is the solution"),
        "waits_for_customer": WAITING,
        "seen_revision": Whole(
            about="The ticket's `revision` when it was read; if it has changed since, nothing is sent."
        ),
        "uploads": ListOf(Text(300), settings.ATTACHMENT_MAX_COUNT),
    },
    ["body"],
)
NEW_NOTE = body("NewNote", {"body": Text(LONGEST_BODY, 1)}, ["body"])
EVENT = answered(
    "Event",
    {
        "id": Whole(),
        "kind": Text(30),
        "at": Instant(),
        "agent": OrNull(AGENT),
        "sentence": Text(2000, about="As the desk tells it, in the reader's language"),
        "facts": Anything(),
    },
)
MERGE = body("NewMerge", {"into": Whole(about="The number of the ticket that goes on")}, ["into"])
SPLIT = body(
    "NewSplit",
    {"message": Whole(about="Its id"), "subject": Text(200, 1, about="Of the new ticket")},
    ["message", "subject"],
)


class Messages(Endpoint):
    """What the customer and we said to each other."""

    of = section = "tickets"

    @call("List what was said to the customer and by them", answer=page_of(MESSAGE), query=PAGED)
    def get(self, asked: Asked, number: str) -> HttpResponse:
        """The oldest first; of merged tickets, too."""
        ticket = access.ticket(asked.agent, number)
        said = Message.objects.filter(ticket__in=ticket.family())
        beside = said.select_related("agent", "customer", "ticket")
        return _page(asked, beside.prefetch_related("attachments"), SENT, shown_message)

    @call(
        "Answer the customer",
        answer=MESSAGE,
        status=201,
        body=NEW_MESSAGE,
        about="An answer ends with exactly one of `promise_at`, `solves` and `waits_for_customer`;"
        " `promise_at` may stand beside the last.",
        example={
            "body": "It was a setting on our side. Please try again.",
            "solves": True,
        },
    )
    def post(self, asked: Asked, number: str) -> HttpResponse:
        """By mail, with the next promise."""
        pk = access.ticket(asked.agent, number).pk
        ticket = hold_for_services([pk])[pk]
        _check_is_seen(ticket, asked)
        message = reply_to_customer(ticket, _reply(asked), agent=asked.agent, now=asked.now)
        address = reverse("api:messages", args=[ticket.number])
        return answer(shown_message(message), status=201, Location=absolute(address))


def _check_is_seen(ticket: Ticket, asked: Asked) -> None:
    """Raises Problem, with the ticket as it is now, when the writer has not seen that."""
    seen = asked.body.get("seen_revision", ticket.revision)
    if seen != ticket.revision:
        said = _("Something changed on this ticket. Read it first, then send again.")
        raise Problem(409, "something-new", said, ticket=ticket_as_it_is(ticket))


def _reply(asked: Asked) -> Reply:
    sent = asked.body
    solves, waits = sent.get("solves", False), sent.get("waits_for_customer")
    if solves and (waits is not None or "promise_at" in sent):
        raise invalid("solves", "contradiction", _("A solution leaves nothing to wait for."))
    if waits is not None and "task" not in waits:
        raise invalid("waits_for_customer.task", "required", _("This is missing."))
    key = uuid4() if sent.get("uploads") else None
    if key:
        gather_uploads(access.uploads(asked.agent, sent["uploads"]), submission_key=key)
    return Reply(
        body=sent["body"],
        channel=Channel.EMAIL,
        solves=solves,
        asks=waits is not None,
        promise_at=sent.get("promise_at"),
        thing=(waits or {}).get("task", ""),
        needed_on=(waits or {}).get("needed_on"),
        submission_key=key,
    )


class Notes(Endpoint):
    """What we tell each other."""

    of = section = "tickets"

    @call("List internal notes", answer=page_of(NOTE), query=PAGED)
    def get(self, asked: Asked, number: str) -> HttpResponse:
        """The oldest first."""
        ticket = access.ticket(asked.agent, number)
        notes = Note.objects.filter(ticket__in=ticket.family()).select_related("agent", "ticket")
        return _page(asked, notes, WRITTEN, shown_note)

    @call(
        "Write an internal note",
        answer=NOTE,
        status=201,
        body=NEW_NOTE,
        about="Customers never read it; who is mentioned with @ hears of it.",
        example={"body": "The maker knows of this fault."},
    )
    def post(self, asked: Asked, number: str) -> HttpResponse:
        """No clock moves."""
        ticket = access.ticket(asked.agent, number)
        note = add_note(ticket, body=asked.body["body"], agent=asked.agent, now=asked.now)
        address = reverse("api:notes", args=[ticket.number])
        return answer(shown_note(note), status=201, Location=absolute(address))


class Commitments(Endpoint):
    """The ledger of what was promised."""

    of = section = "tickets"

    @call("List what is and was owed to the customer", answer=page_of(COMMITMENT), query=PAGED)
    def get(self, asked: Asked, number: str) -> HttpResponse:
        """The oldest first: kept, broken, and what is live."""
        ticket = access.ticket(asked.agent, number)
        owed = Commitment.objects.filter(clock=ticket.clock_id)
        return _page(asked, owed, STARTED, shown_commitment)


class Events(Endpoint):
    """What happened, in order."""

    of = section = "tickets"

    @call("List what happened on a ticket", answer=page_of(EVENT), query=PAGED)
    def get(self, asked: Asked, number: str) -> HttpResponse:
        """The oldest first."""
        ticket = access.ticket(asked.agent, number)
        happened = TicketEvent.objects.filter(ticket__in=ticket.family()).select_related("agent")
        return _page(asked, happened, HAPPENED, _shown_event)


def _shown_event(event: TicketEvent) -> dict[str, Any]:
    name = event.agent.name if event.agent else ""
    return {
        "id": event.pk,
        "kind": event.kind,
        "at": utc(event.at),
        "agent": shown_agent(event),
        "sentence": events.sentence(event.kind, event.facts, name),
        "facts": event.facts,
    }


class Merges(Endpoint):
    """Two tickets about one matter."""

    of = section = "tickets"

    @call(
        "Let a ticket go on as another one of the same customer",
        answer=TICKET,
        body=MERGE,
        about="Answers with the ticket that goes on.",
        example={"into": 1042},
    )
    def post(self, asked: Asked, number: str) -> HttpResponse:
        """Nothing is copied; the desk can separate them again."""
        ticket = access.ticket(asked.agent, number)
        into = access.ticket_in_body(asked.agent, asked.body["into"], at="into")
        merging.merge_tickets(ticket, into=into, agent=asked.agent, now=asked.now)
        return answer(ticket_as_it_is(into))


class Splits(Endpoint):
    """A message about another matter."""

    of = section = "tickets"

    @call(
        "Make a ticket of its own of a customer's message",
        answer=TICKET,
        status=201,
        body=SPLIT,
        example={"message": 4711, "subject": "The scanner, too"},
    )
    def post(self, asked: Asked, number: str) -> HttpResponse:
        """Answers with the new ticket."""
        ticket = access.ticket(asked.agent, number)
        message = access.message(ticket, asked.body["message"])
        subject = " ".join(asked.body["subject"].split())
        new = splitting.split_message(message, subject=subject, agent=asked.agent, now=asked.now)
        address = reverse("api:ticket", args=[new.number])
        return answer(ticket_as_it_is(new), status=201, Location=absolute(address))


def _page(
    asked: Asked, rows: QuerySet[Any, Any], order: Order, shown: Callable[[Any], Any]
) -> HttpResponse:
    check_after(order, asked.after)
    found = keyset_page(rows, order, after=asked.after, size=asked.limit)
    items: Iterable[Any] = map(shown, found.rows)
    return page(asked, list(items), found.older)
