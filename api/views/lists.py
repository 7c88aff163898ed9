"""Whose token it is, who may have tickets, and macros on tickets."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse

from accounts.models import Agent, Role
from accounts.permissions import Permission
from accounts.scopes import Scope
from api import access
from api.endpoint import PAGED, Asked, Endpoint, answer, call
from api.filtering import BY_ID, paged
from api.schema import page_of
from api.shapes import (
    Choice,
    Instant,
    ListOf,
    Object,
    OrNull,
    Text,
    Whole,
    answered,
    body,
    utc,
)
from api.showing import NAMED, TEAM, TICKET, ticket_as_it_is
from tickets.macros import filled
from tickets.services.macros import apply_changes

ME = answered(
    "Me",
    {
        **NAMED,
        "email": Text(254),
        "role": Choice(Role.values),
        "language": Choice([code for code, _name in settings.LANGUAGES]),
        "time_zone": Text(64),
        "permissions": ListOf(Choice(Permission.values), len(Permission)),
        "teams": ListOf(TEAM, 1000),
        "token": answered(
            "Token",
            {
                "name": Text(60),
                "scopes": ListOf(Choice(Scope.values), len(Scope)),
                "expires_at": OrNull(Instant()),
            },
        ),
    },
)
APPLY = body("MacroToApply", {"macro": Whole()}, ["macro"])
APPLIED = answered(
    "AppliedMacro",
    {"body": Text(100_000, about="The text, filled in, to be sent as a message"), "ticket": TICKET},
)
PERSON = Object({**NAMED, "email": Text(254)}, (*NAMED, "email"), name="Agent")


class Me(Endpoint):
    """Whose token it is."""

    section = "me"

    @call("Read who the token acts for, and what it may do", answer=ME)
    def get(self, asked: Asked) -> HttpResponse:
        """The agent and the token."""
        agent, token = asked.agent, asked.request.bearer.token  # type: ignore[attr-defined]
        teams = agent.teams.values("id", "name").order_by("pk")
        return answer(
            {
                "id": agent.pk,
                "name": agent.name,
                "email": agent.email,
                "role": agent.role,
                "language": agent.language,
                "time_zone": agent.time_zone,
                "permissions": sorted(agent.permissions),
                "teams": list(teams),
                "token": {
                    "name": token.name,
                    "scopes": token.scopes,
                    "expires_at": utc(token.expires_at),
                },
            }
        )


class Agents(Endpoint):
    """Who works here."""

    of = "tickets"
    section = "lists"

    @call("List the people who may have tickets", answer=page_of(PERSON), query=PAGED)
    def get(self, asked: Asked) -> HttpResponse:
        """By id."""
        return paged(asked, access.agents(asked.agent), BY_ID, _shown_person)


class AppliedMacros(Endpoint):
    """A macro on a ticket."""

    of = "tickets"
    section = "tickets"

    @call(
        "Apply a macro to a ticket",
        answer=APPLIED,
        body=APPLY,
        about="Its tags and its priority are set; its text comes back filled in, and is not sent.",
        example={"macro": 7},
    )
    def post(self, asked: Asked, number: str) -> HttpResponse:
        """Nothing is said to the customer."""
        ticket = access.ticket(asked.agent, number)
        macro = access.macro_in_body(asked.agent, asked.body["macro"])
        apply_changes(ticket, [macro], by=asked.agent, now=asked.now)
        text = filled(macro.body, ticket, agent=asked.agent)
        return answer({"body": text, "ticket": ticket_as_it_is(ticket)})


def _shown_person(agent: Agent) -> dict[str, Any]:
    return {"id": agent.pk, "name": agent.name, "email": agent.email}
