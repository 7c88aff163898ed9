"""What is one agent's own, a team's or everybody's (`owner`, `team`, neither), in an order of its own.

Saved views and macros are such things.
"""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Case, Q, QuerySet, When

from accounts.models import Agent, Team
from accounts.selectors import teams_led_by
from tickets.models import Macro, SavedView

Kept = TypeVar("Kept", SavedView, Macro)
# One's own before those of teams, and those before everybody's.
NEAREST = Case(When(owner__isnull=False, then=0), When(team__isnull=False, then=1), default=2)


def seen_by(agent: Agent, rows: QuerySet[Kept]) -> QuerySet[Kept]:
    """Their own, those of their teams, and everybody's."""
    teams = Team.objects.filter(memberships__agent=agent)
    of_teams = Q(team__isnull=False) if agent.sees_everything else Q(team__in=teams)
    return rows.filter(Q(owner=agent) | of_teams | Q(owner=None, team=None))


def may_keep_for(agent: Agent, team: Team | None, *, with_all_shared: bool) -> bool:
    """Whether they may keep something for a team, or for everybody (None)."""
    return with_all_shared or (team is not None and teams_led_by(agent).filter(pk=team.pk).exists())


def kept_by(agent: Agent, rows: QuerySet[Kept], *, with_all_shared: bool) -> QuerySet[Kept]:
    """Those they may change: their own, of teams they lead, or with all that are shared."""
    if with_all_shared:
        return rows.filter(Q(owner=agent) | Q(owner=None))
    led = teams_led_by(agent)
    return rows.filter(Q(owner=agent) | Q(team__in=led))
