"""Who is on call for a team."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from accounts.models import Agent, OnCall, Team
from accounts.on_call import put_on_call
from accounts.selectors import may_keep_team, teams_read_by
from api import access
from api.endpoint import PAGED, Asked, Endpoint, absolute, answer, call
from api.filtering import paged
from api.problems import Problem
from api.schema import page_of
from api.shapes import Instant, Whole, answered, body, utc
from api.showing import AGENT, shown_agent
from common.keyset import Order

FIRST = Order(("starts_at",), is_ascending=True)
LINE = answered(
    "OnCall", {"id": Whole(), "agent": AGENT, "starts_at": Instant(), "ends_at": Instant()}
)
NEW = body(
    "NewOnCall",
    {"agent": Whole(about="Of the team"), "starts_at": Instant(), "ends_at": Instant()},
    ["agent", "starts_at", "ends_at"],
)


class OnCallLines(Endpoint):
    """Who hears of broken promises outside opening hours."""

    of = "settings"
    section = "people"

    @call("List who is on call for a team", answer=page_of(LINE), query=PAGED)
    def get(self, asked: Asked, pk: str) -> HttpResponse:
        """Now and from now on, the first first."""
        team = access.one_of(teams_read_by(asked.agent), pk)
        lines = team.on_call.filter(ends_at__gt=asked.now).select_related("agent")
        return paged(asked, lines, FIRST, _shown)

    @call(
        "Put somebody on call",
        answer=LINE,
        status=201,
        body=NEW,
        about="For the team's leads, and for whoever manages people; at most a month at a time.",
        example={
            "agent": 3,
            "starts_at": "2126-11-24T09:00:00Z",
            "ends_at": "2126-11-25T00:00:00Z",
        },
    )
    def post(self, asked: Asked, pk: str) -> HttpResponse:
        """One more line."""
        team = _kept_team(asked, pk)
        members = Agent.objects.filter(is_active=True, memberships__team=team)
        line = put_on_call(
            team,
            access.one_in_body(members, asked.body["agent"], at="agent"),
            starts_at=asked.body["starts_at"],
            ends_at=asked.body["ends_at"],
            now=asked.now,
        )
        address = absolute(reverse("api:on_call", args=[team.pk]))
        return answer(_shown(line), status=201, Location=address)


class OnCallLineDetail(Endpoint):
    """One of them."""

    of = "settings"
    section = "people"

    @call("Take somebody off the list of who is on call", status=204)
    def delete(self, asked: Asked, pk: str, point: str) -> HttpResponse:
        """The line is gone."""
        access.one_of(_kept_team(asked, pk).on_call.all(), point).delete()
        return HttpResponse(status=204)


def _kept_team(asked: Asked, pk: str) -> Team:
    team = access.one_of(teams_read_by(asked.agent), pk)
    if not may_keep_team(asked.agent, team):
        raise Problem(403, "not-permitted")
    return team


def _shown(line: OnCall) -> dict[str, Any]:
    return {
        "id": line.pk,
        "agent": shown_agent(line),
        "starts_at": utc(line.starts_at),
        "ends_at": utc(line.ends_at),
    }
