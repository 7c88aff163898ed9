"""Something to open again and again."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from accounts.models import Agent
from rules.models import Recurrence
from rules.recurring import save_recurrence
from tickets.models import Ticket


def a_recurrence(
    ticket: Ticket, *, keeper: Agent, subject: str = "Check-in", body: str = "How is it going?"
) -> Recurrence:
    """For the customer and the team of this ticket, once a week from tomorrow on."""
    recurrence = Recurrence(
        subject=subject,
        body=body,
        customer=ticket.customer,
        team=ticket.team,
        every="week",
        first_at=timezone.now() + timedelta(days=1),
        keeper=keeper,
    )
    return save_recurrence(recurrence)
