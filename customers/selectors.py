"""Finding the record of a person who is on the telephone."""

from __future__ import annotations

import re
import unicodedata

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Replace

from customers.models import ContactPoint, Customer
from customers.normalizing import DASHES

FEWEST_DIGITS = 3
FEWEST_LETTERS = 2
SPACES = (" ", "\u3000")
NAME_WITHOUT_SPACES = Replace(
    Replace("name", Value(SPACES[0]), Value("")), Value(SPACES[1]), Value("")
)


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
    found = among.annotate(plain_name=NAME_WITHOUT_SPACES).filter(conditions)
    return list(
        found.select_related("organization")
        .prefetch_related("contact_points")
        .order_by("name", "pk")[:limit]
    )


def _named(text: str) -> Q:
    name = Q()
    for word in text.split():
        name &= Q(plain_name__icontains=word)
    return name | _reached_at(ContactPoint.Kind.EMAIL, text.lower())


def _reached_at(kind: str, part: str) -> Q:
    points = ContactPoint.objects.filter(kind=kind, normalized__contains=part)
    return Q(pk__in=points.values("customer"))
