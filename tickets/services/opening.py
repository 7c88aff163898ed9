"""How an inquiry becomes a ticket. There is one way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Agent, Team
from accounts.selectors import default_team
from common import doorbell
from common.bulk import insert_new
from common.rates import is_within_rate
from customers.models import Customer
from customers.normalizing import domain_of, normalize_email
from customers.services import hold_customer, identify_customer
from mail.services import in_answer_to
from sla.models import Clock, Priority
from sla.services import ClockReading, start_clock
from tickets import links
from tickets.attachments import attach, keep_mail_files, take_uploads, uploads_new_to
from tickets.events import EventKind
from tickets.incoming import Letter
from tickets.macros import check_is_filled
from tickets.models import Channel, CustomerLink, CustomerTask, Message, Ticket, TicketEvent
from tickets.searching.index import index_customer, index_files, index_opened
from tickets.services.acknowledging import acknowledgement_key
from tickets.services.assigning import await_act, choose_agent, team_assigns
from tickets.services.describing import check_is_described
from tickets.services.handling import given_to, tell_assignee
from tickets.services.recording import copy_reading, matter_of, preview_of
from tickets.services.replying import (
    Outcome,
    add_note,
    ask_for,
    check_outcome,
    receive_reply,
    send_reply,
)
from tickets.services.writing import AUTOMATIC, write_to_customer
from topics.models import Field, Topic
from topics.selectors import definitions
from topics.values import Value, in_words

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
    # Where it goes, and who gets it first, when nothing else is said.
    topic: Topic | None = None
    # What its fields say, by their keys.
    fields: Mapping[str, Value] = field(default_factory=dict)
    team: Team | None = None
    assignee: Agent | None = None
    submission_key: UUID | None = None
    # The channel itself says at once that the inquiry arrived: an answer page, a voice.
    is_told_at_once: bool = True
    has_uploads: bool = True
    origin: str = "customer"
    agent: Agent | None = None
    outcome: Outcome | None = None
    # Set here: the team's method chose the assignee.
    is_given_by_itself: bool = False
    # The mail it came as, what is doubtful about that, and the ticket it may have to do with.
    letter: Letter | None = None
    doubt: str = ""
    maybe_belongs_to: Ticket | None = None
    wants_acknowledgement: bool = True
    is_answered_by_mail: bool = True


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
    PromiseTooFar when an agent files it without a time that can be promised, FieldsMissing when it
    would be resolved at once without what must be known, and PlaceholderLeft when our letter has
    one that nobody has filled in.
    """
    now = now or timezone.now()
    if inquiry.origin != "customer":
        check_outcome(inquiry.outcome or Outcome(), now=now)
        if inquiry.outcome and inquiry.outcome.solves:
            check_is_described(inquiry.topic.pk if inquiry.topic else None, inquiry.fields)
    if inquiry.origin == "agent_outbound":
        check_is_filled(inquiry.body)
    try:
        with transaction.atomic(savepoint=inquiry.submission_key is not None):
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
    said += [
        f"{each.label}: {in_words(each, value)}"
        for each in definitions().fields_of(Field.Of.TICKET)
        if (value := inquiry.fields.get(each.key)) is not None
        and value != ticket.fields.get(each.key)
    ]
    if inquiry.body != ticket.messages.earliest("pk").body:
        said.append(inquiry.body)
    return "\n\n".join(said)


def _open(inquiry: Inquiry, *, now: datetime) -> Opened:
    customer = hold_customer(inquiry.customer) if inquiry.customer else _identify(inquiry)
    team = inquiry.team or _team_of(inquiry.topic) or default_team()
    number = next_number()
    inquiry = _with_agent(inquiry, team, customer, now=now)
    inquiry = replace(inquiry, wants_acknowledgement=_may_acknowledge(inquiry, customer, now=now))
    clock, reading = _start_clock(inquiry, customer, team, number, now=now)
    ticket = _create_ticket(inquiry, clock, reading, number, now=now)
    message = _create_first_message(inquiry, ticket, now=now)
    link = links.create_link(ticket, now=now)
    has_files = _take_files(inquiry, message, now=now)
    index_opened(ticket, message, has_files=has_files)
    if customer.is_changed and not customer.is_new:
        index_customer(customer)
    events = [EventKind.OPENED, *([EventKind.RESOLVED] if ticket.resolved_at else [])]
    asked = {"thing": _ask(inquiry, ticket, message, now=now)}
    if message.agent is not None:
        send_reply(message, ticket, agent=message.agent, now=now, first_link=link, more=asked)
    elif inquiry.wants_acknowledgement and not _is_too_late(ticket):
        _acknowledge(ticket, link, inquiry.letter, now=now)
        events.append(EventKind.ACKNOWLEDGED)
    _create_events(ticket, events, agent=inquiry.agent, now=now)
    if inquiry.is_given_by_itself and ticket.assignee:
        _tell_of_gift(ticket, ticket.assignee, topic=inquiry.topic, now=now)
    doorbell.announce([clock.path])
    return Opened(ticket, links.token_of(link))


def _ask(
    inquiry: Inquiry, ticket: Ticket, message: Message, *, now: datetime
) -> CustomerTask | None:
    """What an agent asks the customer to do as they open it."""
    if inquiry.outcome is None or inquiry.agent is None:
        return None
    return ask_for(ticket, inquiry.outcome, message=message, by=inquiry.agent, now=now)


def _with_agent(inquiry: Inquiry, team: Team, customer: Customer, *, now: datetime) -> Inquiry:
    """Whoever opens it for the customer says whose it is; otherwise its topic does, and then the
    team's method."""
    topic = inquiry.topic
    first = topic.agent_id if topic and topic.team_id == team.pk else None
    is_theirs_to_say = inquiry.agent is not None and first is None
    if is_theirs_to_say or inquiry.assignee is not None:
        return inquiry
    skill = topic.skill if topic else ""
    agent = choose_agent(team, customer, now=now, first=first, skill=skill)
    return replace(inquiry, assignee=agent, is_given_by_itself=agent is not None)


def _team_of(topic: Topic | None) -> Team | None:
    """Read anew: what is remembered of a topic knows nothing of its team's settings."""
    return Team.objects.get(pk=topic.team_id) if topic else None


def _tell_of_gift(ticket: Ticket, agent: Agent, *, topic: Topic | None, now: datetime) -> None:
    """On the timeline, and to the agent."""
    # Whoever gets them first needs no skill.
    skill = topic.skill if topic and topic.agent_id is None else ""
    event = TicketEvent.objects.create(
        ticket=ticket, kind=EventKind.ASSIGNED, at=now, facts=given_to(agent, skill=skill)
    )
    tell_assignee(ticket, agent, event.pk, now=now)


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
    """The label and the path are what notifications and reports call the matter by. Somebody who
    has not heard from us at once is owed an acknowledgement, if there will be one."""
    is_owed_word = inquiry.wants_acknowledgement and not inquiry.is_told_at_once
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
        is_acknowledged=inquiry.origin == "customer" and not is_owed_word,
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
        let_down_before_id=clock.customer.let_down_on,
        topic_id=inquiry.topic.pk if inquiry.topic else None,
        fields=dict(inquiry.fields),
        assignee=inquiry.assignee,
        priority=inquiry.priority,
        channel=inquiry.channel,
        subject=inquiry.subject,
        reply_address=inquiry.email,
        is_answered_by_mail=inquiry.is_answered_by_mail,
        mailbox=inquiry.letter.mailbox if inquiry.letter else None,
        maybe_belongs_to=inquiry.maybe_belongs_to,
        language=inquiry.language,
        opened_at=now,
        updated_at=now,
        preview=preview_of(inquiry.body),
        is_last_word_ours=inquiry.origin == "agent_outbound",
        resolved_at=now if inquiry.outcome and inquiry.outcome.solves else None,
        awaits_judgement=bool(inquiry.outcome and inquiry.outcome.solves),
        submission_key=inquiry.submission_key,
    )
    copy_reading(ticket, reading)
    ticket.awaits_agent = ticket.assignee is None and team_assigns(clock.team)
    await_act(ticket, now=now)
    ticket.save(force_insert=True)
    return ticket


def _create_first_message(inquiry: Inquiry, ticket: Ticket, *, now: datetime) -> Message:
    is_ours = inquiry.origin == "agent_outbound"
    letter = inquiry.letter
    of_mail = {**letter.message_fields, "invitations": letter.invitations} if letter else {}
    return Message.objects.create(
        ticket=ticket,
        direction=Message.Direction.OUTBOUND if is_ours else Message.Direction.INBOUND,
        channel=inquiry.channel,
        customer=None if is_ours else ticket.customer,
        agent=inquiry.agent if is_ours else None,
        sent_at=now,
        doubt=inquiry.doubt,
        **{"body": inquiry.body, **of_mail},
    )


def _take_files(inquiry: Inquiry, message: Message, *, now: datetime) -> bool:
    """What came with the inquiry; whether there was anything."""
    if inquiry.letter is not None:
        return bool(keep_mail_files(message, inquiry.letter, now=now))
    return inquiry.has_uploads and take_uploads(message, submission_key=inquiry.submission_key)


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


def _may_acknowledge(inquiry: Inquiry, customer: Customer, *, now: datetime) -> bool:
    """Whether to send an acknowledgement: to a person who wrote to us, and has not had their share
    of them lately, nor has everybody of their domain."""
    if inquiry.agent is not None or not (inquiry.email and inquiry.wants_acknowledgement):
        return False
    if customer.wants_no_automatic_mail:
        return False
    if not customer.is_new and not _is_within_share(customer, now=now):
        return False
    # Robots write mail; forms are limited where they are posted.
    return inquiry.channel != Channel.EMAIL or is_within_rate(
        "acknowledgements",
        domain_of(normalize_email(inquiry.email)),
        limit=settings.ACKNOWLEDGEMENTS_PER_DOMAIN_AND_HOUR,
        seconds=3600,
    )


def _is_within_share(customer: Customer, *, now: datetime) -> bool:
    """By customer, not by address: hana@ and HANA@ are one mailbox."""
    an_hour_ago, a_day_ago = now - timedelta(hours=1), now - timedelta(days=1)
    sent = TicketEvent.objects.filter(
        kind=EventKind.ACKNOWLEDGED,
        at__gte=a_day_ago,
        ticket__customer=customer,
        ticket__opened_at__gte=a_day_ago,
    ).aggregate(today=Count("pk"), lately=Count("pk", filter=Q(at__gte=an_hour_ago)))
    return bool(
        sent["lately"] < settings.ACKNOWLEDGEMENTS_PER_HOUR
        and sent["today"] < settings.ACKNOWLEDGEMENTS_PER_DAY
    )


def _is_too_late(ticket: Ticket) -> bool:
    """A mail that waited somewhere for hours: no letter can name a time that has passed."""
    promised = ticket.next_contact_at
    return ticket.channel == Channel.EMAIL and promised is not None and promised < timezone.now()


def _acknowledge(
    ticket: Ticket, link: CustomerLink, letter: Letter | None, *, now: datetime
) -> None:
    """Queue the acknowledgement, in answer to the mail if it came as one.

    It repeats nothing the sender wrote, so a form is of no use for writing to strangers
    (RFC 3834 section 4; reliability_security.md, email bombs).
    """
    write_to_customer(
        ticket,
        "acknowledgement",
        dedupe_key=acknowledgement_key(ticket),
        now=now,
        mailbox=letter.mailbox if letter else None,
        headers={
            **AUTOMATIC,
            "Auto-Submitted": "auto-replied",
            "X-Loop": settings.MAIL_HOST,
            **(in_answer_to(letter.message_ids) if letter else {}),
        },
        first_link=link,
    )
