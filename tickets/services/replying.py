"""What is said on a ticket: by us, by the customer, and among ourselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Self
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Agent, Notification
from sla.models import Status
from tickets.attachments import enclosures, take_uploads
from tickets.events import EventKind
from tickets.exceptions import (
    PromiseInThePast,
    PromiseMissing,
    PromiseTooFar,
    SomebodyAnswered,
)
from tickets.macros import ready_to_send
from tickets.models import (
    Channel,
    CustomerLink,
    CustomerTask,
    Draft,
    Ending,
    Message,
    Note,
    Ticket,
    TicketEvent,
)
from tickets.ratings import Asked
from tickets.searching.index import index_message, index_note
from tickets.services.assigning import await_act
from tickets.services.chasing import understand
from tickets.services.describing import check_is_described
from tickets.services.drafting import drop_draft
from tickets.services.following import people_mentioned, tell_followers, tell_mentioned
from tickets.services.handing_over import accept_brief
from tickets.services.participating import addresses_in_cc
from tickets.services.rating import ask_for_rating
from tickets.services.recording import (
    end_customer_task,
    holders_of,
    lock_ticket,
    preview_of,
    put_in_hands,
    record,
    record_past,
    save_change,
    tell_agents,
)
from tickets.services.writing import write_to_customer

Direction = Message.Direction
# Working time is counted day by day: the year 9999 would take minutes.
FARTHEST_PROMISE = timedelta(days=366)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a contact with the customer ends: it solves the ticket, asks the customer something, or
    names the next contact. Who asks may name it too; otherwise the reminders are the promise.

    `thing` is what we ask the customer to do, and `needed_on` by which day that would help."""

    solves: bool = False
    asks: bool = False
    promise_at: datetime | None = None
    thing: str = ""
    needed_on: date | None = None

    @classmethod
    def of(
        cls,
        ending: str,
        *,
        promise_at: datetime | None,
        thing: str = "",
        needed_on: date | None = None,
    ) -> Self:
        return cls(
            solves=ending == Ending.SOLVE,
            asks=ending == Ending.ASK,
            promise_at=promise_at,
            thing=thing,
            needed_on=needed_on,
        )

    @property
    def ending(self) -> Ending:
        if self.solves:
            return Ending.SOLVE
        return Ending.ASK if self.asks else Ending.PROMISE

    @property
    def status_after(self) -> Status:
        if self.solves:
            return Status.RESOLVED
        return Status.PENDING_CUSTOMER if self.asks else Status.OPEN

    def for_clock(self) -> dict[str, object]:
        """What the clock is told about it."""
        promise = {"promise_at": self.promise_at} if self.promise_at and not self.solves else {}
        return {"status_after": self.status_after, **promise}


@dataclass(frozen=True, kw_only=True)
class Reply(Outcome):
    """What an agent says. On the telephone it has been heard already, and no letter goes out."""

    body: str
    channel: str = Channel.EMAIL
    seen_entries: int | None = None
    submission_key: UUID | None = None
    # Written before and kept until now: it leaves at once, and what is being written stays.
    was_scheduled: bool = False
    # One of many: so long it can be taken back, and what is being written stays.
    waits: timedelta | None = None

    @property
    def pause(self) -> timedelta:
        """How long its letter can be taken back."""
        if self.was_scheduled:
            return timedelta()
        return self.waits or timedelta(seconds=settings.UNDO_SEND_SECONDS)


@transaction.atomic
def reply_to_customer(
    ticket: Ticket, reply: Reply, *, agent: Agent, now: datetime | None = None
) -> Message:
    """Answer the customer, in writing or by telephone, and make the next promise, or solve.

    Raises PromiseMissing without a promise on a ticket that stays open, PromiseInThePast, PromiseTooFar and
    SomebodyAnswered when the thread has moved on since `seen_entries`, and PlaceholderLeft when
    something in {{ }} cannot be filled in, and FieldsMissing when it solves and something that must
    be known is not. The same submission key sends once.
    """
    ticket = lock_ticket(ticket)
    reply = filled_in(reply, ticket, agent=agent)
    if sent := _sent_before(ticket, reply.submission_key):
        if sent.body.split() != reply.body.split():
            raise SomebodyAnswered(
                _("This reply has been sent already, in other words. Read it; your text is kept.")
            )
        return sent
    now = now or timezone.now()
    _check(ticket, reply, now=now)
    if ticket.assignee is None:
        _take(ticket, agent, now=now)
    message = _say(ticket, reply, agent, now=now)
    accept_brief(ticket, by=agent, now=now)
    ticket.preview, ticket.is_last_word_ours = preview_of(reply.body), True
    ticket.entry_count += 1
    save_change(ticket, now=now)
    if reply.channel == Channel.EMAIL and not (reply.was_scheduled or reply.waits):
        drop_draft(ticket, kind=Draft.Kind.REPLY, agent=agent)
    return message


@transaction.atomic
def log_missed_call(
    ticket: Ticket,
    *,
    words: str = "",
    agent: Agent,
    submission_key: UUID | None = None,
    now: datetime | None = None,
) -> TicketEvent:
    """Remember that the customer was called and not reached. No clock moves: nobody was in contact.

    The same submission key is remembered once.
    """
    ticket = lock_ticket(ticket)
    key = str(submission_key or "")
    missed = ticket.events.filter(kind=EventKind.CALL_MISSED)
    if key and (logged := missed.filter(facts__key=key).first()):
        return logged
    now = now or timezone.now()
    event = TicketEvent.objects.create(
        ticket=ticket,
        kind=EventKind.CALL_MISSED,
        at=now,
        agent=agent,
        facts={"reason": " ".join(words.split()), "key": key},
    )
    save_change(ticket, now=now)
    return event


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
    message = Message.objects.create(
        ticket=ticket,
        direction=Direction.INBOUND,
        channel=channel,
        customer=ticket.customer,
        body=body,
        sent_at=now,
        submission_key=submission_key,
    )
    has_files = take_uploads(message, submission_key=submission_key)
    index_message(message, has_files=has_files)
    hear(ticket, message, has_files=has_files, at=now, now=now)
    ticket.entry_count += 1
    save_change(ticket, now=now)
    tell_holders(ticket, message, now=now)
    return message


def hear(ticket: Ticket, message: Message, *, has_files: bool, at: datetime, now: datetime) -> None:
    """The customer is in contact, as of `at`. A bare thanks moves nothing, and reopens nothing. Save
    the ticket afterwards."""
    ticket.preview, ticket.is_last_word_ours = preview_of(message.body), False
    was_resolved = not ticket.is_unresolved
    if not understand(ticket, message, has_files=has_files):
        return
    reading = record_past(ticket, "customer_message", at=at, now=now, id=f"message:{message.pk}")
    if was_resolved and reading.status == Status.OPEN:
        mark_reopened(ticket, agent=None, now=now)
    await_act(ticket, now=now)


@transaction.atomic
def add_note(
    ticket: Ticket,
    *,
    body: str,
    agent: Agent,
    submission_key: UUID | None = None,
    now: datetime | None = None,
) -> Note:
    """Write something only colleagues will ever read. No clock moves; whoever it mentions hears of
    it. Raises CannotBeMentioned."""
    ticket = lock_ticket(ticket)
    if submission_key and (written := ticket.notes.filter(submission_key=submission_key).first()):
        return written
    now = now or timezone.now()
    mentioned = people_mentioned(body, ticket=ticket)
    note = Note.objects.create(
        ticket=ticket,
        agent=agent,
        body=body,
        mentions=list(mentioned),
        written_at=now,
        submission_key=submission_key,
    )
    index_note(note)
    ticket.entry_count += 1
    save_change(ticket, now=now)
    drop_draft(ticket, kind=Draft.Kind.NOTE, agent=agent)
    tell_mentioned(note, ticket, chain(*mentioned.values()), by=agent, now=now)
    return note


def mark_reopened(ticket: Ticket, *, agent: Agent | None, now: datetime) -> None:
    """Note that what was resolved is open again. Save the ticket afterwards."""
    ticket.reopen_count += 1
    ticket.resolved_at = None
    TicketEvent.objects.create(ticket=ticket, kind=EventKind.REOPENED, at=now, agent=agent)


def filled_in(reply: Reply, ticket: Ticket, *, agent: Agent) -> Reply:
    """The reply as the customer gets it. Raises PlaceholderLeft."""
    promise_at = None if reply.solves else reply.promise_at
    body = ready_to_send(reply.body, ticket, agent=agent, promise_at=promise_at)
    return replace(reply, body=body)


def _sent_before(ticket: Ticket, submission_key: UUID | None) -> Message | None:
    if submission_key is None:
        return None
    return ticket.messages.filter(submission_key=submission_key).first()


def _check(ticket: Ticket, reply: Reply, *, now: datetime) -> None:
    check_is_seen(ticket, reply)
    check_outcome(reply, now=now)
    if reply.solves and ticket.is_unresolved:
        check_is_described(ticket.topic_id, ticket.fields)


def check_is_seen(ticket: Ticket, reply: Reply) -> None:
    """Raises SomebodyAnswered when its writer has not seen all that was said."""
    if reply.seen_entries is not None and ticket.entry_count != reply.seen_entries:
        raise SomebodyAnswered(
            _("Something new was said on this ticket. Read it first; your text is kept.")
        )


def check_outcome(outcome: Outcome, *, now: datetime) -> None:
    """Raises PromiseMissing, PromiseInThePast or PromiseTooFar when it leaves the customer without
    a time that can be kept."""
    if outcome.solves:
        return
    if outcome.promise_at is None and not outcome.asks:
        raise PromiseMissing(_("Say when the customer will hear from you next."))
    if outcome.promise_at is not None and outcome.promise_at <= now:
        raise PromiseInThePast(_("This time is in the past. Choose a later one."))
    if outcome.promise_at is not None and outcome.promise_at > now + FARTHEST_PROMISE:
        raise PromiseTooFar(_("This time is more than a year away. Choose an earlier one."))


def _take(ticket: Ticket, agent: Agent, *, now: datetime) -> None:
    """Whoever answers an unassigned ticket has it."""
    put_in_hands(ticket, agent, now=now)
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
        channel=_channel_of(reply, ticket),
        agent=agent,
        body=reply.body,
        sent_at=now,
        submission_key=reply.submission_key,
    )
    has_files = take_uploads(message, submission_key=reply.submission_key)
    index_message(message, has_files=has_files)
    was_resolved = not ticket.is_unresolved
    record(ticket, "outgoing", now=now, id=message.pk, **reply.for_clock())
    if reply.solves:
        ticket.resolved_at = now
        TicketEvent.objects.create(ticket=ticket, kind=EventKind.RESOLVED, at=now, agent=agent)
        tell_followers(ticket, "resolved", key=message.pk, by=agent, now=now)
    elif was_resolved:
        mark_reopened(ticket, agent=agent, now=now)
    task = ask_for(ticket, reply, message=message, by=agent, now=now)
    if reply.channel == Channel.EMAIL:
        rating = ask_for_rating(ticket, message=message, now=now) if reply.solves else None
        send_reply(
            message,
            ticket,
            agent=agent,
            now=now,
            leaves_at=now + reply.pause,
            more={"thing": task, "rating": rating and Asked.of(rating)},
        )
    return message


def _channel_of(reply: Reply, ticket: Ticket) -> str:
    """What is written leaves as a letter, or by the channel it came by."""
    is_letter = reply.channel == Channel.EMAIL
    return Channel.API if is_letter and not ticket.is_answered_by_mail else reply.channel


def ask_for(
    ticket: Ticket, outcome: Outcome, *, message: Message, by: Agent, now: datetime
) -> CustomerTask | None:
    """Remember what the customer is asked to do with this message, in the place of what they were
    asked before; None when it names no such thing."""
    if not (outcome.asks and outcome.thing.strip()):
        return None
    end_customer_task(ticket, ending=CustomerTask.Ending.REPLACED, now=now)
    return CustomerTask.objects.create(
        ticket=ticket,
        message=message,
        thing=preview_of(outcome.thing),
        needed_on=outcome.needed_on,
        asked_at=now,
        asked_by=by,
    )


def send_reply(  # noqa: PLR0913 - all of it is what a letter is
    message: Message,
    ticket: Ticket,
    *,
    agent: Agent,
    now: datetime,
    first_link: CustomerLink | None = None,
    leaves_at: datetime | None = None,
    more: Mapping[str, object] | None = None,
) -> None:
    """Queue the letter that carries the message, with what is asked beside it; `first_link` when it
    is the first of all."""
    message.email = write_to_customer(
        ticket,
        "reply",
        dedupe_key=f"reply:{message.pk}",
        now=now,
        context={"body": message.body.strip(), "agent": agent, **(more or {})},
        first_link=first_link,
        cc=[] if first_link else addresses_in_cc(ticket),
        leaves_at=leaves_at,
        files=enclosures(message),
    )
    message.save(update_fields=["email"])


def tell_holders(ticket: Ticket, message: Message, *, now: datetime) -> None:
    """The assignee hears that the customer wrote; of an unassigned ticket, the team; and those who
    follow it."""
    tell_agents(
        ticket,
        holders_of(ticket),
        kind=Notification.Kind.CUSTOMER_REPLIED,
        key=f"replied:{message.pk}",
        now=now,
    )
    tell_followers(ticket, "replied", key=message.pk, now=now)
