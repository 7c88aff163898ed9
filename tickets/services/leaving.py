"""Somebody stops working here, or for a team: what they held goes on to others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet, prefetch_related_objects
from django.utils import timezone

from accounts.models import Agent
from accounts.people import end_work
from sla.models import UNRESOLVED
from tickets.models import Draft, ScheduledReply, Ticket
from tickets.services.assigning import team_assigns
from tickets.services.handling import assign, may_hold
from tickets.services.recording import hold_for_services
from tickets.services.scheduling import call_off


@dataclass(frozen=True)
class Held:
    """How much of what somebody has in hand is on record."""

    tickets: int
    scheduled: int
    drafts: int
    views: int
    macros: int


def held_by(agent: Agent) -> Held:
    """What is to be thought of before they go."""
    return Held(
        tickets=_open_tickets(agent).count(),
        scheduled=ScheduledReply.objects.filter(agent=agent).count(),
        drafts=Draft.objects.filter(agent=agent).count(),
        views=agent.views.count(),
        macros=agent.macros.count(),
    )


@transaction.atomic
def deactivate(
    agent: Agent,
    *,
    to: Agent | None = None,
    calls_off: bool = False,
    by: Agent,
    now: datetime | None = None,
) -> None:
    """They come in no more. Their open tickets go to the colleague `to`, and those of teams that
    `to` is not in, or all without one, to their teams. Scheduled replies leave as they were
    planned, unless `calls_off`.

    Raises PeopleError when they must stay, and IsAway when the colleague is away without a
    substitute.
    """
    now = now or timezone.now()
    # Tickets before agents, as everywhere.
    tickets = hold_for_services(_open_tickets(agent).values_list("pk", flat=True))
    end_work(agent, by=by)
    _pass_on(tickets.values(), to=to, by=by, now=now)
    if calls_off:
        for scheduled in ScheduledReply.objects.filter(agent=agent).order_by("pk"):
            call_off(scheduled, by=by, now=now)


@transaction.atomic
def give_back_unseen(agent: Agent, *, by: Agent, now: datetime | None = None) -> int:
    """Tickets that they hold and may not see any more go back to their teams; how many it were.
    Call it when somebody has left a team, or sees less."""
    if agent.sees_everything:
        return 0
    teams = agent.memberships.values("team")
    unseen = _open_tickets(agent).exclude(team__in=teams).values_list("pk", flat=True)
    tickets = hold_for_services(unseen)
    _pass_on(tickets.values(), to=None, by=by, now=now or timezone.now())
    return len(tickets)


def _open_tickets(agent: Agent) -> QuerySet[Ticket]:
    return Ticket.objects.filter(assignee=agent, status__in=UNRESOLVED)


def _pass_on(tickets: Iterable[Ticket], *, to: Agent | None, by: Agent, now: datetime) -> None:
    if to is not None:
        prefetch_related_objects([to], "memberships")
    for ticket in tickets:
        if to is not None and may_hold(to, team_id=ticket.team_id):
            assign(ticket, to=to, by=by, now=now)
            continue
        assign(ticket, to=None, by=by, now=now)
        if team_assigns(ticket.team):
            ticket.awaits_agent = True
            ticket.save(update_fields=["awaits_agent"])
