"""Letters out: queued in the transaction of their cause, delivered after commit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import formataddr

from django.conf import settings

from common import doorbell
from mail.letters import Letter, one_line
from mail.message_ids import new_message_id
from mail.models import OutboundEmail

REFERENCES = 20
NEXT_REPORT = timedelta(minutes=10)


def queue_email(  # noqa: PLR0913 - all of it is what a letter is
    *,
    to: str,
    letter: Letter,
    dedupe_key: str,
    language: str,
    now: datetime,
    headers: Mapping[str, str] | None = None,
    thread: str = "",
    is_first: bool = False,
) -> OutboundEmail:
    """Store a letter with its final Message-ID and ring for a worker after commit.

    The same `dedupe_key` is queued once, for ever: a second call raises IntegrityError. Letters of
    one `thread` are tied to those before them; `is_first` says that there are none to look for.
    """
    earlier = [] if is_first or not thread else _message_ids(thread)
    headers = {**_thread_headers(earlier), **(headers or {})}
    email = OutboundEmail.objects.create(
        dedupe_key=dedupe_key,
        message_id=new_message_id(),
        letter=letter.name,
        thread=thread,
        to=to,
        from_email=formataddr((settings.BRAND_NAME, settings.DEFAULT_FROM_EMAIL)),
        subject=one_line(letter.subject)[:400],
        text=letter.text,
        headers={name: one_line(value) for name, value in headers.items()},
        language=language,
        queued_at=now,
        next_try_at=now,
    )
    doorbell.ring("mail.tasks.deliver_email", email.pk)
    return email


def close_report(email: OutboundEmail) -> bool:
    """Note that whoever leads the conversation knows of the failure; False when they did before."""
    closed = OutboundEmail.objects.to_report().filter(pk=email.pk).update(report_after=None)
    return bool(closed)


def put_off_report(email_id: int, *, now: datetime) -> None:
    """Have a failure that could not be taken up come again in ten minutes."""
    reported = OutboundEmail.objects.to_report().filter(pk=email_id)
    reported.update(report_after=now + NEXT_REPORT)


def _message_ids(thread: str) -> list[str]:
    """The newest letters of a conversation, the oldest first; what never arrived is no part of it."""
    sent = OutboundEmail.objects.filter(thread=thread).exclude(state=OutboundEmail.State.FAILED)
    newest = sent.order_by("-pk").values_list("message_id", flat=True)[:REFERENCES]
    return list(newest)[::-1]


def _thread_headers(message_ids: list[str]) -> dict[str, str]:
    if not message_ids:
        return {}
    return {"In-Reply-To": message_ids[-1], "References": " ".join(message_ids)}
