"""After a backup was put back: whoever was erased since then is erased again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import structlog
from django.db import transaction

from customers.models import Customer
from customers.services import hold_customer
from privacy.erasing import erase_customer
from privacy.models import Erasure
from privacy.remembering import noted, unknown

logger = structlog.get_logger(__name__)


def replay_erasures(path: Path | None = None) -> int:
    """Erase again whom the file names and this database still has; return how many that were.

    What is still open of theirs is resolved: it had been, or they had asked for it. Nothing is done
    to those who are erased here already.
    """
    return sum(_replay(told) for told in unknown(noted(path)))


@transaction.atomic
def _replay(told: dict[str, Any]) -> bool:
    records = Customer.objects.filter(pk__in=told["records"], created_at__lte=told["at"])
    found = [record for record in records.order_by("pk") if _erase(record, told["records"])]
    Erasure.objects.update_or_create(
        customer=told["customer"],
        defaults={name: told[name] for name in ("records", "digests", "at", "counts")},
    )
    return bool(found)


def _erase(record: Customer, records: list[int]) -> bool:
    """In the backup the records may not have been one yet, or have been part of another."""
    standing = hold_customer(record)
    if standing.pk not in records:
        logger.warning("privacy.not_replayed", customer=record.pk)
        return False
    if Erasure.objects.filter(customer=standing.pk).exists():
        return False
    erase_customer(standing, by=None, closes=True)
    return True
