"""Letters out: queued in the transaction of their cause, delivered after commit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.utils import formataddr

from django.conf import settings

from common import doorbell
from mail.letters import Letter, one_line
from mail.message_ids import new_message_id
from mail.models import OutboundEmail


def queue_email(
    *,
    to: str,
    letter: Letter,
    dedupe_key: str,
    language: str,
    now: datetime,
    headers: Mapping[str, str] | None = None,
) -> OutboundEmail:
    """Store a letter with its final Message-ID and ring for a worker after commit.

    The same `dedupe_key` is queued once, for ever: a second call raises IntegrityError.
    """
    email = OutboundEmail.objects.create(
        dedupe_key=dedupe_key,
        message_id=new_message_id(),
        to=to,
        from_email=formataddr((settings.BRAND_NAME, settings.DEFAULT_FROM_EMAIL)),
        subject=one_line(letter.subject)[:400],
        text=letter.text,
        headers={name: one_line(value) for name, value in (headers or {}).items()},
        language=language,
        queued_at=now,
        next_try_at=now,
    )
    doorbell.ring("mail.tasks.deliver_email", email.pk)
    return email
