"""Who has a ticket, and when it is done."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Agent, Notification
from accounts.services import Notice, notify_agents
from sla.models import Status
from tickets.events import EventKind
from tickets.exceptions import AlreadyResolved, NotInTeam, NotResolved
from tickets.models import Ticket, TicketEvent
from tickets.services.recording import lock_ticket, record, save_change


@transaction.atomic
def assign(ticket: Ticket, *, to: Agent | None, by: Agent, now: datetime | None = None) -> Ticket:
    """Give the ticket to a member of its team, or back to the team. No clock moves.

    Raises NotInTeam when the agent could not see the ticket.
    """
    ticket = lock_ticket(ticket)
    if ticket.assignee == to:
        return ticket
    if to is not None and not _may_hold(ticket, to):
        raise NotInTeam(_("%(name)s is not in the team of this ticket.") % {"name": to.name})
    now = now or timezone.now()
    ticket.assignee = ticket.clock.owner = to
    ticket.clock.save(update_fields=["owner"])
    event = TicketEvent.objects.create(
        ticket=ticket,
        kind=EventKind.ASSIGNED if to else EventKind.RELEASED,
        at=now,
        agent=by,
        facts={"to": to.pk, "to_name": to.name} if to else {},
    )
    save_change(ticket, now=now)
    if to is not None and to != by:
        _tell_assignee(ticket, to, event, now=now)
    return ticket


@transaction.atomic
def solve(ticket: Ticket, *, agent: Agent | None, now: datetime | None = None) -> Ticket:
    """Mark as resolved without a word to the customer; `agent` None means the customer did it.

    Raises AlreadyResolved.
    """
    ticket = lock_ticket(ticket)
    if not ticket.is_unresolved:
        raise AlreadyResolved(_("This ticket is resolved already."))
    now = now or timezone.now()
    record(ticket, "status", now=now, to=Status.RESOLVED)
    ticket.resolved_at = now
    TicketEvent.objects.create(ticket=ticket, kind=EventKind.RESOLVED, at=now, agent=agent)
    save_change(ticket, now=now)
    return ticket


@transaction.atomic
def reopen(ticket: Ticket, *, agent: Agent | None, now: datetime | None = None) -> Ticket:
    """Take a resolved ticket up again, with a new promise by default. Raises NotResolved."""
    ticket = lock_ticket(ticket)
    if ticket.status not in {Status.RESOLVED, Status.CLOSED}:
        raise NotResolved(_("This ticket is still open."))
    now = now or timezone.now()
    record(ticket, "status", now=now, to=Status.OPEN)
    ticket.resolved_at = None
    ticket.reopen_count += 1
    TicketEvent.objects.create(ticket=ticket, kind=EventKind.REOPENED, at=now, agent=agent)
    save_change(ticket, now=now)
    return ticket


def _may_hold(ticket: Ticket, agent: Agent) -> bool:
    return agent.is_active and (
        agent.sees_everything or agent.memberships.filter(team=ticket.team_id).exists()
    )


def _tell_assignee(ticket: Ticket, agent: Agent, event: TicketEvent, *, now: datetime) -> None:
    notify_agents(
        [
            Notice(
                agent_id=agent.pk,
                kind=Notification.Kind.ASSIGNED,
                label=ticket.clock.label,
                path=ticket.clock.path,
                dedupe_key=f"assigned:{event.pk}:{agent.pk}",
                mail_after=now,
            )
        ],
        now=now,
    )
