"""A reply taken back before its letter leaves: as if nothing had been said."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Agent
from mail.services import take_back_email
from sla.models import Status
from sla.working_time import utc_datetime
from tickets.attachments import release_files
from tickets.events import EventKind
from tickets.exceptions import TooLateToUndo
from tickets.models import CustomerTask, Draft, Ending, Message, Ticket, TicketEvent
from tickets.searching.index import forget_message
from tickets.services.chasing import chased_since
from tickets.services.drafting import restore_draft
from tickets.services.recording import (
    ask_again,
    hold_tickets,
    lock_ticket,
    record,
    save_change,
    take_newest_words,
)

ENDINGS = {Status.RESOLVED: Ending.SOLVE, Status.PENDING_CUSTOMER: Ending.ASK}
# How a ticket leaves the queue.
LEAVING = (EventKind.RESOLVED, EventKind.CLOSED, EventKind.MARKED_AS_SPAM)


@transaction.atomic
def take_back(
    message: Message, *, by: Agent, keeps_text: bool = True, now: datetime | None = None
) -> Ticket:
    """Take back a reply of one's own whose letter has not left; its text is the draft again, unless
    it is kept elsewhere.

    The clock counts as if there had been no contact. Whoever took the ticket by answering keeps it,
    and `entry_count` stays: who has seen the reply has not seen what is said in its place.
    Raises TooLateToUndo once the letter may have left.
    """
    [ticket] = hold_tickets(message.ticket_id)
    shown = lock_ticket(ticket) if ticket.merged_into_id else ticket
    now = now or timezone.now()
    message = _still_here(message, ticket, by=by, now=now)
    if keeps_text:
        restore_draft(_draft_of(message, ticket, shown, now=now))
    reopenings = ticket.events.filter(kind=EventKind.REOPENED, at=message.sent_at, agent=by)
    was_reopening = reopenings.exists()
    ticket.reopen_count -= was_reopening
    ticket.chased_at = chased_since(ticket, without=message)
    record(ticket, "undone", now=now, undoes=message.pk)
    ticket.resolved_at = _left_queue_at(ticket, before=message.sent_at)
    ticket.hold_reason = _hold_reason_of(ticket, before=message.sent_at)
    _forget(message)
    ask_again(ticket, ended_at=message.sent_at)
    TicketEvent.objects.create(
        ticket=shown,
        kind=EventKind.TAKEN_BACK,
        at=now,
        agent=by,
        facts={"is_reopening": True} if was_reopening else {},
    )
    for each in {ticket, shown}:
        take_newest_words(each)
        save_change(each, now=now)
    return shown


def _still_here(message: Message, ticket: Ticket, *, by: Agent, now: datetime) -> Message:
    """The message under the lock of its ticket, when its letter has just been stopped."""
    found = ticket.messages.filter(pk=message.pk, agent=by).first()
    if found is None:
        raise TooLateToUndo(_("This reply was taken back already."))
    if found.email_id is None or not take_back_email(found.email_id, now=now):
        raise TooLateToUndo(_("This reply has left already. Write another one to put it right."))
    found.ticket = ticket
    return found


def _draft_of(message: Message, ticket: Ticket, shown: Ticket, *, now: datetime) -> Draft:
    """What was sent, to be sent again, with what was agreed in it."""
    said = ticket.clock.events.get(type="outgoing", data__id=message.pk).data
    asked = CustomerTask.objects.filter(message=message).first() or CustomerTask()
    assert message.agent is not None, "only what an agent wrote can be taken back"  # noqa: S101
    return Draft(
        ticket=shown,
        agent=message.agent,
        kind=Draft.Kind.REPLY,
        body=message.body,
        submission_key=message.submission_key or uuid4(),
        saved_at=now,
        ending=ENDINGS.get(said["status_after"], Ending.PROMISE),
        promise_at=utc_datetime(said["promise_at"]) if "promise_at" in said else None,
        thing=asked.thing,
        needed_on=asked.needed_on,
    )


def _left_queue_at(ticket: Ticket, *, before: datetime) -> datetime | None:
    """When a ticket that is not in the queue now had left it, before the reply."""
    if ticket.is_unresolved:
        return None
    if ticket.status == Status.MERGED:
        return ticket.resolved_at
    left = ticket.events.filter(kind__in=LEAVING, at__lt=before).order_by("at", "pk").last()
    return left.at if left else ticket.resolved_at


def _hold_reason_of(ticket: Ticket, *, before: datetime) -> str:
    """What a ticket that is on hold again has been waiting for, before the reply."""
    if ticket.status != Status.ON_HOLD:
        return ""
    held = ticket.events.filter(kind=EventKind.PUT_ON_HOLD, at__lte=before).order_by("at", "pk")
    last = held.last()
    return str(last.facts.get("reason", "")) if last else ticket.hold_reason


def _forget(message: Message) -> None:
    release_files(message)
    forget_message(message)
    message.delete()
