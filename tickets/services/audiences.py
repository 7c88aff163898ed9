"""What is one agent's own, a team's or everybody's (`owner`, `team`, neither), in an order of its own.

Saved views and macros are such things.
"""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Case, Max, Q, QuerySet, When

from accounts.models import Agent, Team
from tickets.models import Macro, SavedView

Kept = TypeVar("Kept", SavedView, Macro)
# One's own before those of teams, and those before everybody's.
NEAREST = Case(When(owner__isnull=False, then=0), When(team__isnull=False, then=1), default=2)


def seen_by(agent: Agent, rows: QuerySet[Kept]) -> QuerySet[Kept]:
    """Their own, those of their teams, and everybody's."""
    teams = Team.objects.filter(memberships__agent=agent)
    of_teams = Q(team__isnull=False) if agent.sees_everything else Q(team__in=teams)
    return rows.filter(Q(owner=agent) | of_teams | Q(owner=None, team=None))


def kept_by(agent: Agent, rows: QuerySet[Kept], *, with_all_shared: bool) -> QuerySet[Kept]:
    """Those they may change: their own, of teams they lead, or with all that are shared."""
    if with_all_shared:
        return rows.filter(Q(owner=agent) | Q(owner=None))
    led = Team.objects.filter(memberships__agent=agent, memberships__is_lead=True)
    return rows.filter(Q(owner=agent) | Q(team__in=led))


def place_behind(audience: QuerySet[Kept]) -> int:
    """The position after the last of an audience."""
    last = audience.aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1


def move_within(audience: QuerySet[Kept], row: Kept, *, by: int) -> None:
    """One place up (-1) or down (1) among those of the same audience. Call it in a transaction."""
    rows = list(audience.select_for_update().order_by("position", "pk"))
    here = [each.pk for each in rows].index(row.pk)
    there = min(max(here + by, 0), len(rows) - 1)
    rows.insert(there, rows.pop(here))
    for position, each in enumerate(rows):
        each.position = position
    audience.model._default_manager.bulk_update(rows, ["position"])  # noqa: SLF001
