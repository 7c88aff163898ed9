"""Who is who, for whoever must tell or choose people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from accounts.models import Agent, Membership, Role, Team


@dataclass(frozen=True)
class TeamPeople:
    """The active people of one team, by what an escalation needs."""

    members: list[int] = field(default_factory=list)
    leads: list[int] = field(default_factory=list)


def people_of_teams(team_ids: Collection[int]) -> dict[int, TeamPeople]:
    """The ids of active members and leads of each team, in one query."""
    people: dict[int, TeamPeople] = defaultdict(TeamPeople)
    memberships = Membership.objects.filter(team__in=team_ids, agent__is_active=True)
    for team_id, agent_id, is_lead in memberships.values_list("team_id", "agent_id", "is_lead"):
        people[team_id].members.append(agent_id)
        if is_lead:
            people[team_id].leads.append(agent_id)
    return people


def manager_ids() -> list[int]:
    """The ids of all active managers; of the administrators in a desk that has no manager."""
    active = Agent.objects.filter(is_active=True)
    return list(active.filter(role=Role.MANAGER).values_list("pk", flat=True)) or list(
        active.filter(role=Role.ADMINISTRATOR).values_list("pk", flat=True)
    )


def default_team() -> Team:
    """Where an inquiry goes when nothing says otherwise."""
    return Team.objects.order_by("-is_default", "pk")[0]
