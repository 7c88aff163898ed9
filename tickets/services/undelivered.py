"""Letters that never arrived: what they seemed to keep is owed again (sla.md 2.9)."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import Notification
from accounts.notifying import Notice
from accounts.services import notify_agents
from mail.failures import reason_of
from mail.models import OutboundEmail
from mail.services import close_report, put_off_report
from sla.models import Status
from sla.selectors import disturb_at
from tickets.events import EventKind
from tickets.models import MAIL_THREAD, THIRD_PARTY_THREAD, Message, Ticket, TicketEvent
from tickets.services.forwarding import take_up_unreached
from tickets.services.recording import (
    hold_tickets,
    holders_of,
    lock_ticket,
    record,
    save_change,
    take_newest_words,
)

logger = structlog.get_logger(__name__)
BATCH = 100


def take_up_failures(*, now: datetime | None = None) -> int:
    """Take up the letters about tickets that failed for good; return how many were looked at.

    Any number of processes may do it: each is taken up once, under the lock of its ticket.
    """
    now = now or timezone.now()
    failed = OutboundEmail.objects.to_report().filter(
        Q(thread__startswith=MAIL_THREAD) | Q(thread__startswith=THIRD_PARTY_THREAD),
        report_after__lte=now,
    )
    found = list(failed.order_by("report_after").values_list("pk", flat=True)[:BATCH])
    for pk in found:
        try:
            _take_up(pk, now=now)
        # Whatever is wrong with one ticket, the others are owed their turn.
        except Exception:
            logger.exception("undelivered.letter_failed", email=pk)
            put_off_report(pk, now=now)
    return len(found)


@transaction.atomic
def _take_up(pk: int, *, now: datetime) -> None:
    """One that was merged meanwhile owes nothing any more; the one that goes on tells of it."""
    email = OutboundEmail.objects.get(pk=pk)
    if email.thread.startswith(THIRD_PARTY_THREAD):
        take_up_unreached(email, now=now)
        return
    [ticket] = hold_tickets(int(email.thread.removeprefix(MAIL_THREAD)))
    shown = lock_ticket(ticket) if ticket.merged_into_id else ticket
    if not close_report(email):
        return
    was_unresolved = ticket.is_unresolved
    message = Message.objects.filter(email=email).first()
    if message is not None:
        _take_back(ticket, "delivery_failed", now=now, outgoing=message.pk)
    elif email.letter == "holding":
        # Nobody told the customer of the later time: the earlier one holds.
        _take_back(ticket, "undone", now=now, undoes=email.dedupe_key)
    is_open_again = ticket.is_unresolved and not was_unresolved
    _tell_timeline(shown, email, is_open_again=is_open_again, now=now)
    _tell_agents(shown, email, message, now=now)
    for each in {ticket, shown}:
        take_newest_words(each)
        save_change(each, now=now)


def _take_back(ticket: Ticket, event: str, *, now: datetime, **data: object) -> None:
    """The ticket as if it had not been; but what was open stays so, for somebody to see."""
    was_unresolved = ticket.is_unresolved
    record(ticket, event, now=now, **data)
    if was_unresolved and not ticket.is_unresolved:
        record(ticket, "status", now=now, to=Status.OPEN)
    if ticket.is_unresolved:
        ticket.resolved_at = None


def _tell_timeline(
    ticket: Ticket, email: OutboundEmail, *, is_open_again: bool, now: datetime
) -> None:
    TicketEvent.objects.create(
        ticket=ticket,
        kind=EventKind.UNDELIVERED,
        at=now,
        facts={
            "letter": email.letter,
            "to": email.to,
            "reason": reason_of(email.last_error),
            "is_open_again": is_open_again,
        },
    )


def _tell_agents(
    ticket: Ticket, email: OutboundEmail, message: Message | None, *, now: datetime
) -> None:
    """Whoever wrote it, and whose ticket it is."""
    author_id = message.agent_id if message else None
    receivers = {*holders_of(ticket), *([author_id] if author_id else [])}
    mail_after = disturb_at(ticket.clock.policy_version_id, now=now)
    notify_agents(
        [
            Notice(
                agent_id=agent_id,
                kind=Notification.Kind.UNDELIVERED,
                label=ticket.clock.label,
                path=ticket.clock.path,
                dedupe_key=f"undelivered:{email.pk}:{agent_id}",
                facts={
                    "letter": email.letter,
                    "customer": ticket.customer.name or email.to,
                    "is_yours": agent_id == author_id,
                },
                mail_after=mail_after,
            )
            for agent_id in sorted(receivers)
        ],
        now=now,
    )
