"""Handing letters over: at least once, always under the same Message-ID."""

from __future__ import annotations

import smtplib
import time
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage as MimeMessage
from email.utils import format_datetime

import structlog
from anymail.exceptions import AnymailInvalidAddress, AnymailRecipientsRefused
from django.core.mail import EmailMultiAlternatives
from django.db import InterfaceError, OperationalError, close_old_connections, connection
from django.db.models import F
from django.utils import timezone

from common import doorbell
from mail.enclosing import enclose
from mail.letters import as_html
from mail.models import OutboundEmail
from mail.transports import connection_for

logger = structlog.get_logger(__name__)
State = OutboundEmail.State

# Longer than a slow server needs for one letter, shorter than anybody should wait for the next try
# after the sender was killed.
LEASE = timedelta(seconds=45)
# A pass over the waiting letters starts no further one after this many wall seconds: a server that
# hangs must hold up neither the pump nor a worker, whose task would be killed.
PASS_SECONDS = 30.0
PAUSES = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240)]
GIVE_UP_AFTER = timedelta(hours=48)
REPORTS_FAILURES = "tickets.tasks.take_up_failures"
PERMANENT_ERRORS = (AnymailRecipientsRefused, AnymailInvalidAddress, ValueError)


def deliver(email_id: int, *, now: datetime | None = None) -> bool:
    """Send one letter if nobody else holds it and its time has come; say whether it left."""
    now = now or timezone.now()
    email = _claim(email_id, now=now)
    if email is None:
        return False
    try:
        message = build_message(email)
        message.connection = connection_for(email)
        message.send()
    # Whatever goes wrong with one letter, it is kept, tried again and never stops the others.
    except Exception as error:
        _settle_failure(email, error, now=timezone.now())
        return False
    _settle(
        email,
        state=State.SENT,
        sent_at=timezone.now(),
        next_try_at=None,
        last_error="",
        provider_id=_provider_id(message),
    )
    return True


def deliver_due(*, now: datetime | None = None, limit: int = 50) -> int:
    """Send the letters that wait or whose sender died; return how many left."""
    due = OutboundEmail.objects.due(now or timezone.now())
    until = time.monotonic() + PASS_SECONDS
    left = 0
    for pk in list(due.order_by("next_try_at").values_list("pk", flat=True)[:limit]):
        if time.monotonic() > until:
            break
        # Each by its own clock: a lease counted from the start of the pass could be over already.
        left += deliver(pk, now=now)
    return left


def build_message(email: OutboundEmail) -> EmailMultiAlternatives:
    """The letter as it goes over the wire, the same at every try."""
    message = EmailMultiAlternatives(
        subject=email.subject,
        body=email.text,
        from_email=email.from_email,
        to=[email.to],
        cc=email.cc,
        headers={
            "Message-ID": email.message_id,
            "Date": format_datetime(email.queued_at),
            **email.headers,
        },
    )
    html = email.html or as_html(email.text, language=email.language)
    message.attach_alternative(html, "text/html")
    enclose(message, email)
    return message


def as_received(email: OutboundEmail) -> MimeMessage:
    """The letter as the receiver's mail program gets it."""
    return message_from_bytes(build_message(email).message().as_bytes(), policy=policy.default)


def _claim(email_id: int, *, now: datetime) -> OutboundEmail | None:
    """Take the letter for LEASE: one conditional update, so one taker."""
    won = (
        OutboundEmail.objects.due(now)
        .filter(pk=email_id)
        .update(state=State.SENDING, attempts=F("attempts") + 1, next_try_at=now + LEASE)
    )
    return OutboundEmail.objects.get(pk=email_id) if won else None


def _settle(email: OutboundEmail, **fields: object) -> bool:
    """Write the outcome, unless the lease ran out and somebody else has taken the letter since.

    Should PostgreSQL be away, wait for it as long as the lease holds: what has left and is not
    written down would leave again.
    """
    mine = OutboundEmail.objects.filter(pk=email.pk, state=State.SENDING, attempts=email.attempts)
    until = time.monotonic() + LEASE.total_seconds()
    while True:
        try:
            return bool(mine.update(**fields))
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block or time.monotonic() > until:
                raise
        close_old_connections()
        time.sleep(0.5)


def _provider_id(message: EmailMultiAlternatives) -> str:
    """How the provider calls it (anymail writes that on what it has sent)."""
    status = getattr(message, "anymail_status", None)
    named = getattr(status, "message_id", None)
    # One for each recipient, as a set, where the provider names them one by one.
    name = next(iter(named), "") if isinstance(named, set) else named
    return str(name or "")[:255]


def _settle_failure(email: OutboundEmail, error: Exception, *, now: datetime) -> None:
    reason = f"{type(error).__name__}: {error}"[:2000]
    logger.warning("mail.not_delivered", email=email.pk, error=type(error).__name__)
    if _is_permanent(error) or now - email.queued_at > GIVE_UP_AFTER:
        _give_up(email, reason, now=now)
        return
    pause = PAUSES[min(email.attempts, len(PAUSES)) - 1]
    _settle(email, state=State.QUEUED, next_try_at=now + pause, last_error=reason)


def _give_up(email: OutboundEmail, reason: str, *, now: datetime) -> None:
    """The letter has failed for good; whoever leads its conversation must hear of it."""
    is_settled = _settle(
        email,
        state=State.FAILED,
        failed_at=now,
        next_try_at=None,
        last_error=reason,
        report_after=now if email.thread else None,
    )
    if is_settled and email.thread:
        doorbell.ring(REPORTS_FAILURES)


def _is_permanent(error: Exception) -> bool:
    """5xx means "do not try again" (RFC 5321 4.2.1), but only where it is said of the letter or its
    receiver: a quarrel about our password or our own address ends when somebody has settled it.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPDataError):
        return error.smtp_code >= 500
    return isinstance(error, PERMANENT_ERRORS)
