"""What was done about privacy, as pages show it."""

from __future__ import annotations

from customers.models import Customer
from privacy.models import Erasure


def erasure_of(customer: Customer) -> Erasure | None:
    """That the customer was erased, when and by whom."""
    return Erasure.objects.select_related("agent").filter(customer=customer.pk).first()
