"""What an agent has seen of a ticket."""

from __future__ import annotations

from accounts.models import Agent
from tickets.models import ReadMark, Ticket


def mark_read(ticket: Ticket, *, by: Agent) -> None:
    """They have seen all its entries, as the ticket was when it was read. One upsert."""
    ReadMark.objects.bulk_create(
        [ReadMark(agent=by, ticket=ticket, entry_count=ticket.entry_count)],
        update_conflicts=True,
        unique_fields=["ticket", "agent"],
        update_fields=["entry_count"],
    )
