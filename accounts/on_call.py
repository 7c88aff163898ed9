"""Who is on call for a team: a plain list of people with from when until when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from accounts.exceptions import PeopleError
from accounts.models import Agent, OnCall, Team

LONGEST = timedelta(days=31)


def people_on_call(team_ids: Collection[int], *, now: datetime) -> dict[int, list[int]]:
    """The ids of the active people who are on call for each team now, in one query."""
    lines = OnCall.objects.filter(
        team__in=team_ids, starts_at__lte=now, ends_at__gt=now, agent__is_active=True
    )
    found: dict[int, list[int]] = defaultdict(list)
    for team_id, agent_id in lines.values_list("team_id", "agent_id"):
        if agent_id not in found[team_id]:
            found[team_id].append(agent_id)
    return found


def put_on_call(
    team: Team, agent: Agent, *, starts_at: datetime, ends_at: datetime, now: datetime
) -> OnCall:
    """Add a line. Raises PeopleError for somebody who is not in the team, and for times that make
    no sense."""
    if not team.memberships.filter(agent=agent).exists():
        raise PeopleError(_("%(name)s is not in this team.") % {"name": agent.name}, field="agent")
    if ends_at <= now:
        raise PeopleError(_("This time is in the past. Choose a later one."), field="ends_at")
    if ends_at <= starts_at:
        raise PeopleError(_("It ends before it begins."), field="ends_at")
    if ends_at - starts_at > LONGEST:
        raise PeopleError(_("Nobody is on call for more than a month at a time."), field="ends_at")
    return OnCall.objects.create(team=team, agent=agent, starts_at=starts_at, ends_at=ends_at)
