"""Who has signed in."""

from __future__ import annotations

from typing import Any, cast

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet

from accounts.models import Agent, Membership
from common.prepared import prepared


class SignedIn(AuthenticationBackend):  # type: ignore[misc]  # allauth has no types
    """Signing in is allauth's; each request then reads the agent and their teams in one query."""

    def get_user(self, user_id: Any) -> Agent | None:
        """The agent of a session; None when they are gone or may not come in any more."""
        agent: Any = next(iter(_with_teams(int(user_id))), None)
        if agent is None or not self.user_can_authenticate(agent):
            return None
        agent.team_ids = tuple(agent.of_teams)
        return cast("Agent", agent)


@prepared
def _with_teams(pk: int) -> QuerySet[Any]:
    teams = Membership.objects.filter(agent=OuterRef("pk")).order_by("team").values("team")
    return Agent.objects.filter(pk=pk).annotate(of_teams=ArraySubquery(teams))
