"""What is said on a ticket, what is owed on it, and what happened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from api import access
from api.endpoint import PAGED, Asked, Endpoint, absolute, answer, call, page
from api.filtering import paged
from api.problems import Problem
from api.schema import page_of
from api.shapes import (
    Anything,
    Instant,
    ListOf,
    OrNull,
    Shape,
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
from api.views.tickets import LONGEST_BODY, OUTCOME, outcome_of
from common.keyset import Order
from sla.models import Commitment
from tickets import events
from tickets.attachments import gather_uploads
from tickets.models import Channel, Merge, Message, Note, Ticket, TicketEvent
from tickets.services import merging, splitting
from tickets.services.recording import hold_for_services
from tickets.services.replying import Reply, add_note, reply_to_customer
from tickets.services.unsending import take_back

SENT = Order(("sent_at",), is_ascending=True)
WRITTEN = Order(("written_at",), is_ascending=True)
HAPPENED = Order(("at",), is_ascending=True)
STARTED = Order(("started_at",), is_ascending=True)
SAID: Mapping[str, Shape] = {
    "body": Text(LONGEST_BODY, 1),
    **OUTCOME,
    "seen_revision": Whole(
        about="The ticket's `revision` when it was read; if it has changed since, nothing is sent."
    ),
}
UPLOADS = ListOf(Text(300), settings.ATTACHMENT_MAX_COUNT)
NEW_MESSAGE = body("NewMessage", {**SAID, "uploads": UPLOADS}, ["body"])
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
MERGED = answered("MergedTicket", {"id": Whole(), "ticket": Whole(about="Its number")})
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
        return paged(asked, beside.prefetch_related("attachments"), SENT, shown_message)

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
        ticket = held_as_seen(asked, number)
        message = reply_to_customer(ticket, reply_of(asked), agent=asked.agent, now=asked.now)
        address = reverse("api:messages", args=[ticket.number])
        return answer(shown_message(message), status=201, Location=absolute(address))


class MessageDetail(Endpoint):
    """One of them."""

    of = section = "tickets"

    @call(
        "Take back an answer before it leaves",
        status=204,
        refuses=(409,),
        about="Of one's own, within the seconds in which the desk offers to undo it. It is as if it"
        " had not been said, and its text is a draft at the desk.",
    )
    def delete(self, asked: Asked, number: str, message: str) -> HttpResponse:
        """The promise before it holds again."""
        ticket = access.ticket(asked.agent, number)
        own = Message.objects.filter(ticket__in=ticket.family(), agent=asked.agent)
        take_back(access.one_of(own, message), by=asked.agent, now=asked.now)
        return HttpResponse(status=204)


def held_as_seen(asked: Asked, number: str) -> Ticket:
    """The ticket, held. Raises Problem, with the ticket as it is now, when the writer has not seen
    that."""
    pk = access.ticket(asked.agent, number).pk
    ticket = hold_for_services([pk])[pk]
    seen = asked.body.get("seen_revision", ticket.revision)
    if seen != ticket.revision:
        said = _("Something changed on this ticket. Read it first, then send again.")
        raise Problem(409, "something-new", said, ticket=ticket_as_it_is(ticket))
    return ticket


def reply_of(asked: Asked, *, channel: str = Channel.EMAIL) -> Reply:
    """What was said, and how it ends. Raises Problem."""
    key = uuid4() if asked.body.get("uploads") else None
    if key:
        gather_uploads(access.uploads(asked.agent, asked.body["uploads"]), submission_key=key)
    outcome = outcome_of(asked.body)
    return Reply(**vars(outcome), body=asked.body["body"], channel=channel, submission_key=key)


class Notes(Endpoint):
    """What we tell each other."""

    of = section = "tickets"

    @call("List internal notes", answer=page_of(NOTE), query=PAGED)
    def get(self, asked: Asked, number: str) -> HttpResponse:
        """The oldest first."""
        ticket = access.ticket(asked.agent, number)
        notes = Note.objects.filter(ticket__in=ticket.family()).select_related("agent", "ticket")
        return paged(asked, notes, WRITTEN, shown_note)

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
        return paged(asked, owed, STARTED, shown_commitment)


class Events(Endpoint):
    """What happened, in order."""

    of = section = "tickets"

    @call("List what happened on a ticket", answer=page_of(EVENT), query=PAGED)
    def get(self, asked: Asked, number: str) -> HttpResponse:
        """The oldest first."""
        ticket = access.ticket(asked.agent, number)
        happened = TicketEvent.objects.filter(ticket__in=ticket.family()).select_related("agent")
        return paged(asked, happened, HAPPENED, shown_event)


def shown_event(event: TicketEvent) -> dict[str, Any]:
    """With its agent read beside it."""
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

    @call("List the tickets that go on as this one", answer=page_of(MERGED))
    def get(self, asked: Asked, number: str) -> HttpResponse:
        """All of them, on one page."""
        merges = _merges(access.ticket(asked.agent, number))[:100]
        return page(asked, [{"id": each.pk, "ticket": each.ticket.number} for each in merges], "")

    @call(
        "Let a ticket go on as another one of the same customer",
        answer=TICKET,
        body=MERGE,
        about="Answers with the ticket that goes on.",
        example={"into": 1042},
    )
    def post(self, asked: Asked, number: str) -> HttpResponse:
        """Nothing is copied, so both can be separated again."""
        ticket = access.ticket(asked.agent, number)
        into = access.ticket_in_body(asked.agent, asked.body["into"], at="into")
        merging.merge_tickets(ticket, into=into, agent=asked.agent, now=asked.now)
        return answer(ticket_as_it_is(into))


class MergeDetail(Endpoint):
    """One of these."""

    of = section = "tickets"

    @call("Separate two tickets again", answer=TICKET, refuses=(409,))
    def delete(self, asked: Asked, number: str, pk: str) -> HttpResponse:
        """Answers with the one that stands on its own."""
        into = access.ticket(asked.agent, number)
        merge = access.one_of(_merges(into), pk)
        ticket = merging.separate_tickets(merge, agent=asked.agent, now=asked.now)
        return answer(ticket_as_it_is(ticket))


def _merges(into: Ticket) -> QuerySet[Merge]:
    standing = Merge.objects.filter(into=into, undone_at=None)
    return standing.select_related("ticket", "into").order_by("pk")


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
