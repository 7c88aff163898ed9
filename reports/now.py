"""How things stand at this moment: is anyone waiting too long, and who has how much to do?

Every number is the size of a queue filter. All of them come from one walk through the index of open
tickets, so they fit each other: nothing is counted in two of them at two times.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime

from django.db.models import Count

from accounts.models import Agent, Team
from sla.models import Commitment, Kind
from tickets.models import Ticket
from tickets.queue import PROMISE_WINDOWS, QueueFilter

TIME_LEFT = {name: QueueFilter(due=name) for name in ("broken", *PROMISE_WINDOWS)}
FILTERS = {
    "broken": TIME_LEFT["broken"],
    "within_the_hour": TIME_LEFT["hour"],
    "unassigned": QueueFilter(scope="unassigned"),
    "open": QueueFilter(),
}


@dataclass(frozen=True)
class Counted:
    """Open tickets by the time left until the promised contact."""

    broken: int = 0
    hour: int = 0
    four_hours: int = 0
    day: int = 0
    later: int = 0

    @property
    def open(self) -> int:
        return sum(getattr(self, each.name) for each in fields(self))

    def __add__(self, other: Counted) -> Counted:
        return Counted(
            **{
                each.name: getattr(self, each.name) + getattr(other, each.name)
                for each in fields(self)
            }
        )


@dataclass(frozen=True)
class Load:
    """What one team has to do, or one of its people, or nobody of it yet."""

    name: str
    chosen: QueueFilter
    counted: Counted


@dataclass(frozen=True)
class TeamLoad(Load):
    """With everybody who works there, by name: this is about who has room, not who is better."""

    people: list[Load]


@dataclass(frozen=True)
class Now:
    counted: Counted
    unassigned: int
    oldest_wait: Commitment | None
    teams: list[TeamLoad]


Found = dict[tuple[int, int | None], Counted]


def now_figures(agent: Agent, *, now: datetime) -> Now:
    """Everything of the page, in four queries at most."""
    found = _counted(agent, now)
    nobodys = [counted for (_, assignee), counted in found.items() if assignee is None]
    return Now(
        counted=_sum(found.values()),
        unassigned=_sum(nobodys).open,
        oldest_wait=oldest_wait(),
        teams=_loads(found),
    )


def _counted(agent: Agent, now: datetime) -> Found:
    # The key stands in no index beside the rest: counting it would fetch each ticket.
    counts = {
        name: Count("team", filter=chosen.due_condition(now)) for name, chosen in TIME_LEFT.items()
    }
    rows = (
        Ticket.objects.visible_to(agent)
        .unresolved()
        .order_by()
        .values_list("team", "assignee")
        .annotate(**counts)
    )
    return {(team, assignee): Counted(*numbers) for team, assignee, *numbers in rows}


def _loads(found: Found) -> list[TeamLoad]:
    """Every team and who works there, also who has nothing to do; and who has tickets of a team
    that they are not in."""
    members = list(
        Team.objects.order_by("name", "pk").values_list(
            *("pk", "name", "memberships__agent", "memberships__agent__name"),
            "memberships__agent__is_active",
        )
    )
    names = {agent: name for _, _, agent, name, _ in members if agent is not None}
    strangers = {agent for _, agent in found if agent is not None} - set(names)
    if strangers:
        names |= dict(Agent.objects.filter(pk__in=strangers).values_list("pk", "name"))
    people = set(found) | {(team, agent) for team, _, agent, _, works in members if works}
    return [
        _team(pk, name, {agent for team, agent in people if team == pk}, names, found)
        for pk, name in dict(row[:2] for row in members).items()
    ]


def _team(
    pk: int, name: str, people: set[int | None], names: dict[int, str], found: Found
) -> TeamLoad:
    agents = sorted((names[agent], agent) for agent in people if agent is not None)
    nobodys = (
        [Load("", QueueFilter(scope="unassigned", team=pk), found[pk, None])]
        if ((pk, None) in found)
        else []
    )
    loads = [
        Load(person, QueueFilter(team=pk, assignee=agent), found.get((pk, agent), Counted()))
        for person, agent in agents
    ]
    return TeamLoad(
        name=name,
        chosen=QueueFilter(team=pk),
        counted=_sum(counted for (team, _), counted in found.items() if team == pk),
        people=[*nobodys, *loads],
    )


def _sum(counts: Iterable[Counted]) -> Counted:
    return sum(counts, Counted())


def oldest_wait() -> Commitment | None:
    """The customer who has waited longest for an answer."""
    return (
        Commitment.objects.live()
        .filter(kind__in=[Kind.FIRST_REPLY, Kind.NEXT_REPLY])
        .exclude(clock__ticket=None)
        .select_related("clock__ticket__customer")
        .order_by("started_at", "pk")
        .first()
    )
