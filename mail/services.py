"""Letters out: queued in the transaction of their cause, delivered after commit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from email.utils import formataddr
from operator import itemgetter

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from branding.selectors import brand_name
from common import doorbell
from mail.enclosing import Enclosure
from mail.letters import Letter, one_line
from mail.message_ids import new_message_id
from mail.models import InboundEmail, Mailbox, OutboundEmail

REFERENCES = 20
REPORTS_FAILURES = "tickets.tasks.take_up_failures"
NEXT_REPORT = timedelta(minutes=10)
# No letter has this key.
NO_EMAIL = 0


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
    mailbox: Mailbox | None = None,
    cc: Sequence[str] = (),
    leaves_at: datetime | None = None,
    files: Sequence[Enclosure] = (),
) -> OutboundEmail:
    """Store a letter with its final Message-ID and ring for a worker after commit.

    The same `dedupe_key` is queued once, for ever: a second call raises IntegrityError. Letters of
    one `thread` are tied to those before them; `is_first` says that there are none to look for.
    It goes out from `mailbox`, else from the address of the desk; those in `cc` get the same letter.
    Until `leaves_at` it can be taken back; whoever looks for waiting letters then finds it.
    """
    earlier = {} if is_first or not thread else _thread_headers(thread)
    headers = {**earlier, **(headers or {})}
    email = OutboundEmail.objects.create(
        dedupe_key=dedupe_key,
        message_id=new_message_id(),
        letter=letter.name,
        thread=thread,
        to=to,
        cc=list(cc),
        from_email=mailbox.sender if mailbox else _desk_sender(),
        subject=one_line(letter.subject)[:400],
        text=letter.text,
        html=letter.html,
        files=[asdict(file) for file in files],
        headers={name: one_line(value) for name, value in headers.items()},
        language=language,
        queued_at=now,
        next_try_at=leaves_at or now,
    )
    if email.next_try_at == now:
        doorbell.ring("mail.tasks.deliver_email", email.pk)
    return email


@contextmanager
def looking_the_same(*, is_meant: bool) -> Iterator[None]:
    """What is queued within leaves only if it is meant. If not, the same is done up to ringing for a
    worker, and undone: neither the page nor its time tells strangers which it was."""
    with transaction.atomic():
        with transaction.atomic():
            yield
            if not is_meant:
                transaction.set_rollback(True)
        if not is_meant:
            doorbell.ring("mail.tasks.deliver_email", NO_EMAIL)


def take_back_email(email_id: int, *, now: datetime) -> bool:
    """Forget a letter whose time has not come; False when it may have left.

    Whoever wants to send it at the same moment waits for the row, and finds none. Call it in the
    transaction that takes back what the letter tells.
    """
    waiting = OutboundEmail.objects.select_for_update().held_back(now).filter(pk=email_id)
    email = waiting.first()
    if email is None:
        return False
    email.delete()
    return True


def mark_undelivered(email: OutboundEmail, *, error: str, now: datetime) -> bool:
    """A letter that had left was returned; whoever leads its conversation must hear of it.

    False when it is not on record as sent: it was returned before, or it is being sent anew.
    """
    sent = OutboundEmail.objects.filter(pk=email.pk, state=OutboundEmail.State.SENT)
    returned = sent.update(
        state=OutboundEmail.State.FAILED,
        sent_at=None,
        failed_at=now,
        last_error=error[:2000],
        report_after=now if email.thread else None,
    )
    if returned and email.thread:
        doorbell.ring(REPORTS_FAILURES)
    return bool(returned)


def close_report(email: OutboundEmail) -> bool:
    """Note that whoever leads the conversation knows of the failure; False when they did before."""
    closed = OutboundEmail.objects.to_report().filter(pk=email.pk).update(report_after=None)
    return bool(closed)


def put_off_report(email_id: int, *, now: datetime) -> None:
    """Have a failure that could not be taken up come again in ten minutes."""
    reported = OutboundEmail.objects.to_report().filter(pk=email_id)
    reported.update(report_after=now + NEXT_REPORT)


def _desk_sender() -> str:
    """What stands in From of letters that belong to no mailbox."""
    return formataddr((brand_name(), settings.DEFAULT_FROM_EMAIL))


def in_answer_to(message_ids: Sequence[str], *, answers: str = "") -> dict[str, str]:
    """The headers of an answer in a conversation of these Message-IDs, to the last or the given one.

    Of a long conversation the newest are named: mail programs know it by any of them.
    """
    named = list(dict.fromkeys(message_ids))[-REFERENCES:]
    if not named:
        return {}
    return {"In-Reply-To": answers or named[-1], "References": " ".join(named)}


def _thread_headers(thread: str) -> dict[str, str]:
    """What a letter of a conversation refers to: the mail it answers, and all that was said before;
    what never arrived and what is forged is no part of it."""
    sent = OutboundEmail.objects.filter(thread=thread).exclude(state=OutboundEmail.State.FAILED)
    came = InboundEmail.objects.filter(thread=thread).exclude(
        Q(trust=InboundEmail.Trust.FAILED) | Q(message_id="")
    )
    ours = sent.order_by("-pk").values_list("queued_at", "message_id")[:REFERENCES]
    theirs = list(came.order_by("-pk").values_list("received_at", "message_id")[:REFERENCES])
    # In the order they came; of one moment, what we wrote is the answer.
    told = [*reversed(theirs), *reversed(ours)]
    named = [message_id for _, message_id in sorted(told, key=itemgetter(0))]
    return in_answer_to(named, answers=theirs[0][1] if theirs else "")
