"""What is said on a ticket: by us, by the customer, and among ourselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Agent, Notification
from accounts.selectors import people_of_teams
from accounts.services import Notice, notify_agents
from customers.models import ContactPoint
from mail.letters import write_letter
from mail.models import OutboundEmail
from mail.services import queue_email
from sla.models import Status
from tickets import links
from tickets.attachments import take_uploads
from tickets.events import EventKind
from tickets.exceptions import (
    PromiseInThePast,
    PromiseMissing,
    PromiseTooFar,
    SomebodyAnswered,
)
from tickets.models import Channel, Message, Note, Ticket, TicketEvent
from tickets.services.recording import lock_ticket, preview_of, record, save_change

Direction = Message.Direction
# Working time is counted day by day: the year 9999 would take minutes.
FARTHEST_PROMISE = timedelta(days=366)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What an agent sends: it solves the ticket, asks the customer something, or names the next
    contact. Who asks may name it too; otherwise the reminders are the promise."""

    body: str
    solves: bool = False
    asks: bool = False
    promise_at: datetime | None = None
    seen_entries: int | None = None
    submission_key: UUID | None = None


@transaction.atomic
def reply_to_customer(
    ticket: Ticket, reply: Reply, *, agent: Agent, now: datetime | None = None
) -> Message:
    """Answer the customer and make the next promise, or solve the ticket.

    Raises PromiseMissing without a promise on a ticket that stays open, PromiseInThePast, PromiseTooFar and
    SomebodyAnswered when the thread has moved on since `seen_entries`. The same submission key
    sends once.
    """
    ticket = lock_ticket(ticket)
    if sent := _sent_before(ticket, reply.submission_key):
        return sent
    now = now or timezone.now()
    _check(ticket, reply, now=now)
    if ticket.assignee is None:
        _take(ticket, agent, now=now)
    message = _say(ticket, reply, agent, now=now)
    ticket.preview, ticket.is_last_word_ours = preview_of(reply.body), True
    ticket.entry_count += 1
    save_change(ticket, now=now)
    return message


@transaction.atomic
def receive_reply(
    ticket: Ticket,
    *,
    body: str,
    channel: str = Channel.WEB,
    submission_key: UUID | None = None,
    now: datetime | None = None,
) -> Message:
    """Take in what the customer wrote. On a resolved ticket it reopens it, with a new promise."""
    ticket = lock_ticket(ticket)
    if received := _sent_before(ticket, submission_key):
        return received
    now = now or timezone.now()
    was_resolved = not ticket.is_unresolved
    event = record(ticket, "customer_message", now=now)
    message = Message.objects.create(
        ticket=ticket,
        direction=Direction.INBOUND,
        channel=channel,
        customer=ticket.customer,
        body=body,
        sent_at=now,
        submission_key=submission_key,
    )
    if submission_key:
        take_uploads(message, submission_key=submission_key)
    if was_resolved and event.status == Status.OPEN:
        _mark_reopened(ticket, agent=None, now=now)
    ticket.preview, ticket.is_last_word_ours = preview_of(body), False
    ticket.entry_count += 1
    save_change(ticket, now=now)
    _tell_holders(ticket, message, now=now)
    return message


@transaction.atomic
def add_note(
    ticket: Ticket,
    *,
    body: str,
    agent: Agent,
    submission_key: UUID | None = None,
    now: datetime | None = None,
) -> Note:
    """Write something only colleagues will ever read. No clock moves."""
    ticket = lock_ticket(ticket)
    if submission_key and (written := ticket.notes.filter(submission_key=submission_key).first()):
        return written
    now = now or timezone.now()
    note = Note.objects.create(
        ticket=ticket, agent=agent, body=body, written_at=now, submission_key=submission_key
    )
    ticket.entry_count += 1
    save_change(ticket, now=now)
    return note


def _mark_reopened(ticket: Ticket, *, agent: Agent | None, now: datetime) -> None:
    ticket.reopen_count += 1
    ticket.resolved_at = None
    TicketEvent.objects.create(ticket=ticket, kind=EventKind.REOPENED, at=now, agent=agent)


def _sent_before(ticket: Ticket, submission_key: UUID | None) -> Message | None:
    if submission_key is None:
        return None
    return ticket.messages.filter(submission_key=submission_key).first()


def _check(ticket: Ticket, reply: Reply, *, now: datetime) -> None:
    if reply.seen_entries is not None and ticket.entry_count != reply.seen_entries:
        raise SomebodyAnswered(
            _("Something new was said on this ticket. Read it first; your text is kept.")
        )
    if reply.solves:
        return
    if reply.promise_at is None and not reply.asks:
        raise PromiseMissing(_("Say when the customer will hear from you next."))
    if reply.promise_at is not None and reply.promise_at <= now:
        raise PromiseInThePast(_("This time is in the past. Choose a later one."))
    if reply.promise_at is not None and reply.promise_at > now + FARTHEST_PROMISE:
        raise PromiseTooFar(_("This time is more than a year away. Choose an earlier one."))


def _take(ticket: Ticket, agent: Agent, *, now: datetime) -> None:
    """Whoever answers an unassigned ticket has it."""
    ticket.assignee = ticket.clock.owner = agent
    ticket.clock.save(update_fields=["owner"])
    TicketEvent.objects.create(
        ticket=ticket,
        kind=EventKind.ASSIGNED,
        at=now,
        agent=agent,
        facts={"to": agent.pk, "to_name": agent.name},
    )


def _say(ticket: Ticket, reply: Reply, agent: Agent, *, now: datetime) -> Message:
    message = Message.objects.create(
        ticket=ticket,
        direction=Direction.OUTBOUND,
        channel=Channel.EMAIL,
        agent=agent,
        body=reply.body,
        sent_at=now,
        submission_key=reply.submission_key,
    )
    was_resolved = not ticket.is_unresolved
    record(
        ticket,
        "outgoing",
        now=now,
        id=message.pk,
        status_after=_status_after(reply),
        **({"promise_at": reply.promise_at} if reply.promise_at and not reply.solves else {}),
    )
    if reply.solves:
        ticket.resolved_at = now
        TicketEvent.objects.create(ticket=ticket, kind=EventKind.RESOLVED, at=now, agent=agent)
    elif was_resolved:
        _mark_reopened(ticket, agent=agent, now=now)
    message.email = _queue_reply(ticket, message, agent, now=now)
    message.save(update_fields=["email"])
    return message


def _status_after(reply: Reply) -> Status:
    if reply.solves:
        return Status.RESOLVED
    return Status.PENDING_CUSTOMER if reply.asks else Status.OPEN


def _queue_reply(
    ticket: Ticket, message: Message, agent: Agent, *, now: datetime
) -> OutboundEmail | None:
    acknowledgement = OutboundEmail.objects.filter(
        dedupe_key=f"acknowledgement:{ticket.pk}"
    ).first()
    address = acknowledgement.to if acknowledgement else _first_address(ticket)
    if not address:
        return None
    letter = write_letter(
        "reply",
        language=ticket.language,
        time_zone=ticket.customer.time_zone,
        context={
            "ticket": ticket,
            "body": message.body.strip(),
            "agent": agent,
            "customer_name": _bare_name(ticket.customer.name),
            "link": links.url_for(ticket, now=now),
            "brand": settings.BRAND_NAME,
        },
    )
    return queue_email(
        to=address,
        letter=letter,
        dedupe_key=f"reply:{message.pk}",
        language=ticket.language,
        now=now,
        headers=_thread_headers(ticket, acknowledgement),
    )


def _first_address(ticket: Ticket) -> str:
    """Where to write when the inquiry brought no address of its own; empty when nowhere."""
    point = ticket.customer.contact_points.filter(kind=ContactPoint.Kind.EMAIL).first()
    return point.value if point else ""


def _bare_name(name: str) -> str:
    """The name without a 様 of the customer's own; the letter adds its own."""
    return name.strip().removesuffix("様").rstrip()


def _thread_headers(ticket: Ticket, acknowledgement: OutboundEmail | None) -> dict[str, str]:
    """Tie the letter to what went out before, so that mail programs show one conversation."""
    earlier = list(
        OutboundEmail.objects.filter(messages__ticket=ticket)
        .order_by("queued_at")
        .values_list("message_id", flat=True)
    )
    chain = ([acknowledgement.message_id] if acknowledgement else []) + earlier
    if not chain:
        return {}
    return {"In-Reply-To": chain[-1], "References": " ".join(chain[-20:])}


def _tell_holders(ticket: Ticket, message: Message, *, now: datetime) -> None:
    """The assignee hears that the customer wrote; of an unassigned ticket, the team."""
    if ticket.assignee_id:
        receivers = [ticket.assignee_id]
    else:
        receivers = people_of_teams([ticket.team_id])[ticket.team_id].members
    notify_agents(
        [
            Notice(
                agent_id=agent_id,
                kind=Notification.Kind.CUSTOMER_REPLIED,
                label=ticket.clock.label,
                path=ticket.clock.path,
                dedupe_key=f"replied:{message.pk}:{agent_id}",
            )
            for agent_id in receivers
        ],
        now=now,
    )
