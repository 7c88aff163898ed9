"""What mail servers and providers report about our letters: not delivered, late, unwanted.

A report counts only if it names a letter of ours, which nobody can guess, and somebody it went to.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import structlog

from customers.models import ContactPoint
from customers.normalizing import normalize_email
from customers.services import clear_address, flag_address
from mail.message_ids import is_ours
from mail.models import OutboundEmail
from mail.reading.automatic import DeliveryReport
from mail.reading.complaints import Complaint
from mail.services import mark_undelivered
from tickets.events import EventKind
from tickets.incoming import Letter
from tickets.models import MAIL_THREAD, Ticket, TicketEvent
from tickets.services.recording import lock_ticket, save_change

logger = structlog.get_logger(__name__)
State = ContactPoint.State
NO_SUCH_MAILBOX = re.compile(r"^5\.1\.(?:1|2|3|6|10)$|^5\.2\.1$")
OTHER_FAILURES = 3
LATELY = timedelta(days=7)


def take_report(letter: Letter, report: DeliveryReport, *, now: datetime) -> None:
    """What a report that came by mail says of a letter of ours; others are only written down."""
    original = _original(report.original_message_id)
    recipient = _recipient(original, report.final_recipient, report.original_recipient)
    if original is None or not recipient:
        logger.warning("mail.report_of_no_letter", email=letter.email.pk)
        return
    letter.email.thread = original.thread
    error = f"{report.status} {report.diagnostic}".strip()
    if report.action == "failed":
        letter_failed(original, recipient, error=error, status=report.status, now=now)
    elif report.action == "delayed":
        _tell(original, EventKind.DELAYED, recipient, now=now)
    else:
        clear_address(recipient)


def take_complaint(letter: Letter, complaint: Complaint, *, now: datetime) -> None:
    """Somebody does not want our mail: machines write to them no more."""
    original = _original(complaint.original_message_id)
    if original is None:
        logger.warning("mail.report_of_no_letter", email=letter.email.pk)
        return
    letter.email.thread = original.thread
    # Providers often leave out who complained.
    recipient = _recipient(original, complaint.recipient) or normalize_email(original.to)
    address_complained(original, recipient, now=now)


def letter_failed(
    original: OutboundEmail, recipient: str, *, error: str, status: str, now: datetime
) -> None:
    """A letter of ours did not arrive after all: what it seemed to keep is owed again.

    `error` is what the other side said, `status` its code (RFC 3463) if it gave one.
    """
    if recipient == normalize_email(original.to):
        mark_undelivered(original, error=error, now=now)
    else:
        _tell(original, EventKind.NOT_IN_CC, recipient, now=now)
    if NO_SUCH_MAILBOX.match(status) or _fails_often(recipient, now=now):
        flag_address(recipient, state=State.BOUNCED, now=now)


def address_complained(original: OutboundEmail, recipient: str, *, now: datetime) -> None:
    """Whoever got this letter called it spam."""
    flag_address(recipient, state=State.COMPLAINED, now=now)
    _tell(original, EventKind.COMPLAINED, recipient, now=now)


def address_unsubscribed(original: OutboundEmail, recipient: str, *, now: datetime) -> None:
    """Whoever got this letter told the mail provider that they want no more of its kind."""
    flag_address(recipient, state=State.UNSUBSCRIBED, now=now)
    _tell(original, EventKind.UNSUBSCRIBED, recipient, now=now)


def letter_delayed(original: OutboundEmail, recipient: str, *, now: datetime) -> None:
    """A letter of ours has not arrived yet; whoever carries it goes on trying."""
    _tell(original, EventKind.DELAYED, recipient, now=now)


def recipient_of(original: OutboundEmail, address: str) -> str:
    """The address as it is kept, if this letter went to it; otherwise empty."""
    return _recipient(original, address)


def letter_of(message_id: str) -> OutboundEmail | None:
    """The letter of ours with this Message-ID."""
    return _original(message_id)


def _original(message_id: str) -> OutboundEmail | None:
    if not is_ours(message_id):
        return None
    return OutboundEmail.objects.filter(message_id=message_id).first()


def _recipient(original: OutboundEmail | None, *named: str) -> str:
    """Whom the report is about, if the letter went to them; a letter to one person needs no name."""
    if original is None:
        return ""
    went_to = [normalize_email(each) for each in (original.to, *original.cc)]
    told = [normalize_email(each) for each in named if each]
    if not told:
        return went_to[0] if len(went_to) == 1 else ""
    return next((each for each in told if each in went_to), "")


def _fails_often(recipient: str, *, now: datetime) -> bool:
    failed = OutboundEmail.objects.filter(
        to__iexact=recipient, state=OutboundEmail.State.FAILED, failed_at__gte=now - LATELY
    )
    return failed.count() >= OTHER_FAILURES


def _tell(original: OutboundEmail, kind: EventKind, address: str, *, now: datetime) -> None:
    """A line on the ticket that the letter was about."""
    number = original.thread.removeprefix(MAIL_THREAD)
    ticket = Ticket.objects.filter(pk=int(number)).first() if number.isdigit() else None
    if ticket is None:
        return
    ticket = lock_ticket(ticket)
    TicketEvent.objects.create(ticket=ticket, kind=kind, at=now, facts={"address": address})
    save_change(ticket, now=now)
