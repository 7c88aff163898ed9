"""Who has signed in."""

from __future__ import annotations

from typing import Any, cast

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, ExpressionWrapper, OuterRef, QuerySet

from accounts.models import Agent, Membership
from accounts.second_factor import lacking_second_factor
from common.prepared import prepared


class SignedIn(AuthenticationBackend):  # type: ignore[misc]  # allauth has no types
    """Signing in is allauth's; each request then reads the agent, what they may do, their teams and
    whether they lack a second factor in one query."""

    def get_user(self, user_id: Any) -> Agent | None:
        """The agent of a session; None when they are gone or may not come in any more."""
        agent: Any = next(iter(_with_teams(int(user_id))), None)
        if agent is None or not self.user_can_authenticate(agent):
            return None
        agent.team_ids = tuple(agent.of_teams)
        agent.is_held_back = agent.lacks_second_factor
        return cast("Agent", agent)


@prepared
def _with_teams(pk: int) -> QuerySet[Any]:
    teams = Membership.objects.filter(agent=OuterRef("pk")).order_by("team").values("team")
    agents = Agent.objects.filter(pk=pk).select_related("permission_set")
    return agents.annotate(
        of_teams=ArraySubquery(teams),
        lacks_second_factor=ExpressionWrapper(lacking_second_factor(), BooleanField()),
    )
