"""Somebody stops working here, or for a team: what they held goes on to others."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet, prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.arranging import save_team, set_members
from accounts.exceptions import PeopleError
from accounts.models import Agent, Team
from accounts.people import Place, end_work, may_give_team, save_person, set_places
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


@transaction.atomic
def keep_person(
    agent: Agent,
    *,
    values: Mapping[str, Any],
    places: Mapping[int, Place],
    among: Mapping[int, Team],
    by: Agent,
) -> int:
    """What is known of them, and what they are in which of the teams `among`; how many tickets went
    back to their teams by it. Raises PeopleError."""
    saved = save_person(agent, values=values, by=by)
    set_places(saved, places, among=among)
    return give_back_unseen(saved, by=by)


@transaction.atomic
def keep_team(
    team: Team,
    *,
    name: str,
    is_default: bool,
    leads: Mapping[int, bool],
    among: Collection[Agent],
    by: Agent,
) -> Team:
    """Its name, and who of the people `among` is in it, by their keys with whether they lead it.
    What those who go held of it goes back to it. Raises PeopleError."""
    if team.pk and not may_give_team(by, team):
        raise PeopleError(_("You can change only teams whose tickets you see yourself."))
    before = set(team.memberships.values_list("agent", flat=True)) if team.pk else set()
    save_team(team, name=name, is_default=is_default)
    set_members(team, leads, among=among)
    for each in among:
        if each.pk in before - set(leads):
            give_back_unseen(each, by=by)
    return team


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
