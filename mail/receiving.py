"""Letters in: kept as they came and committed, before their source hears that we have them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from datetime import datetime

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from common import doorbell
from mail.models import InboundEmail, Mailbox
from mail.reading.charsets import storable

FILES_MAIL = "tickets.tasks.file_waiting_mail"
LONGEST_ADDRESS = 320
ENVELOPE_RECIPIENTS = 100


def take_in(  # noqa: PLR0913 - all of it is what a mail arrives with
    raw: bytes,
    *,
    mailbox: Mailbox | None,
    source: str,
    envelope_from: str | None,
    envelope_to: Sequence[str],
    verdict: str = "",
    now: datetime | None = None,
) -> InboundEmail:
    """Keep a mail that arrived; once this returns it cannot be lost, and it will be filed soon.

    `mailbox` None: it is found by the addresses the mail was sent to. `envelope_from` is "" for the
    empty sender of reports and None when the way in does not tell. `verdict` is an
    `InboundEmail.Trust` by somebody who has checked the sender, such as a provider; empty: what our
    receiving server wrote into the mail counts. The same mail may be taken in any number of times.
    Raises what storage or database raise; then nothing was kept and the source must send it again.
    """
    email = InboundEmail(
        mailbox=mailbox,
        source=source[:40],
        envelope_from=None if envelope_from is None else _address(envelope_from),
        envelope_to=[_address(each) for each in envelope_to[:ENVELOPE_RECIPIENTS]],
        size=len(raw),
        sha256=hashlib.sha256(raw).hexdigest(),
        received_at=now or timezone.now(),
        next_try_at=now or timezone.now(),
        trust=verdict,
    )
    email.raw.save("", ContentFile(raw), save=False)
    try:
        _bring_to_disk(email)
        with transaction.atomic(durable=True):
            email.save(force_insert=True)
            doorbell.ring(FILES_MAIL)
    # Whatever stopped it: without its row nobody would ever find the file.
    except BaseException:
        email.raw.delete(save=False)
        raise
    return email


def _bring_to_disk(email: InboundEmail) -> None:
    """A file that only the operating system has seen is gone after a power cut."""
    try:
        path = email.raw.path
    # The storage is elsewhere and answers for itself.
    except NotImplementedError:
        return
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _address(value: str) -> str:
    return storable(value).strip()[:LONGEST_ADDRESS]
