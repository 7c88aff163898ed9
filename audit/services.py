"""What may be done to the logs: seal, erase what is said of somebody, and forget after years."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from audit.models import Change

BATCH = 1000
# Of what was imported by the hundred thousand, the next round takes the next part.
BATCHES_A_ROUND = 10


def seal_changes() -> int:
    """Take what was written lately into the chain; return how many changes it were.

    Whoever writes does not wait for the chain: it is closed some seconds later, by one process at a
    time.
    """
    sealed = 0
    for _ in range(BATCHES_A_ROUND):
        batch = _seal_batch()
        sealed += batch
        if batch < BATCH:
            break
    return sealed


@transaction.atomic
def _seal_batch() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_seal(%s)", [BATCH])
        return int(cursor.fetchone()[0])


def erase_payload(changes: Iterable[int]) -> int:
    """Erase what these changes said, by their keys; return how many did. The chain still holds, and
    a record says that it was done."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_erase(%s::bigint[])", [list(changes)])
        return int(cursor.fetchone()[0])


def erase_customer(pk: int) -> int:
    """The same for all that is said of a customer and their addresses."""
    return erase_payload(Change.objects.of_customer(pk).values_list("pk", flat=True))


def forget_old(*, now: datetime | None = None) -> int:
    """Delete what is older than both logs are kept, by whole months; return how many records it
    were. A record says that it was done."""
    at = now or timezone.now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT audit_forget(%s, %s)",
            [
                _month_before(at, settings.AUDIT_CHANGES_KEPT_DAYS),
                _month_before(at, settings.AUDIT_LOOKS_KEPT_DAYS),
            ],
        )
        return int(cursor.fetchone()[0])


def _month_before(now: datetime, days: int) -> datetime:
    """The first instant of the month in which that many days ago was."""
    then = timezone.localtime(now - timedelta(days=days))
    return then.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
