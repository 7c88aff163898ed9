"""Finding the record of a person who is on the telephone, and records of one person."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Agent
from common.rows import rows_beside
from customers.models import (
    PLAIN_NAME,
    ContactPoint,
    Customer,
    CustomerMerge,
    CustomerNote,
    DifferentPeople,
)
from customers.normalizing import DASHES

FEWEST_DIGITS = 3
FEWEST_LETTERS = 2
MOST_ALIKE = 5


def find_customers(text: str, *, among: QuerySet[Customer], limit: int = 10) -> list[Customer]:
    """Those of `among` whose name, address or telephone number contains the text, by name.

    Spaces in names and the way a number is written make no difference; a text of one letter or of
    less than three digits finds nobody.
    """
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    digits = re.sub(r"\D", "", plain).lstrip("0")
    conditions = Q()
    if re.search(r"[^\W\d]", plain.translate(DASHES)):
        conditions = _named(plain) if len(plain) >= FEWEST_LETTERS else conditions
    elif len(digits) >= FEWEST_DIGITS:
        conditions = _reached_at(ContactPoint.Kind.PHONE, digits)
    if not conditions:
        return []
    found = among.filter(merged_into=None).annotate(plain_name=PLAIN_NAME).filter(conditions)
    return list(
        found.select_related("organization")
        .prefetch_related("contact_points")
        .order_by("name", "pk")[:limit]
    )


@dataclass(frozen=True)
class Record:
    """What stands on a customer's card beside the name: the newest note first, and the merges that
    can still be taken back."""

    contact_points: Sequence[ContactPoint]
    notes: Sequence[CustomerNote]
    merges: Sequence[CustomerMerge]


def record_of(customer: Customer, *, now: datetime) -> Record:
    """Read it in one query."""
    points = ContactPoint.objects.filter(customer=OuterRef("pk")).order_by("pk")
    notes = CustomerNote.objects.filter(customer=OuterRef("pk"))
    merges = CustomerMerge.objects.filter(
        into=OuterRef("pk"), undone_at=None, at__gt=now - CustomerMerge.UNDOABLE
    )
    row = (
        Customer.objects.filter(pk=customer.pk)
        .values(
            points=rows_beside(points, "pk", "kind", "value", "normalized", "state"),
            noted=rows_beside(notes.order_by("-pk"), "body", "written_at", name="agent__name"),
            merged=rows_beside(merges.order_by("-pk"), "pk", "at", name="customer__name"),
        )
        .get()
    )
    return Record(
        contact_points=[ContactPoint(**point) for point in row["points"]],
        notes=[
            CustomerNote(
                body=note["body"],
                written_at=datetime.fromisoformat(note["written_at"]),
                agent=Agent(name=note["name"]) if note["name"] else None,
            )
            for note in row["noted"]
        ],
        merges=[
            CustomerMerge(
                pk=merge["pk"],
                at=datetime.fromisoformat(merge["at"]),
                customer=Customer(name=merge["name"]),
            )
            for merge in row["merged"]
        ],
    )


def likely_duplicates(customer: Customer, *, among: QuerySet[Customer]) -> list[Customer]:
    """Records that may be the same person: the same name or a telephone number in common, unless
    somebody has said that they are two people. At most five."""
    numbers = ContactPoint.objects.filter(customer=customer, kind=ContactPoint.Kind.PHONE)
    shared = ContactPoint.objects.filter(
        kind=ContactPoint.Kind.PHONE, normalized__in=numbers.values("normalized")
    )
    plain = re.sub(r"[ \u3000]", "", customer.name)
    alike = Q(pk__in=shared.values("customer"))
    if plain:
        alike |= Q(plain_name=plain)
    found = among.filter(merged_into=None).exclude(pk=customer.pk)
    found = found.annotate(plain_name=PLAIN_NAME).filter(alike)
    return list(
        found.exclude(_said_to_differ(customer))
        .select_related("organization")
        .prefetch_related("contact_points")
        .order_by("pk")[:MOST_ALIKE]
    )


def _said_to_differ(customer: Customer) -> Exists:
    told = DifferentPeople.objects.filter(
        Q(one=customer, other=OuterRef("pk")) | Q(other=customer, one=OuterRef("pk"))
    )
    return Exists(told)


def _named(text: str) -> Q:
    name = Q()
    for word in text.split():
        name &= Q(plain_name__icontains=word)
    return name | _reached_at(ContactPoint.Kind.EMAIL, text.lower())


def _reached_at(kind: str, part: str) -> Q:
    points = ContactPoint.objects.filter(kind=kind, normalized__contains=part)
    return Q(pk__in=points.values("customer"))
