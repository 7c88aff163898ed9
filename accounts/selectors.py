"""Who is who, for whoever must tell or choose people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from accounts.models import Agent, Membership, Role, Team
from accounts.permissions import Permission, holding


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
    """The ids of all active managers who see every ticket; of such administrators in a desk that has
    no such manager."""
    active = Agent.objects.filter(holding(Permission.SEE_ALL), is_active=True)
    return list(active.filter(role=Role.MANAGER).values_list("pk", flat=True)) or list(
        active.filter(role=Role.ADMINISTRATOR).values_list("pk", flat=True)
    )


def mail_keeper_ids() -> list[int]:
    """The ids of those who look after mail that could not be filed: who manages mail, and leads."""
    active = Agent.objects.filter(is_active=True)
    keepers = active.filter(holding(Permission.MAIL) | Q(memberships__is_lead=True))
    return list(keepers.distinct().order_by("pk").values_list("pk", flat=True))


def default_team() -> Team:
    """Where an inquiry goes when nothing says otherwise."""
    return Team.objects.order_by("-is_default", "pk")[0]


def teams_led_by(agent: Agent) -> QuerySet[Team]:
    """The teams whose lead they are."""
    return Team.objects.filter(memberships__agent=agent, memberships__is_lead=True)


def teams_read_by(agent: Agent) -> QuerySet[Team]:
    """Those whose settings they may read: every team for who manages or sees them all, their own
    for its leads."""
    reads_all = agent.sees_everything or agent.may(Permission.PEOPLE)
    return Team.objects.all() if reads_all else teams_led_by(agent)


def may_keep_team(agent: Agent, team: Team) -> bool:
    """Whether they may change those: who manages teams, and who leads it."""
    is_lead = team.memberships.filter(agent=agent, is_lead=True)
    return agent.may(Permission.PEOPLE) or is_lead.exists()


def people_by_team() -> dict[Team, list[Agent]]:
    """Every team with its active members, both by name: whom a ticket can be given."""
    active = Agent.objects.filter(is_active=True).order_by("name")
    teams = Team.objects.order_by("name").prefetch_related(Prefetch("members", queryset=active))
    return {team: list(team.members.all()) for team in teams}


@dataclass(frozen=True)
class Circle:
    """Whom an agent works with: teams, and their active members; names by id."""

    teams: dict[int, str]
    people: dict[int, str]
    led: frozenset[int]  # the teams that the agent leads


def circle_of(agent: Agent) -> Circle:
    """The teams whose work this agent sees, and their people, in one query."""
    memberships = Membership.objects.filter(team=OuterRef("pk"), agent=agent)
    teams = (
        Team.objects.all() if agent.sees_everything else Team.objects.filter(Exists(memberships))
    )
    member = "memberships__agent"
    rows = teams.order_by("name", f"{member}__name").values_list(
        *("pk", "name", member, f"{member}__name", f"{member}__is_active", "memberships__is_lead")
    )
    found = list(rows)
    return Circle(
        teams={pk: name for pk, name, *_member in found},
        people={pk: name for _, _, pk, name, is_active, _ in found if is_active},
        led=frozenset(team for team, _, pk, _, _, leads in found if leads and pk == agent.pk),
    )
