"""Tickets: the list, opening one, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import Agent
from accounts.selectors import default_team
from api import access
from api.endpoint import (
    PAGED,
    Asked,
    Endpoint,
    absolute,
    answer,
    call,
    check_unchanged,
    page,
    tagged,
)
from api.filtering import LISTED, OF_QUEUE, listed, page_of_tickets
from api.problems import Problem, Wrong, invalid
from api.schema import page_of
from api.shapes import (
    Choice,
    Day,
    Flag,
    Instant,
    ListOf,
    Object,
    OrNull,
    Shape,
    Text,
    Values,
    Whole,
    answered,
    body,
)
from api.showing import SPARSE, TICKET, new_ticket, shown_ticket, ticket_as_it_is, ticket_rows
from customers.models import ContactPoint, Customer
from customers.normalizing import normalize_email
from customers.services import is_email
from sla.models import ENDED, Priority, Status
from tickets.attachments import gather_uploads
from tickets.links import path_of
from tickets.models import Channel, Ticket
from tickets.queue import FIELD
from tickets.searching.finding import find
from tickets.searching.query import read_query
from tickets.services import handling
from tickets.services.describing import set_fields, set_topic
from tickets.services.handing_over import Brief, hand_over, needs_brief
from tickets.services.opening import Inquiry, Opened, open_ticket
from tickets.services.recording import hold_for_services
from tickets.services.rematching import change_priority
from tickets.services.replying import Outcome
from tickets.tags import TAGS_OF_A_TICKET
from topics.models import Field, Topic
from topics.selectors import definitions
from topics.values import Values as FieldValues
from topics.values import read_values

LANGUAGES = [code for code, _name in settings.LANGUAGES]
LONGEST_BODY = 50_000
TAGS = ListOf(Text(40, 1), TAGS_OF_A_TICKET)
SOME_OF_A_TICKET = Object(SPARSE, name="SomeOfATicket", about="As many fields as were asked for")
WAITING = Object(
    {
        "task": Text(200, 1, about="What the customer is asked to do; their page names it."),
        "needed_on": Day(about="By which day that would help"),
    },
    name="WaitsForCustomer",
)
# How a contact with the customer ends.
OUTCOME: Mapping[str, Shape] = {
    "promise_at": Instant(about="When they hear from us next"),
    "solves": Flag(about="true: this is the solution"),
    "waits_for_customer": WAITING,
}
BEGUN_BY = ("customer", "call", "letter")
NEW = body(
    "NewTicket",
    {
        "subject": Text(200, 1),
        "body": Text(LONGEST_BODY, 1),
        "name": Text(100),
        "email": Text(320, about="Where answers go; whoever has it is the customer."),
        "phone": Text(40),
        "customer": Whole(about="The customer's id, in place of name, email and phone"),
        "language": Choice(LANGUAGES),
        "priority": Choice(Priority.values),
        "topic": Whole(),
        "fields": Values(),
        "team": Whole(),
        "assignee": Whole(),
        "tags": TAGS,
        "uploads": ListOf(Text(300), settings.ATTACHMENT_MAX_COUNT, about="As uploads/ named them"),
        "begun_by": Choice(
            BEGUN_BY,
            about="Whose word `body` is: the customer's, as when it is left out; what was said in a"
            " call of the token's agent; or their letter, which leaves now. After these two it ends"
            " as an answer does.",
        ),
        **OUTCOME,
    },
    ["subject", "body"],
)
OPENED = answered(
    "OpenedTicket",
    {
        **SPARSE,
        "customer_url": Text(500, about="The customer's own page; it is told this once."),
    },
)
BRIEF = body(
    "Brief",
    {
        "problem": Text(2000, 1),
        "next_step": Text(2000, 1),
        **dict.fromkeys(("known", "tried", "promised"), Text(2000)),
    },
    ["problem", "next_step"],
)
SETTABLE = [
    *(Status.OPEN, Status.PENDING_CUSTOMER, Status.ON_HOLD, Status.RESOLVED, Status.SPAM),
]
CHANGE = body(
    "TicketChange",
    {
        "status": Choice(SETTABLE),
        "status_reason": Text(100, about="What a ticket on hold waits for"),
        "priority": Choice(Priority.values),
        "team": Whole(),
        "assignee": OrNull(Whole()),
        "brief": BRIEF,
        "tags": TAGS,
        "topic": OrNull(Whole()),
        "fields": Values(),
    },
)


class Tickets(Endpoint):
    """All that the agent may see."""

    of = section = "tickets"

    @call(
        "List tickets",
        answer=page_of(SOME_OF_A_TICKET),
        query={**LISTED, **PAGED},
        prefixes=(FIELD,),
        about="The parameters are those of the desk's queue, and `field.KEY` for each field. What is"
        " due next comes first; of what is done, the newest.",
        example="?priority=normal&fields=number,subject",
    )
    def get(self, asked: Asked) -> HttpResponse:
        """A page, in one query."""
        fields = asked.query.get("fields", ())
        if "q" in asked.query:
            return _found(asked, fields)
        tickets, order = listed(asked.query, agent=asked.agent, now=asked.now)
        rows = ticket_rows(tickets, fields, more=(*order.columns, "pk"))
        found = page_of_tickets(rows, order, after=asked.after, size=asked.limit)
        return page(asked, [shown_ticket(row, fields) for row in found.rows], found.older)

    @call(
        "Open a ticket for an inquiry of a customer",
        answer=OPENED,
        status=201,
        body=NEW,
        about="It gets its promise, and the customer the acknowledgement that names it.",
        example={
            "subject": "The printer does not print",
            "body": "Since yesterday nothing comes out of it. What can I do?",
            "name": "Emma Clarke",
            "email": "emma@example.com",
        },
    )
    def post(self, asked: Asked) -> HttpResponse:
        """As the form does; 201 with the promise."""
        opened = open_ticket(_inquiry(asked), now=asked.now)
        if asked.body.get("tags"):
            handling.set_tags(opened.ticket, names=asked.body["tags"], by=asked.agent)
        address = reverse("api:ticket", args=[opened.ticket.number])
        return answer(_opened(asked, opened), status=201, Location=absolute(address))


def _found(asked: Asked, fields: list[str]) -> HttpResponse:
    others = sorted({*asked.query} & {*OF_QUEUE, "updated_since", "limit"})
    if others:
        raise invalid(others[0], "not-with-q", _("A search takes no other filters."))
    found = find(read_query(asked.query["q"]), agent=asked.agent, now=asked.now, after=asked.after)
    ids = [match.ticket_id for match in found.matches]
    tickets = Ticket.objects.visible_to(asked.agent).filter(pk__in=ids)
    rows = {row["pk"]: row for row in ticket_rows(tickets, fields, more=["pk"])}
    return page(asked, [shown_ticket(rows[pk], fields) for pk in ids if pk in rows], found.older)


def _inquiry(asked: Asked) -> Inquiry:
    sent = asked.body
    contact = _contact(asked)
    customer = _customer(asked)
    topic = access.topic(sent["topic"]) if "topic" in sent else None
    team = access.team(asked.agent, sent["team"]) if "team" in sent else None
    if "assignee" in sent:
        team = team or (topic.team if topic else default_team())
    key = uuid4() if sent.get("uploads") else None
    if key:
        gather_uploads(access.uploads(asked.agent, sent["uploads"]), submission_key=key)
    return Inquiry(
        subject=" ".join(sent["subject"].split()),
        body=sent["body"],
        language=sent.get("language") or (customer.language if customer else get_language() or ""),
        customer=customer,
        name=sent.get("name", ""),
        email=_email(sent, customer),
        phone=sent.get("phone", ""),
        priority=sent.get("priority", Priority.NORMAL),
        topic=topic,
        fields=_values(topic, sent.get("fields", {})),
        team=team,
        assignee=access.assignee(sent["assignee"], team_id=team.pk)
        if team and "assignee" in sent
        else None,
        submission_key=key,
        has_uploads=key is not None,
        is_told_at_once=False,
        **contact,
    )


def _contact(asked: Asked) -> dict[str, Any]:
    """By which way it came; of a call and of a letter also who spoke, and how it ended. Raises
    Problem."""
    sent, begun_by = asked.body, asked.body.get("begun_by", "customer")
    if begun_by == "customer":
        if ends := sorted({*sent} & {*OUTCOME}):
            raise invalid(ends[0], "contradiction", _("The customer has not been answered yet."))
        return {"channel": Channel.API}
    if sent.get("uploads"):
        raise invalid("uploads", "contradiction", _("Files come with the customer's word only."))
    is_call = begun_by == "call"
    if not (is_call or _email(sent, _customer(asked))):
        said = _("A letter needs an email address of the customer.")
        raise invalid("email", "required", said)
    return {
        "channel": Channel.PHONE if is_call else Channel.EMAIL,
        "origin": "agent_live" if is_call else "agent_outbound",
        "agent": asked.agent,
        "outcome": outcome_of(sent),
    }


def outcome_of(sent: Mapping[str, Any]) -> Outcome:
    """How the contact ends. Raises Problem."""
    solves, waits = sent.get("solves", False), sent.get("waits_for_customer")
    if solves and (waits is not None or "promise_at" in sent):
        raise invalid("solves", "contradiction", _("A solution leaves nothing to wait for."))
    if waits is not None and "task" not in waits:
        raise invalid("waits_for_customer.task", "required", _("This is missing."))
    return Outcome(
        solves=solves,
        asks=waits is not None,
        promise_at=sent.get("promise_at"),
        thing=(waits or {}).get("task", ""),
        needed_on=(waits or {}).get("needed_on"),
    )


def _customer(asked: Asked) -> Customer | None:
    """Named by their id, or by how they are reached, and never by both."""
    person = [name for name in ("name", "email", "phone") if asked.body.get(name)]
    if "customer" not in asked.body:
        if not {"email", "phone"} & {*person}:
            raise invalid("email", "required", _("Say how the customer can be reached."))
        return None
    if person:
        raise invalid(person[0], "not-with-customer", _("The customer is named by id already."))
    return access.customer_in_body(asked.agent, asked.body["customer"])


def _email(sent: Mapping[str, Any], customer: Customer | None) -> str:
    if customer is not None:
        points = customer.contact_points.filter(kind=ContactPoint.Kind.EMAIL)
        return points.values_list("value", flat=True).first() or ""
    email: str = sent.get("email", "").strip()
    if email and not is_email(normalize_email(email)):
        raise invalid("email", "address", _("This is not an email address."))
    return email


def _values(topic: Topic | None, typed: Mapping[str, str]) -> FieldValues:
    """What the fields say. Raises Problem and topics.exceptions.BadValues."""
    check_fields(typed)
    fields = definitions().fields_of(Field.Of.TICKET)
    read = read_values(fields, typed, only_offered=True)
    return {key: value for key, value in read.items() if value is not None}


def check_fields(typed: Mapping[str, str], of: str = Field.Of.TICKET) -> None:
    """Raises Problem when one of them is no field."""
    known = {field.key for field in definitions().fields_of(of)}
    wrong = [
        Wrong(field=f"fields.{key}", code="unknown", message=_("There is no such field."))
        for key in typed
        if key not in known
    ]
    if wrong:
        raise Problem(422, "invalid", wrong[0]["message"], errors=wrong)


def _opened(asked: Asked, opened: Opened) -> dict[str, Any]:
    """What was opened. Of a customer whom the agent may not see, only what they said themselves."""
    ticket = opened.ticket
    # Tags come after it was opened.
    shown = ticket_as_it_is(ticket) if asked.body.get("tags") else new_ticket(ticket)
    if not asked.agent.sees_everything and ticket.team_id not in asked.agent.team_ids:
        shown["customer"] |= {
            "name": asked.body.get("name", ""),
            "email": asked.body.get("email", ""),
        }
    return {**shown, "customer_url": absolute(path_of(opened.token))}


class TicketDetail(Endpoint):
    """One of them."""

    of = section = "tickets"

    @call("Read a ticket", answer=TICKET, has_etag=True, example="")
    def get(self, asked: Asked, number: str) -> HttpResponse:
        """With an ETag."""
        ticket = access.ticket(asked.agent, number)
        return tagged(asked, ticket_as_it_is(ticket), revision=ticket.revision)

    @call(
        "Change a ticket",
        answer=TICKET,
        body=CHANGE,
        has_etag=True,
        refuses=(409,),
        about="All of it or nothing. What is left out stays. To resolve is to say so without a word"
        " to the customer; a team or an assignee may take a `brief`.",
        example={"priority": "high", "tags": ["printer"]},
    )
    def patch(self, asked: Asked, number: str) -> HttpResponse:
        """Through the services of the desk."""
        pk = access.ticket(asked.agent, number).pk
        ticket = hold_for_services([pk])[pk]
        check_unchanged(asked, revision=ticket.revision)
        for name, change in CHANGES.items():
            if name in asked.body:
                change(ticket, asked)
        if {"team", "assignee"} & set(asked.body):
            _move(ticket, asked)
        return tagged(asked, ticket_as_it_is(ticket), revision=ticket.revision)


def _set_topic(ticket: Ticket, asked: Asked) -> None:
    pk = asked.body["topic"]
    set_topic(ticket, topic=access.topic(pk) if pk else None, by=asked.agent)


def _set_fields(ticket: Ticket, asked: Asked) -> None:
    check_fields(asked.body["fields"])
    set_fields(ticket, values=asked.body["fields"], by=asked.agent)


def _set_tags(ticket: Ticket, asked: Asked) -> None:
    handling.set_tags(ticket, names=asked.body["tags"], by=asked.agent)


def _set_priority(ticket: Ticket, asked: Asked) -> None:
    change_priority(ticket, to=asked.body["priority"], by=asked.agent)


def _set_status(ticket: Ticket, asked: Asked) -> None:
    to, agent = Status(asked.body["status"]), asked.agent
    reason = asked.body.get("status_reason", "")
    if to == Status.RESOLVED:
        if ticket.status not in ENDED:
            handling.solve(ticket, agent=agent)
    elif to == Status.OPEN and ticket.status in ENDED:
        handling.reopen(ticket, agent=agent)
    else:
        handling.set_status(ticket, to=to, reason=reason, agent=agent)


def _move(ticket: Ticket, asked: Asked) -> None:
    """To another team, or to somebody of the team; with a brief where the desk asks for one."""
    sent, by = asked.body, asked.agent
    team = access.any_team(sent["team"]) if "team" in sent else ticket.team
    to: Agent | None = None
    if sent.get("assignee"):
        to = access.assignee(sent["assignee"], team_id=team.pk)
    elif "assignee" not in sent and team == ticket.team:
        to = ticket.assignee
    brief = Brief(**sent["brief"]) if "brief" in sent else None
    if team != ticket.team or brief or needs_brief(ticket, to=to, team=team, by=by):
        hand_over(ticket, team=team, to=to, brief=brief, by=by)
    else:
        handling.assign(ticket, to=to, by=by)


# In this order: what a topic asks comes before what is resolved.
CHANGES: Mapping[str, Callable[[Ticket, Asked], None]] = {
    "topic": _set_topic,
    "fields": _set_fields,
    "tags": _set_tags,
    "priority": _set_priority,
    "status": _set_status,
}
