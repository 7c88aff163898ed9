"""How an inquiry becomes a ticket. There is one way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import Agent, Team
from accounts.selectors import default_team
from common import doorbell
from customers.models import Customer
from customers.services import identify_customer
from mail.letters import write_letter
from mail.services import queue_email
from sla.models import Clock, Priority
from sla.services import ClockReading, start_clock
from tickets import links
from tickets.attachments import take_uploads
from tickets.events import EventKind
from tickets.models import CustomerLink, Message, Ticket, TicketEvent
from tickets.services.recording import copy_reading, matter_of, preview_of

UNIQUE_SUBMISSION = "submission_key"


@dataclass(frozen=True, kw_only=True)
class Inquiry:
    """What a customer sends, before it is filed. `email` is where the acknowledgement goes."""

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


@dataclass(frozen=True)
class Opened:
    """The ticket and, in the clear for the last time, the token of its secret link."""

    ticket: Ticket
    token: str


def open_ticket(inquiry: Inquiry, *, now: datetime | None = None) -> Opened:
    """File the inquiry: ticket, clock, promise, acknowledgement and link in one transaction.

    A submission key that was used before returns the ticket it made.
    """
    now = now or timezone.now()
    try:
        with transaction.atomic():
            return _open(inquiry, now=now)
    except IntegrityError as error:
        if inquiry.submission_key is None or UNIQUE_SUBMISSION not in str(error):
            raise
        return already_opened(inquiry.submission_key)


def already_opened(submission_key: UUID) -> Opened:
    """What an earlier submission under this key has opened. Raises Ticket.DoesNotExist."""
    ticket = Ticket.objects.select_related("customer").get(submission_key=submission_key)
    return Opened(ticket, links.token_of(ticket.links.earliest("pk")))


def _open(inquiry: Inquiry, *, now: datetime) -> Opened:
    customer = inquiry.customer or _identify(inquiry)
    team = inquiry.team or default_team()
    number = next_number()
    clock, reading = _start_clock(inquiry, customer, team, number, now=now)
    ticket = _create_ticket(inquiry, clock, reading, number, now=now)
    message = _create_first_message(inquiry, ticket, now=now)
    link = links.create_link(ticket, now=now)
    if inquiry.has_uploads and inquiry.submission_key:
        take_uploads(message, submission_key=inquiry.submission_key)
    events = [TicketEvent(ticket=ticket, kind=EventKind.OPENED, at=now)]
    if inquiry.email and _acknowledge(inquiry, ticket, link, now=now):
        events.append(TicketEvent(ticket=ticket, kind=EventKind.ACKNOWLEDGED, at=now))
    TicketEvent.objects.bulk_create(events)
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
        is_acknowledged=inquiry.is_told_at_once,
        now=now,
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
        language=inquiry.language,
        opened_at=now,
        updated_at=now,
        preview=preview_of(inquiry.body),
        submission_key=inquiry.submission_key,
    )
    copy_reading(ticket, reading)
    ticket.save(force_insert=True)
    return ticket


def _create_first_message(inquiry: Inquiry, ticket: Ticket, *, now: datetime) -> Message:
    return Message.objects.create(
        ticket=ticket,
        direction=Message.Direction.INBOUND,
        channel=inquiry.channel,
        customer=ticket.customer,
        body=inquiry.body,
        sent_at=now,
    )


def _acknowledge(inquiry: Inquiry, ticket: Ticket, link: CustomerLink, *, now: datetime) -> bool:
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
    letter = write_letter(
        "acknowledgement",
        language=inquiry.language,
        time_zone=ticket.customer.time_zone,
        context={"ticket": ticket, "link": links.link_url(link), "brand": settings.BRAND_NAME},
    )
    queue_email(
        to=inquiry.email,
        letter=letter,
        dedupe_key=f"acknowledgement:{ticket.pk}",
        language=inquiry.language,
        now=now,
        headers={
            "Auto-Submitted": "auto-replied",
            "X-Auto-Response-Suppress": "All",
            "X-Loop": settings.MAIL_HOST,
        },
    )
    return True
