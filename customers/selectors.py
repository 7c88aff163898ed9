"""Reading customer records."""

from __future__ import annotations

from customers.models import ContactPoint
from customers.normalizing import normalize_email


def is_known(email: str) -> bool:
    """Whether a customer with this address exists already."""
    return ContactPoint.objects.filter(
        kind=ContactPoint.Kind.EMAIL, normalized=normalize_email(email)
    ).exists()
