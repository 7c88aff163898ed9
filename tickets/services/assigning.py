"""Who of a team gets a ticket. Nobody who is away, who has left, or who has no place for it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from accounts.absence import stand_ins
from accounts.models import Agent, Assignment, Membership, Team
from accounts.skills import has_skill
from customers.models import Customer
from sla.models import UNRESOLVED
from sla.selectors import working_time_after
from tickets.exceptions import IsAway
from tickets.models import Ticket


@dataclass(frozen=True)
class Seat:
    """A place in a team: how many open tickets its agent has, and when they were last given one."""

    membership_id: int
    agent: Agent
    capacity: int | None
    load: int
    last_given_at: datetime | None

    @property
    def has_room(self) -> bool:
        return self.capacity is None or self.load < self.capacity

    @property
    def turn(self) -> tuple[float, int]:
        """Smaller is earlier: whoever was never given one, then whoever waits longest."""
        given_at = self.last_given_at.timestamp() if self.last_given_at else 0.0
        return given_at, self.membership_id


def team_assigns(team: Team) -> bool:
    """Whether its tickets find somebody by themselves."""
    return team.assignment != Assignment.MANUAL


def choose_agent(
    team: Team,
    customer: Customer,
    *,
    now: datetime,
    without: Collection[int] = (),
    first: int | None = None,
    skill: str = "",
) -> Agent | None:
    """Whose ticket it is: that of the agent of the key `first` or of who stands in for them, if
    there is room, else by the team's method among those who have the skill, or among all when none
    of those has room; None when it is for people to take, and when nobody has room.

    Asks nothing of the database when the method is manual and nobody comes first. Otherwise the
    team's people are held until the transaction ends, so that two tickets never both get the last
    place.
    """
    if not team_assigns(team) and first is None:
        return None
    seats = [seat for seat in _hold_seats(team) if seat.agent.pk not in without]
    free = [seat for seat in seats if seat.has_room and not seat.agent.is_away_at(now)]
    chosen = _seat_of(first, free, now=now)
    if chosen is None and free and team_assigns(team):
        skilled = [seat for seat in free if has_skill(seat.agent, skill)]
        chosen = _by_method(team, customer, skilled or free, now=now)
    if chosen is None:
        return None
    Membership.objects.filter(pk=chosen.membership_id).update(last_given_at=now)
    return chosen.agent


def reachable(agent: Agent, *, by: Agent, now: datetime) -> Agent:
    """The agent, or whoever stands in for them while they are away. Raises IsAway when nobody does;
    one may always take tickets oneself."""
    if agent == by or not agent.is_away_at(now):
        return agent
    stand_in = stand_ins([agent.pk], now=now).get(agent.pk)
    if stand_in is None:
        raise IsAway(_("%(name)s is away, and nobody stands in.") % {"name": agent.name})
    return stand_in


def await_act(ticket: Ticket, *, now: datetime) -> None:
    """From now on it is the holder's turn, and where the team says so, not for ever. Save it after."""
    patience: timedelta | None = ticket.team.takes_back_after
    if ticket.assignee_id is None or patience is None:
        ticket.act_since = ticket.act_by = None
        return
    ticket.act_since = now
    ticket.act_by = working_time_after(ticket.clock.policy_version_id, now, patience)


def _hold_seats(team: Team) -> list[Seat]:
    """Agents are held, not their memberships: the places of one who is in two teams are the same.

    Two statements, because the one that has waited for the lock still counts as before it.
    """
    members = Agent.objects.filter(memberships__team=team, is_active=True).order_by("pk")
    held = {agent.pk: agent for agent in members.select_for_update(of=("self",), no_key=True)}
    open_tickets = (
        Ticket.objects.filter(assignee=OuterRef("agent"), status__in=UNRESOLVED)
        .order_by()
        .values("assignee")
        .annotate(number=Count("pk"))
        .values("number")
    )
    rows = (
        Membership.objects.filter(team=team, agent__in=held)
        .annotate(load=Coalesce(Subquery(open_tickets), 0))
        .values_list("pk", "agent_id", "capacity", "load", "last_given_at")
    )
    return [Seat(pk, held[agent_id], *rest) for pk, agent_id, *rest in rows]


def _by_method(team: Team, customer: Customer, free: Sequence[Seat], *, now: datetime) -> Seat:
    if team.assignment == Assignment.ROUND_ROBIN:
        return min(free, key=lambda seat: seat.turn)
    least_loaded = min(free, key=lambda seat: (seat.load, *seat.turn))
    if team.assignment == Assignment.KNOWS_CUSTOMER:
        return _who_knows(customer, free, now=now) or least_loaded
    return least_loaded


def _who_knows(customer: Customer, free: Sequence[Seat], *, now: datetime) -> Seat | None:
    """Whoever had the customer's newest ticket that somebody had."""
    had = Ticket.objects.filter(customer=customer).exclude(assignee=None)
    agent_id = had.order_by("-opened_at", "-pk").values_list("assignee", flat=True).first()
    return _seat_of(agent_id, free, now=now)


def _seat_of(agent_id: int | None, free: Sequence[Seat], *, now: datetime) -> Seat | None:
    """Theirs; while they are away, that of whoever stands in for them."""
    if agent_id is None:
        return None
    stand_in = stand_ins([agent_id], now=now).get(agent_id)
    wanted = stand_in.pk if stand_in else agent_id
    return next((seat for seat in free if seat.agent.pk == wanted), None)
