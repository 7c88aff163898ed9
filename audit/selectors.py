"""The two logs, cut down to what somebody wants to know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce, Concat

from audit.models import Access, Change


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked for; what is empty cuts nothing down. `until` itself is left out."""

    agent: int | None = None
    table: str = ""
    row: int | None = None
    customer: int | None = None
    kind: str = ""
    since: datetime | None = None
    until: datetime | None = None
    words: str = ""


def changes(asked: Asked) -> QuerySet[Change]:
    """What was changed."""
    found = Change.objects.filter(_when(asked), _whose(asked))
    if asked.table:
        found = found.filter(table_name=asked.table)
    if asked.row is not None:
        found = found.filter(row_id=asked.row)
    if asked.customer is not None:
        found = found.of_customer(asked.customer)
    return _saying(found, asked.words) if asked.words else found


def looks(asked: Asked) -> QuerySet[Access]:
    """What was looked at."""
    found = Access.objects.filter(_when(asked), _whose(asked))
    if asked.customer is not None:
        found = found.filter(customer=asked.customer)
    return found.filter(kind=asked.kind) if asked.kind else found


def _when(asked: Asked) -> Q:
    since = Q(at__gte=asked.since) if asked.since else Q()
    return since & Q(at__lt=asked.until) if asked.until else since


def _whose(asked: Asked) -> Q:
    return Q(agent=asked.agent) if asked.agent is not None else Q()


def _saying(found: QuerySet[Change], words: str) -> QuerySet[Change]:
    parts = [
        Coalesce(Cast(F(name), TextField()), Value("", TextField()))
        for name in ("about", "before", "after")
    ]
    return found.annotate(said=Concat(*parts, "name", output_field=TextField())).filter(
        said__icontains=words
    )
