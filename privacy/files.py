"""Files of those who were erased: noted in the transaction, deleted after it, until they are gone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import structlog
from django.core.files.storage import default_storage

from mail.models import InboundEmail
from privacy.models import DoomedFile
from tickets.models import Attachment

logger = structlog.get_logger(__name__)
DELETE_TASK = "privacy.tasks.delete_doomed_files"
A_ROUND = 1000


def doom(paths: Iterable[str], *, now: datetime) -> None:
    """These files are to go when the transaction has ended well."""
    doomed = [DoomedFile(path=path, since=now) for path in dict.fromkeys(paths) if path]
    DoomedFile.objects.bulk_create(doomed, ignore_conflicts=True, batch_size=A_ROUND)


def delete_doomed_files() -> int:
    """Delete them; return how many are gone. What cannot be deleted is tried again next time."""
    gone = 0
    for doomed in DoomedFile.objects.order_by("pk")[:A_ROUND]:
        try:
            if not _is_needed(doomed.path):
                default_storage.delete(doomed.path)
        except OSError:
            logger.exception("privacy.file_stays", file=doomed.pk)
            continue
        doomed.delete()
        gone += 1
    return gone


def _is_needed(path: str) -> bool:
    """Somebody else has the same file: what was split off, for example."""
    by_ticket = Attachment.objects.filter(file=path).exists()
    return by_ticket or InboundEmail.objects.filter(raw=path).exists()
