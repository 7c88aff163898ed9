"""How an inquiry becomes a ticket. There is one way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Agent, Team
from accounts.selectors import default_team
from common import doorbell
from common.bulk import insert_new
from customers.models import Customer
from customers.services import identify_customer
from sla.models import Clock, Priority
from sla.services import ClockReading, start_clock
from tickets import links
from tickets.attachments import attach, take_uploads, uploads_new_to
from tickets.events import EventKind
from tickets.models import CustomerLink, Message, Ticket, TicketEvent
from tickets.searching.index import index_customer, index_files, index_opened
from tickets.services.recording import copy_reading, matter_of, preview_of
from tickets.services.replying import (
    Outcome,
    add_note,
    check_outcome,
    receive_reply,
    send_reply,
)
from tickets.services.writing import AUTOMATIC, write_to_customer

UNIQUE_SUBMISSION = "submission_key"


@dataclass(frozen=True, kw_only=True)
class Inquiry:
    """What a customer sends or tells, before it is filed. `email` is where letters about it go.

    An agent who files it has been in contact: `agent_live` (on the telephone: the body is what the
    customer said) or `agent_outbound` (the body is our letter). Then `agent` and `outcome` are set.
    """

    subject: str
    body: str
    channel: str
    language: str
    email: str = ""
    name: str = ""
    phone: str = ""
    # Given when the record is known already; otherwise the address finds or makes it.
    customer: Customer | None = None
    priority: str = Priority.NORMAL
    team: Team | None = None
    assignee: Agent | None = None
    submission_key: UUID | None = None
    # The channel itself says at once that the inquiry arrived: an answer page, a voice.
    is_told_at_once: bool = True
    has_uploads: bool = True
    origin: str = "customer"
    agent: Agent | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True)
class Opened:
    """The ticket and, in the clear for the last time, the token of its secret link.

    `is_addition` says that the ticket was there already and got what was new as a further message.
    """

    ticket: Ticket
    token: str
    is_addition: bool = False


def open_ticket(inquiry: Inquiry, *, now: datetime | None = None) -> Opened:
    """File the inquiry: ticket, clock, promise, acknowledgement and link in one transaction.

    A submission key that was used before returns the ticket it made, and what it says otherwise
    than the first time is added to that ticket. Raises PromiseMissing, PromiseInThePast or
    PromiseTooFar when an agent files it without a time that can be promised.
    """
    now = now or timezone.now()
    if inquiry.origin != "customer":
        check_outcome(inquiry.outcome or Outcome(), now=now)
    try:
        with transaction.atomic():
            return _open(inquiry, now=now)
    except IntegrityError as error:
        if inquiry.submission_key is None or UNIQUE_SUBMISSION not in str(error):
            raise
        return _opened_before(inquiry, inquiry.submission_key, now=now)


def _opened_before(inquiry: Inquiry, submission_key: UUID, *, now: datetime) -> Opened:
    """A second click changes nothing; somebody who went back and corrected the text is heard."""
    ticket = Ticket.objects.select_related("customer").get(submission_key=submission_key)
    opened = Opened(ticket, links.token_of(ticket.links.earliest("pk")))
    said = _said_otherwise(ticket, inquiry)
    files = uploads_new_to(ticket, submission_key=submission_key) if inquiry.has_uploads else []
    if not (said or files):
        return opened
    if inquiry.agent is not None:
        # Not the customer's words: a letter is not sent again, and no clock moves.
        add_note(
            ticket,
            body=said,
            agent=inquiry.agent,
            submission_key=uuid5(submission_key, said),
            now=now,
        )
        return replace(opened, is_addition=True)
    message = receive_reply(
        ticket,
        body=said or _("A file was added to the inquiry."),
        channel=inquiry.channel,
        submission_key=uuid5(submission_key, said),
        now=now,
    )
    if files:
        attach(message, files)
        index_files(message)
    return replace(opened, is_addition=True)


def _said_otherwise(ticket: Ticket, inquiry: Inquiry) -> str:
    """What was not said the first time. Another address is told to the agents and not used: who has
    only typed it has not shown that it is theirs, and the answer may tell of the first one's."""
    said = []
    if inquiry.subject != ticket.subject:
        said.append(f"{_('Subject')}: {inquiry.subject}")
    if inquiry.email != ticket.reply_address:
        said.append(f"{_('Email address')}: {inquiry.email}")
    if inquiry.body != ticket.messages.earliest("pk").body:
        said.append(inquiry.body)
    return "\n\n".join(said)


def _open(inquiry: Inquiry, *, now: datetime) -> Opened:
    customer = inquiry.customer or _identify(inquiry)
    team = inquiry.team or default_team()
    number = next_number()
    clock, reading = _start_clock(inquiry, customer, team, number, now=now)
    ticket = _create_ticket(inquiry, clock, reading, number, now=now)
    message = _create_first_message(inquiry, ticket, now=now)
    link = links.create_link(ticket, now=now)
    has_files = inquiry.has_uploads and take_uploads(message, submission_key=inquiry.submission_key)
    index_opened(ticket, message, has_files=has_files)
    if customer.is_changed and not customer.is_new:
        index_customer(customer)
    events = [EventKind.OPENED]
    if ticket.resolved_at:
        events.append(EventKind.RESOLVED)
    if message.agent is not None:
        send_reply(message, ticket, agent=message.agent, now=now, first_link=link)
    elif inquiry.agent is None and ticket.reply_address and _acknowledge(ticket, link, now=now):
        events.append(EventKind.ACKNOWLEDGED)
    _create_events(ticket, events, agent=inquiry.agent, now=now)
    doorbell.announce([clock.path])
    return Opened(ticket, links.token_of(link))


def _identify(inquiry: Inquiry) -> Customer:
    return identify_customer(
        email=inquiry.email, name=inquiry.name, phone=inquiry.phone, language=inquiry.language
    )


def next_number() -> int:
    """The next number people say on the telephone. Gaps are harmless; doubles are impossible."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('ticket_number')")
        number: int = cursor.fetchone()[0]
    return number


def _start_clock(
    inquiry: Inquiry, customer: Customer, team: Team, number: int, *, now: datetime
) -> tuple[Clock, ClockReading]:
    """The label and the path are what notifications and reports call the matter by."""
    return start_clock(
        customer=customer,
        team=team,
        owner=inquiry.assignee,
        label=f"#{number} {inquiry.subject}"[:255],
        path=f"/desk/tickets/{number}/",
        priority=inquiry.priority,
        matter=matter_of(
            channel=inquiry.channel,
            team_id=team.pk,
            language=inquiry.language,
            priority=inquiry.priority,
            organization_id=customer.organization_id,
        ),
        is_acknowledged=inquiry.is_told_at_once and inquiry.origin == "customer",
        now=now,
        origin=inquiry.origin,
        contact=inquiry.outcome.for_clock() if inquiry.outcome else None,
    )


def _create_ticket(
    inquiry: Inquiry, clock: Clock, reading: ClockReading, number: int, *, now: datetime
) -> Ticket:
    ticket = Ticket(
        number=number,
        customer=clock.customer,
        clock=clock,
        team=clock.team,
        assignee=inquiry.assignee,
        priority=inquiry.priority,
        channel=inquiry.channel,
        subject=inquiry.subject,
        reply_address=inquiry.email,
        language=inquiry.language,
        opened_at=now,
        updated_at=now,
        preview=preview_of(inquiry.body),
        is_last_word_ours=inquiry.origin == "agent_outbound",
        resolved_at=now if inquiry.outcome and inquiry.outcome.solves else None,
        submission_key=inquiry.submission_key,
    )
    copy_reading(ticket, reading)
    ticket.save(force_insert=True)
    return ticket


def _create_first_message(inquiry: Inquiry, ticket: Ticket, *, now: datetime) -> Message:
    is_ours = inquiry.origin == "agent_outbound"
    return Message.objects.create(
        ticket=ticket,
        direction=Message.Direction.OUTBOUND if is_ours else Message.Direction.INBOUND,
        channel=inquiry.channel,
        customer=None if is_ours else ticket.customer,
        agent=inquiry.agent if is_ours else None,
        body=inquiry.body,
        sent_at=now,
    )


def _create_events(
    ticket: Ticket, kinds: list[EventKind], *, agent: Agent | None, now: datetime
) -> None:
    insert_new(
        TicketEvent,
        {
            "ticket": [ticket.pk] * len(kinds),
            "kind": kinds,
            "at": [now] * len(kinds),
            "agent": [agent.pk if agent else None] * len(kinds),
            "facts": ["{}"] * len(kinds),
        },
    )


def _acknowledge(ticket: Ticket, link: CustomerLink, *, now: datetime) -> bool:
    """Queue the acknowledgement, unless this customer has had their share of them lately.

    It repeats nothing the sender wrote, so a form is of no use for writing to strangers
    (RFC 3834 section 4; reliability_security.md, email bombs).
    """
    an_hour_ago = now - timedelta(hours=1)
    # By customer, not by address: hana@ and HANA@ are one mailbox.
    sent = TicketEvent.objects.filter(
        kind=EventKind.ACKNOWLEDGED,
        at__gte=an_hour_ago,
        ticket__customer=ticket.customer_id,
        ticket__opened_at__gte=an_hour_ago,
    ).count()
    if sent >= settings.ACKNOWLEDGEMENTS_PER_HOUR:
        return False
    write_to_customer(
        ticket,
        "acknowledgement",
        dedupe_key=f"acknowledgement:{ticket.pk}",
        now=now,
        headers={**AUTOMATIC, "Auto-Submitted": "auto-replied", "X-Loop": settings.MAIL_HOST},
        first_link=link,
    )
    return True
