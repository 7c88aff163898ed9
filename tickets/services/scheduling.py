"""Replies that leave later: no contact until they do, and called off when things have changed."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Agent, Notification
from accounts.notifying import Notice
from accounts.services import notify_agents
from common.templatetags.ui import instant
from sla.models import UNRESOLVED, Status
from sla.selectors import disturb_at
from tickets.events import EventKind
from tickets.exceptions import (
    CannotBeScheduled,
    FieldsMissing,
    PromiseInThePast,
    SomebodyAnswered,
    TicketError,
    TooLateToUndo,
)
from tickets.models import Draft, Message, ScheduledReply, Ticket, TicketEvent
from tickets.services.describing import check_is_described
from tickets.services.drafting import drop_draft, restore_draft
from tickets.services.recording import hold_tickets, lock_ticket, save_change
from tickets.services.replying import (
    FARTHEST_PROMISE,
    Outcome,
    Reply,
    check_is_seen,
    check_outcome,
    filled_in,
    reply_to_customer,
)

logger = structlog.get_logger(__name__)
BATCH = 100


@transaction.atomic
def schedule_reply(
    ticket: Ticket, reply: Reply, *, leaves_at: datetime, agent: Agent, now: datetime | None = None
) -> ScheduledReply:
    """Keep a reply until it leaves. What was promised stays promised until then.

    Raises CannotBeScheduled, PromiseInThePast for a next contact before it leaves, PromiseMissing,
    PlaceholderLeft and SomebodyAnswered as reply_to_customer does. The same submission key is kept
    once.
    """
    ticket = lock_ticket(ticket)
    key = reply.submission_key or uuid4()
    if kept := ticket.scheduled_replies.filter(submission_key=key).first():
        return kept
    now = now or timezone.now()
    if ticket.messages.filter(submission_key=key).exists():
        raise SomebodyAnswered(_("This reply has been sent already."))
    check_is_seen(ticket, reply)
    reply = filled_in(reply, ticket, agent=agent)
    _check_time(ticket, reply, leaves_at=leaves_at, now=now)
    scheduled = ScheduledReply.objects.create(
        ticket=ticket,
        agent=agent,
        body=reply.body,
        ending=reply.ending,
        promise_at=reply.promise_at,
        thing=reply.thing,
        needed_on=reply.needed_on,
        leaves_at=leaves_at,
        written_at=now,
        newest_inbound=_newest_inbound(ticket),
        submission_key=key,
    )
    _tell_timeline(ticket, EventKind.SCHEDULED, scheduled, by=agent, now=now)
    drop_draft(ticket, kind=Draft.Kind.REPLY, agent=agent)
    save_change(ticket, now=now)
    return scheduled


@transaction.atomic
def call_off(scheduled: ScheduledReply, *, by: Agent, now: datetime | None = None) -> None:
    """Do not send it: it is its writer's draft again. Raises TooLateToUndo when it is gone."""
    [ticket] = hold_tickets(scheduled.ticket_id)
    found = ScheduledReply.objects.select_for_update().filter(pk=scheduled.pk).first()
    if found is None:
        raise TooLateToUndo(_("This reply was sent or called off already."))
    _give_back(found, ticket, reason="called_off", by=by, now=now or timezone.now())


def send_scheduled(*, now: datetime | None = None) -> int:
    """Send what is due, and call off what must not be sent any more; return how many were sent.

    Any number of processes may do it: each is taken up once, under the lock of its ticket.
    """
    now = now or timezone.now()
    sent = 0
    for pk in list(_to_take_up(now).values_list("pk", flat=True)[:BATCH]):
        try:
            sent += _take_up(pk, now=now)
        # Whatever is wrong with one ticket, the others are owed their turn.
        except Exception:
            logger.exception("scheduling.reply_failed", scheduled=pk)
    return sent


def _check_time(ticket: Ticket, reply: Reply, *, leaves_at: datetime, now: datetime) -> None:
    if not ticket.is_unresolved:
        raise CannotBeScheduled(
            _("This ticket is resolved. Send the reply now, or reopen it first.")
        )
    if leaves_at <= now:
        raise CannotBeScheduled(_("This time is in the past. Choose a later one."))
    if leaves_at > now + FARTHEST_PROMISE:
        raise CannotBeScheduled(_("This time is more than a year away. Choose an earlier one."))
    if ticket.next_contact_at is not None and ticket.next_contact_at < leaves_at:
        raise CannotBeScheduled(
            _("The customer was promised contact by %(when)s. Let it leave before that.")
            % {"when": instant(ticket.next_contact_at)}
        )
    if reply.promise_at is not None and reply.promise_at <= leaves_at:
        raise PromiseInThePast(_("Promise a time after the one at which the reply leaves."))
    check_outcome(reply, now=leaves_at)
    if reply.solves:
        check_is_described(ticket.topic_id, ticket.fields)


def _newest_inbound(ticket: Ticket) -> int:
    inbound = Message.objects.filter(
        ticket__in=ticket.family(), direction=Message.Direction.INBOUND
    )
    return inbound.order_by("pk").values_list("pk", flat=True).last() or 0


def _to_take_up(now: datetime) -> QuerySet[ScheduledReply]:
    """What is due, and what has been overtaken."""
    newer = Message.objects.filter(
        Q(ticket=OuterRef("ticket")) | Q(ticket__merged_into=OuterRef("ticket")),
        direction=Message.Direction.INBOUND,
        pk__gt=OuterRef("newest_inbound"),
    )
    return ScheduledReply.objects.filter(
        Q(leaves_at__lte=now) | ~Q(ticket__status__in=UNRESOLVED) | Exists(newer)
    ).order_by("leaves_at", "pk")


@transaction.atomic
def _take_up(pk: int, *, now: datetime) -> bool:
    ticket_id = ScheduledReply.objects.filter(pk=pk).values_list("ticket", flat=True).first()
    if ticket_id is None:
        return False
    [ticket] = hold_tickets(ticket_id)
    found = ScheduledReply.objects.select_for_update().select_related("agent")
    scheduled = found.filter(pk=pk).first()
    if scheduled is None:
        return False
    if reason := _overtaken_by(scheduled, ticket):
        _give_back(scheduled, ticket, reason=reason, by=None, now=now)
        return False
    return scheduled.leaves_at <= now and _send(scheduled, ticket, now=now)


def _overtaken_by(scheduled: ScheduledReply, ticket: Ticket) -> str:
    """What has happened since it was written that its writer must think of; empty: nothing."""
    if ticket.status == Status.MERGED:
        return "merged"
    if not ticket.is_unresolved:
        return "resolved"
    return "customer_wrote" if _newest_inbound(ticket) > scheduled.newest_inbound else ""


def _send(scheduled: ScheduledReply, ticket: Ticket, *, now: datetime) -> bool:
    """Say it now, if what it promises lies ahead still."""
    outcome = Outcome.of(
        scheduled.ending,
        promise_at=scheduled.promise_at,
        thing=scheduled.thing,
        needed_on=scheduled.needed_on,
    )
    reply = Reply(
        **vars(outcome),
        body=scheduled.body,
        submission_key=scheduled.submission_key,
        was_scheduled=True,
    )
    try:
        reply_to_customer(ticket, reply, agent=scheduled.agent, now=now)
    except TicketError as refusal:
        reason = "fields_missing" if isinstance(refusal, FieldsMissing) else "too_late"
        _give_back(scheduled, ticket, reason=reason, by=None, now=now)
        return False
    scheduled.delete()
    return True


def _give_back(
    scheduled: ScheduledReply, ticket: Ticket, *, reason: str, by: Agent | None, now: datetime
) -> None:
    """It is a draft again, where the ticket goes on, and its writer hears of it."""
    shown = lock_ticket(ticket) if ticket.merged_into_id else ticket
    restore_draft(
        Draft(
            ticket=shown,
            agent_id=scheduled.agent_id,
            kind=Draft.Kind.REPLY,
            body=scheduled.body,
            submission_key=scheduled.submission_key,
            saved_at=now,
            ending=scheduled.ending,
            promise_at=scheduled.promise_at,
            thing=scheduled.thing,
            needed_on=scheduled.needed_on,
            leaves_at=scheduled.leaves_at,
        )
    )
    _tell_timeline(shown, EventKind.CALLED_OFF, scheduled, by=by, now=now)
    if by is None or by.pk != scheduled.agent_id:
        _tell_writer(scheduled, shown, reason=reason, by=by, now=now)
    scheduled.delete()
    save_change(shown, now=now)


def _tell_timeline(
    ticket: Ticket, kind: EventKind, scheduled: ScheduledReply, *, by: Agent | None, now: datetime
) -> None:
    facts = {"until": scheduled.leaves_at.isoformat()}
    TicketEvent.objects.create(ticket=ticket, kind=kind, at=now, agent=by, facts=facts)


def _tell_writer(
    scheduled: ScheduledReply, ticket: Ticket, *, reason: str, by: Agent | None, now: datetime
) -> None:
    notice = Notice(
        agent_id=scheduled.agent_id,
        kind=Notification.Kind.NOT_SENT,
        label=ticket.clock.label,
        path=ticket.clock.path,
        dedupe_key=f"not_sent:{scheduled.pk}",
        facts={"reason": reason, "by": by.name if by else ""},
        mail_after=disturb_at(ticket.clock.policy_version_id, now=now),
    )
    notify_agents([notice], now=now)
