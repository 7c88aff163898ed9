"""Who is away, and who stands in for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.models import Agent, Membership


def absent(agents: QuerySet[Agent], *, now: datetime) -> QuerySet[Agent]:
    """Those who are away at this moment."""
    return agents.filter(Q(away_until=None) | Q(away_until__gt=now), is_away=True)


def substitutes_of(agent: Agent) -> list[Agent]:
    """Who could stand in for an agent: active colleagues who see all tickets that they see."""
    teams = set(agent.memberships.values_list("team", flat=True))
    active = Agent.objects.filter(is_active=True).select_related("permission_set")
    colleagues = active.exclude(pk=agent.pk).order_by("name")
    seen = _teams_of([colleague.pk for colleague in colleagues])
    return [each for each in colleagues if _sees_as_much(each, seen[each.pk], agent, teams)]


def go_away(agent: Agent, *, until: datetime | None, substitute: Agent | None) -> None:
    """Leave until a time, or for as long as it takes; new tickets go to others, news to the
    substitute."""
    agent.is_away, agent.away_until, agent.substitute = True, until, substitute
    agent.save(update_fields=["is_away", "away_until", "substitute"])


def come_back(agent: Agent) -> None:
    """Be there again. Who stood in last time is remembered."""
    agent.is_away, agent.away_until = False, None
    agent.save(update_fields=["is_away", "away_until"])


def stand_ins(agent_ids: Collection[int], *, now: datetime) -> dict[int, Agent]:
    """Who stands in for those of these agents who are away; nobody for those without a substitute
    who is there and sees what they see."""
    everybody = absent(Agent.objects.all(), now=now).select_related(
        "permission_set", "substitute__permission_set"
    )
    away = {agent.pk: agent for agent in everybody}
    found = {pk: _first_present(away[pk], away) for pk in agent_ids if pk in away}
    present = {pk: other for pk, other in found.items() if other is not None}
    teams = _teams_of([*present, *(other.pk for other in present.values())])
    return {
        pk: other
        for pk, other in present.items()
        if _sees_as_much(other, teams[other.pk], away[pk], teams[pk])
    }


def _first_present(agent: Agent, away: dict[int, Agent]) -> Agent | None:
    """The substitute, or the substitute's own one, and so on."""
    passed = {agent.pk}
    other = agent.substitute
    while other is not None and other.pk in away:
        if other.pk in passed:
            return None
        passed.add(other.pk)
        other = away[other.pk].substitute
    return other if other is not None and other.is_active and other.pk not in passed else None


def _sees_as_much(one: Agent, teams: set[int], other: Agent, others_teams: set[int]) -> bool:
    return one.sees_everything or (not other.sees_everything and others_teams <= teams)


def _teams_of(agent_ids: Collection[int]) -> dict[int, set[int]]:
    teams: dict[int, set[int]] = defaultdict(set)
    memberships = Membership.objects.filter(agent__in=agent_ids)
    for agent_id, team_id in memberships.values_list("agent_id", "team_id"):
        teams[agent_id].add(team_id)
    return teams
