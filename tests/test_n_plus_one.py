"""The guard itself: every request of every test runs in it (see conftest)."""

from __future__ import annotations

import pytest
from zeal import NPlusOneError, zeal_context

from tests.factories import a_ticket
from tickets.models import Ticket


@pytest.mark.django_db
@pytest.mark.usefixtures("support")
def test_asking_row_by_row_fails():
    for number in range(3):
        a_ticket(email=f"customer{number}@example.com")

    with zeal_context(), pytest.raises(NPlusOneError):
        [ticket.customer.name for ticket in Ticket.objects.all()]
