"""Ready-made commitments, and what is stored of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from accounts.models import Agent, Notification, Team
from sla.models import Clock, Commitment, CommitmentWarning, Escalation, Kind, PolicyVersion
from sla.working_time import epoch_seconds
from tests.factories import a_customer
from tickets.models import Ticket


def promise_of(ticket: Ticket) -> Commitment:
    """The newest promise on a ticket, live or not."""
    return ticket.clock.commitments.promises().latest("pk")


def only_the_promise(ticket: Ticket) -> Commitment:
    """Leave a ticket with its promise alone, so that nothing else speaks in between."""
    ticket.clock.commitments.exclude(kind=Kind.PROMISE).delete()
    return promise_of(ticket)


@transaction.atomic
def promises_due(
    at: datetime, *, count: int, team: Team, owner: Agent | None = None, first: int = 0
) -> list[Commitment]:
    """Many clocks whose promises fall due in one second, as the engine would have stored them.

    They are numbered from `first`: two clocks of one number would be one matter.
    """
    version, customer = PolicyVersion.objects.latest("pk"), a_customer()
    due = epoch_seconds(at)
    clocks = Clock.objects.bulk_create(
        Clock(
            customer=customer,
            team=team,
            owner=owner,
            policy_version=version,
            label=f"#{number} Printer",
            path=f"/desk/tickets/{number}/",
        )
        for number in range(first, first + count)
    )
    return Commitment.objects.bulk_create(
        Commitment(
            clock=clock,
            kind=Kind.PROMISE,
            cycle=1,
            state=Commitment.State.ACTIVE,
            source="agent",
            policy_version=version,
            started_at=at - timedelta(hours=1),
            due_at=at,
            schedule=[[due + 1, "breach", 0], [due + 1, "escalate", 1]],
            next_check_at=at + timedelta(seconds=1),
        )
        for clock in clocks
    )


def database_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        instant: datetime = cursor.fetchone()[0]
    return instant


def everything_stored() -> dict[str, list[dict[str, Any]]]:
    """All rows that a sweep or an event can write, to see whether anything changed."""
    models = (Clock, Commitment, CommitmentWarning, Escalation, Notification)
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}
