"""What there is to choose from: teams, people, topics, fields, tags; and macros on tickets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse

from accounts.models import Agent, Role
from accounts.permissions import Permission
from accounts.scopes import Scope
from api import access
from api.endpoint import PAGED, Asked, Endpoint, answer, call, page
from api.filtering import check_after
from api.schema import page_of
from api.shapes import (
    Choice,
    Flag,
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
from api.views.customers import ORGANIZATION
from common.keyset import Order
from common.keyset import page_of as keyset_page
from tickets.macros import filled
from tickets.models import Tag
from tickets.services.macros import apply_changes
from topics.models import Field, Topic
from topics.selectors import definitions

BY_ID = Order((), is_ascending=True)
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
BOTH = answered("InBothLanguages", {"ja": Text(200), "en": Text(200)})
TOPIC = answered("Topic", {"id": Whole(), "name": BOTH, "team": Whole(), "is_active": Flag()})
FIELD = answered(
    "Field",
    {
        "key": Text(40),
        "of": Choice(Field.Of.values),
        "kind": Choice(Field.Kind.values),
        "label": BOTH,
        "choices": ListOf(answered("FieldChoice", {"key": Text(40), "name": BOTH}), 1000),
        "topics": ListOf(Whole(), 1000, about="Which tickets have it; none: every ticket"),
        "is_required_to_solve": Flag(),
        "is_active": Flag(),
    },
)
TAG = answered("Tag", {"id": Whole(), "name": Text(40)})
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


class Teams(Endpoint):
    """Whose tickets the agent sees."""

    of = "tickets"
    section = "lists"

    @call("List teams", answer=page_of(TEAM), query=PAGED)
    def get(self, asked: Asked) -> HttpResponse:
        """By id."""
        return _page(asked, access.teams(asked.agent), _named)


class Agents(Endpoint):
    """Who works here."""

    of = "tickets"
    section = "lists"

    @call("List the people who may have tickets", answer=page_of(PERSON), query=PAGED)
    def get(self, asked: Asked) -> HttpResponse:
        """By id."""
        return _page(asked, access.agents(asked.agent), _shown_person)


class Organizations(Endpoint):
    """Of whose people the agent sees a ticket."""

    of = "customers"
    section = "lists"

    @call("List organisations", answer=page_of(ORGANIZATION), query=PAGED)
    def get(self, asked: Asked) -> HttpResponse:
        """By id."""
        return _page(asked, access.organizations(asked.agent), _named)


class OrganizationDetail(Endpoint):
    """One of them."""

    of = "customers"
    section = "lists"

    @call("Read an organisation", answer=ORGANIZATION)
    def get(self, asked: Asked, pk: str) -> HttpResponse:
        """Its name."""
        return answer(_named(access.organization(asked.agent, pk)))


class Topics(Endpoint):
    """What tickets are about."""

    of = "tickets"
    section = "lists"

    @call("List topics", answer=page_of(TOPIC))
    def get(self, asked: Asked) -> HttpResponse:
        """As they were arranged, on one page."""
        return page(asked, [_shown_topic(topic) for topic in definitions().topics], "")


class Fields(Endpoint):
    """What can be known of tickets and customers."""

    of = "tickets"
    section = "lists"

    @call("List fields", answer=page_of(FIELD))
    def get(self, asked: Asked) -> HttpResponse:
        """As they were arranged, on one page."""
        return page(asked, [_shown_field(field) for field in definitions().fields], "")


class Tags(Endpoint):
    """The words that tickets are sorted by."""

    of = "tickets"
    section = "lists"

    @call("List tags", answer=page_of(TAG), query=PAGED)
    def get(self, asked: Asked) -> HttpResponse:
        """By id."""
        return _page(asked, Tag.objects.all(), _named)


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


def _page(
    asked: Asked, rows: QuerySet[Any, Any], shown: Callable[[Any], dict[str, Any]]
) -> HttpResponse:
    check_after(BY_ID, asked.after)
    found = keyset_page(rows, BY_ID, after=asked.after, size=asked.limit)
    return page(asked, [shown(row) for row in found.rows], found.older)


def _named(row: Any) -> dict[str, Any]:
    return {"id": row.pk, "name": row.name}


def _shown_person(agent: Agent) -> dict[str, Any]:
    return {"id": agent.pk, "name": agent.name, "email": agent.email}


def _shown_topic(topic: Topic) -> dict[str, Any]:
    return {
        "id": topic.pk,
        "name": topic.names,
        "team": topic.team_id,
        "is_active": topic.is_active,
    }


def _shown_field(field: Field) -> dict[str, Any]:
    return {
        "key": field.key,
        "of": field.of,
        "kind": field.kind,
        "label": field.labels,
        "choices": [
            {"key": each["key"], "name": {"ja": each["ja"], "en": each["en"]}}
            for each in field.choices
        ],
        "topics": sorted(field.topic_ids),
        "is_required_to_solve": field.is_required_to_solve,
        "is_active": field.is_active,
    }
