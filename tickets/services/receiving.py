"""What becomes of a mail: a ticket, a message on one, a report taken to heart, or nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import NAMESPACE_OID, uuid5

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Agent, Notification
from common.prepared import prepared
from mail.blocking import is_blocked
from mail.message_ids import is_ours
from mail.models import InboundEmail
from sla.models import Status
from sla.selectors import suggested_promises
from tickets.attachments import keep_mail_files
from tickets.belonging import Evidence, Place, is_participant, place_of
from tickets.events import EventKind
from tickets.incoming import Letter, is_own
from tickets.models import MAIL_THREAD, Channel, Message, Ticket, TicketEvent
from tickets.searching.index import index_message
from tickets.services.bouncing import take_complaint, take_report
from tickets.services.forwarding import take_answer
from tickets.services.opening import Inquiry, open_ticket
from tickets.services.participating import suggest_participants
from tickets.services.recording import (
    holders_of,
    lock_ticket,
    save_change,
    tell_agents,
)
from tickets.services.replying import Reply, hear, reply_to_customer, tell_holders
from tickets.third_parties import answered_by

logger = structlog.get_logger(__name__)
Doubt = Message.Doubt
InMail = InboundEmail.Outcome
FLOOD_WINDOW = timedelta(minutes=10)


def receive(letter: Letter, *, now: datetime) -> None:
    """Do what the mail is for, and note on its row what that was."""
    if is_own(letter) or is_ours(letter.mail.message_id):
        logger.info("mail.own_came_back", email=letter.email.pk)
        letter.email.outcome = InMail.OWN
    elif letter.mail.complaint is not None:
        take_complaint(letter, letter.mail.complaint, now=now)
        letter.email.outcome = InMail.REPORT
    elif letter.mail.report is not None:
        take_report(letter, letter.mail.report, now=now)
        letter.email.outcome = InMail.REPORT
    elif is_blocked(letter.sender, letter.mailboxes.blocked):
        letter.email.state = InboundEmail.State.BLOCKED
    elif (sent := answered_by(letter)) is not None:
        take_answer(sent, letter, now=now)
    else:
        _receive_at(place_of(letter), letter, now=now)


def open_from(letter: Letter, *, maybe: Ticket | None = None, now: datetime) -> Ticket:
    """A new ticket from the mail, whatever it may have been."""
    doubt = Doubt.UNVERIFIED if letter.is_forged else _doubt_of_new(letter)
    ticket = open_ticket(
        Inquiry(
            subject=letter.subject,
            body=letter.body,
            channel=Channel.EMAIL,
            language=letter.language,
            email=letter.mail.from_email if "@" in letter.mail.from_email else "",
            name=letter.mail.from_name[:100],
            team=letter.mailbox.team,
            is_told_at_once=False,
            has_uploads=False,
            letter=letter,
            doubt=doubt,
            maybe_belongs_to=maybe,
            wants_acknowledgement=_may_be_answered(letter),
        ),
        now=letter.arrived_at,
    ).ticket
    suggest_participants(ticket, letter, doubt=doubt, now=now)
    _note(letter, InMail.OPENED, ticket)
    return ticket


@transaction.atomic
def accept_message(message: Message, *, by: Agent, now: datetime | None = None) -> Message:
    """The message is what it says: from here on it counts as the customer's word."""
    ticket = lock_ticket(message.ticket)
    message = Message.objects.select_for_update().get(pk=message.pk)
    now = now or timezone.now()
    if not message.doubt:
        return message
    if message.doubt != Doubt.STRANGER and message.is_hidden and not message.is_auto:
        hear(ticket, message, has_files=message.attachments.exists(), at=now, now=now)
    message.doubt, message.is_hidden = "", False
    message.save(update_fields=["doubt", "is_hidden"])
    TicketEvent.objects.create(
        ticket=ticket,
        kind=EventKind.MAIL_ACCEPTED,
        at=now,
        agent=by,
        facts={"from": message.from_email},
    )
    save_change(ticket, now=now)
    return message


def _receive_at(place: Place, letter: Letter, *, now: datetime) -> None:
    if place.is_contradictory:
        _hold_back(letter, InboundEmail.Reason.CONFLICT, place.maybe)
    elif place.evidence == Evidence.TAG and letter.is_forged:
        _hold_back(letter, InboundEmail.Reason.UNVERIFIED, place.ticket)
    elif place.ticket is None:
        _open_or_gather(letter, maybe=place.maybe, now=now)
    elif (agent := _answering_agent(place, letter)) is not None:
        _reply_as(agent, place.ticket, letter, now=now)
    elif _takes_more(place.ticket, letter):
        _add(place.ticket, letter, now=now)
    else:
        _open_or_gather(letter, maybe=place.ticket, now=now)


def _hold_back(letter: Letter, reason: str, ticket: Ticket | None) -> None:
    logger.warning("mail.held_back", email=letter.email.pk, reason=reason)
    letter.email.state, letter.email.reason = InboundEmail.State.QUARANTINED, reason
    letter.email.thread = ticket.mail_thread if ticket else ""


def _note(letter: Letter, outcome: str, ticket: Ticket) -> None:
    letter.email.outcome, letter.email.thread = outcome, ticket.mail_thread


# On a ticket --------------------------------------------------------------------------------------


def _takes_more(ticket: Ticket, letter: Letter) -> bool:
    """What was resolved long ago stays so, and what comes then is a new matter; but nobody opens one
    for an answering machine or for somebody who may be anybody."""
    if ticket.is_unresolved or ticket.resolved_at is None:
        return True
    if letter.is_auto or letter.is_forged or ticket.status == Status.SPAM:
        return True
    return letter.arrived_at <= ticket.resolved_at + timedelta(days=settings.REOPEN_WITHIN_DAYS)


def _add(ticket: Ticket, letter: Letter, *, now: datetime) -> Message:
    """A further message. A machine's word and a doubtful one move no clock and wake nobody up."""
    ticket = lock_ticket(ticket)
    doubt = _doubt(ticket, letter)
    # What was said since counts as said before it: whoever said it had not read this.
    at = letter.arrived_at if letter.arrived_at >= ticket.updated_at else now
    message = _create_message(ticket, letter, doubt=doubt, at=at)
    if not letter.is_auto and doubt in {"", Doubt.STRANGER}:
        hear(ticket, message, has_files=bool(letter.kept_files), at=at, now=now)
    ticket.entry_count += 1
    save_change(ticket, now=now)
    suggest_participants(ticket, letter, doubt=doubt, now=now)
    if not letter.is_auto:
        tell_holders(ticket, message, now=now)
    _note(letter, InMail.ADDED, ticket)
    return message


def _create_message(ticket: Ticket, letter: Letter, *, doubt: str, at: datetime) -> Message:
    message = Message.objects.create(
        ticket=ticket,
        direction=Message.Direction.INBOUND,
        channel=Channel.EMAIL,
        customer=None if doubt else ticket.customer,
        sent_at=at,
        doubt=doubt,
        is_hidden=bool(doubt),
        **letter.message_fields,
        invitations=letter.invitations,
    )
    has_files = bool(keep_mail_files(message, letter, now=at))
    index_message(message, has_files=has_files)
    return message


def _doubt(ticket: Ticket, letter: Letter) -> str:
    if letter.is_forged:
        return Doubt.UNVERIFIED
    if is_participant(ticket, letter.sender):
        return ""
    return Doubt.AGENT if _agent(letter) else Doubt.STRANGER


def _doubt_of_new(letter: Letter) -> str:
    """Colleagues may have a matter of their own; but who says so must be one."""
    return Doubt.AGENT if not letter.is_verified and _agent(letter) else ""


def _agent(letter: Letter) -> Agent | None:
    return next(iter(_agents_at(letter.sender)), None)


@prepared
def _agents_at(address: str) -> QuerySet[Agent]:
    return Agent.objects.filter(email__iexact=address, is_active=True).order_by("pk")[:1]


# Agents' answers from their own mail program -----------------------------------------------------


def _answering_agent(place: Place, letter: Letter) -> Agent | None:
    """The agent whose answer this surely is: to a letter that only they got."""
    told = place.agent_letter
    if told is None or letter.is_auto or not letter.is_verified:
        return None
    if not letter.mailbox.takes_agent_replies or told.to.lower() != letter.sender:
        return None
    agent = _agent(letter)
    if agent is None or place.ticket is None:
        return None
    return agent if Ticket.objects.visible_to(agent).filter(pk=place.ticket.pk).exists() else None


def _reply_as(agent: Agent, ticket: Ticket, letter: Letter, *, now: datetime) -> None:
    """Their words go to the customer. What was promised stays; what is over is promised anew."""
    promise_at = ticket.next_contact_at
    if promise_at is None or promise_at <= now:
        policy = ticket.clock.policy_version_id
        promise_at = suggested_promises(policy, ticket.priority, now=now)[0]
    reply_to_customer(
        ticket,
        Reply(
            body=letter.body,
            promise_at=promise_at,
            submission_key=uuid5(NAMESPACE_OID, f"mail:{letter.email.pk}"),
        ),
        agent=agent,
        now=now,
    )
    _note(letter, InMail.ADDED, ticket)


# New tickets --------------------------------------------------------------------------------------


def _open_or_gather(letter: Letter, *, maybe: Ticket | None, now: datetime) -> None:
    """A ticket of its own, unless the sender has sent so many that they are one matter."""
    gathering = _flooded_ticket(letter, now=now)
    if gathering is None:
        open_from(letter, maybe=maybe, now=now)
    else:
        _gather(gathering, letter, now=now)


def _may_be_answered(letter: Letter) -> bool:
    """Never a machine, never an address that somebody else has used, and one mail once."""
    if letter.is_auto or letter.is_forged:
        return False
    return not any(
        each.outcome == InMail.OPENED and each.from_email == letter.email.from_email
        for each in letter.alike
    )


def _flooded_ticket(letter: Letter, *, now: datetime) -> Ticket | None:
    """The ticket that takes what comes from a sender who opened too many in ten minutes."""
    outcomes = _opened_by(letter.email.from_email, since=now - FLOOD_WINDOW)
    opened = [thread for outcome, thread in outcomes if outcome == InMail.OPENED]
    gathered = [thread for outcome, thread in outcomes if outcome == InMail.FLOOD]
    if len(opened) < settings.TICKET_FLOOD and not gathered:
        return None
    thread = (gathered or opened)[-1]
    return Ticket.objects.filter(pk=int(thread.removeprefix(MAIL_THREAD))).first()


@prepared
def _opened_by(sender: str, *, since: datetime) -> QuerySet[InboundEmail, tuple[str, str]]:
    """What became of a sender's mails that became something new, and where that is."""
    lately = InboundEmail.objects.filter(
        from_email=sender, outcome__in=[InMail.OPENED, InMail.FLOOD], filed_at__gte=since
    )
    return lately.order_by("pk").values_list("outcome", "thread")


def _gather(ticket: Ticket, letter: Letter, *, now: datetime) -> None:
    """One message more on the one ticket, without a word to anybody but once to its agents."""
    ticket = lock_ticket(ticket)
    _create_message(ticket, letter, doubt=Doubt.UNVERIFIED if letter.is_forged else "", at=now)
    ticket.entry_count += 1
    if not ticket.events.filter(kind=EventKind.FLOODED).exists():
        facts = {"from": letter.mail.from_email}
        TicketEvent.objects.create(ticket=ticket, kind=EventKind.FLOODED, at=now, facts=facts)
        _tell_of_flood(ticket, now=now)
    save_change(ticket, now=now)
    _note(letter, InMail.FLOOD, ticket)


def _tell_of_flood(ticket: Ticket, *, now: datetime) -> None:
    tell_agents(
        ticket,
        holders_of(ticket),
        kind=Notification.Kind.FLOODED,
        key=f"flood:{ticket.pk}",
        now=now,
    )
