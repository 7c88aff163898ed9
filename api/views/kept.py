"""What people keep for themselves, their teams or everybody: macros and views."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Agent, Team
from accounts.permissions import Permission
from api import access
from api.endpoint import Asked, Endpoint, absolute, answer, call, page
from api.filtering import OF_QUEUE, read_filter
from api.problems import Problem, invalid
from api.schema import page_of
from api.shapes import Choice, Flag, ListOf, OrNull, Shape, Text, Whole, answered, body
from api.showing import NAMED
from common.positions import steps_to
from sla.models import Priority
from tickets.models import Ending, Macro, SavedView
from tickets.queue import FIELD
from tickets.services import audiences, viewing
from tickets.services.macros import macros_in_order, move_macro, save_macro
from tickets.services.viewing import NAME_LENGTH, views_in_order
from tickets.tags import TAG_LENGTH, TAGS_OF_A_TICKET, distinct

FOR_WHOM: Mapping[str, Shape] = {
    "team": OrNull(Whole(about="For this team; it takes a lead, or somebody who keeps all")),
    "is_own": Flag(
        about="true, as when both are left out: for oneself; false without a team: for everybody"
    ),
}
PLACE = Whole(0, 1000, about="Its place among those for the same people; 0: the first")
# All that somebody sees are on one page.
MOST = 10_000
LONGEST_PROMISE = 366 * 86_400
VIEW = answered(
    "View",
    {
        **NAMED,
        "query": Text(600, about="Parameters of the list of tickets"),
        "is_default": Flag(),
        "team": OrNull(Whole()),
        "is_own": Flag(),
    },
)
NEW_VIEW = body(
    "NewView",
    {
        "name": Text(NAME_LENGTH, 1),
        "query": Text(600, about="Parameters of the list of tickets, such as `due=day&team=3`"),
        **FOR_WHOM,
    },
    ["name", "query"],
)
VIEW_CHANGE = body(
    "ViewChange",
    {
        "name": Text(NAME_LENGTH, 1),
        "is_default": Flag(about="Of the token's agent: the queue opens with it"),
        "position": PLACE,
    },
)
MACRO = answered(
    "Macro",
    {
        **NAMED,
        "reading": Text(60, about="How the name is said"),
        "body": Text(100_000),
        "language": Text(8, about="Of the customers it is for; empty: any"),
        "ending": Text(10, about="How a reply with it ends; empty: as the writer says"),
        "promise_after": OrNull(Whole(about="Seconds of working time until the next contact")),
        "tags": ListOf(Text(40), 1000),
        "priority": Text(10),
        "team": OrNull(Whole()),
        "is_own": Flag(),
    },
)
OF_MACRO: Mapping[str, Shape] = {
    "name": Text(60, 1),
    "reading": Text(60),
    "body": Text(20_000, 1, about="With placeholders such as `{{customer}}`"),
    "language": Choice(Macro.Language.values),
    "ending": Choice(["", *Ending.values]),
    "promise_after": OrNull(Whole(1, LONGEST_PROMISE, about="Seconds of working time")),
    "tags": ListOf(Text(TAG_LENGTH, 1), TAGS_OF_A_TICKET),
    "priority": Choice(["", *Priority.values]),
    **FOR_WHOM,
}
NEW_MACRO = body("NewMacro", OF_MACRO, ["name", "body"])
MACRO_CHANGE = body("MacroChange", {**OF_MACRO, "position": PLACE})


class Views(Endpoint):
    """Queues under a name."""

    of = "tickets"
    section = "lists"

    @call("List saved views", answer=page_of(VIEW, most=MOST))
    def get(self, asked: Asked) -> HttpResponse:
        """The nearest first, on one page."""
        shown = [_shown_view(view, asked.agent) for view in views_in_order(asked.agent)]
        return page(asked, shown, "")

    @call(
        "Save a view",
        answer=VIEW,
        status=201,
        body=NEW_VIEW,
        refuses=(409,),
        example={"name": "Printers", "query": "due=day&priority=high"},
    )
    def post(self, asked: Asked) -> HttpResponse:
        """The last of its audience."""
        sent = asked.body
        owner, team = _for_whom(asked, may_keep_all=asked.agent.sees_everything)
        query = _query(sent["query"])
        view = viewing.save_view(name=sent["name"], query=query, owner=owner, team=team)
        address = absolute(reverse("api:view", args=[view.pk]))
        return answer(_view_as_it_is(view, asked.agent), status=201, Location=address)


class ViewDetail(Endpoint):
    """One of them."""

    of = "tickets"
    section = "lists"

    @call(
        "Rename a view, move it, or open the queue with it",
        answer=VIEW,
        body=VIEW_CHANGE,
        refuses=(409,),
        example={"name": "Printers of today"},
    )
    def patch(self, asked: Asked, pk: str) -> HttpResponse:
        """To rename it or to move it, one must keep it."""
        view = access.view(asked.agent, pk)
        if "name" in asked.body:
            viewing.rename_view(access.kept_view(asked.agent, pk), name=asked.body["name"])
        if "position" in asked.body:
            kept = access.kept_view(asked.agent, pk)
            viewing.move_view(kept, by=_steps(asked, SavedView.objects.all(), kept))
        if "is_default" in asked.body:
            viewing.choose_default(asked.agent, view if asked.body["is_default"] else None)
        return answer(_view_as_it_is(view, asked.agent))

    @call("Delete a view", status=204)
    def delete(self, asked: Asked, pk: str) -> HttpResponse:
        """The name goes; the tickets stay."""
        access.kept_view(asked.agent, pk).delete()
        return HttpResponse(status=204)


class Macros(Endpoint):
    """Texts kept for many replies."""

    of = "knowledge"
    section = "lists"

    @call("List macros", answer=page_of(MACRO, most=MOST))
    def get(self, asked: Asked) -> HttpResponse:
        """The nearest first, on one page."""
        shown = [_shown_macro(macro, asked.agent) for macro in macros_in_order(asked.agent)]
        return page(asked, shown, "")

    @call(
        "Keep a macro",
        answer=MACRO,
        status=201,
        body=NEW_MACRO,
        refuses=(409,),
        example={
            "name": "Restart",
            "body": "Hello {{customer}},\n\nplease switch it off and on again.",
            "ending": "ask",
            "tags": ["printer"],
        },
    )
    def post(self, asked: Asked) -> HttpResponse:
        """The last of its audience."""
        owner, team = _for_whom(asked, may_keep_all=asked.agent.may(Permission.FORMS))
        macro = save_macro(Macro(), fields={**_fields(asked.body), "owner": owner, "team": team})
        address = absolute(reverse("api:macro_detail", args=[macro.pk]))
        return answer(_shown_macro(macro, asked.agent), status=201, Location=address)


class MacroDetail(Endpoint):
    """One of them."""

    of = "knowledge"
    section = "lists"

    @call(
        "Change a macro",
        answer=MACRO,
        body=MACRO_CHANGE,
        refuses=(409,),
        about="What is left out stays.",
        example={"priority": "high"},
    )
    def patch(self, asked: Asked, pk: str) -> HttpResponse:
        """Replies that were begun with it stay as they are."""
        macro = access.kept_macro(asked.agent, pk)
        fields = _fields(asked.body)
        if {"team", "is_own"} & set(asked.body):
            may_keep_all = asked.agent.may(Permission.FORMS)
            fields["owner"], fields["team"] = _for_whom(asked, may_keep_all=may_keep_all)
        save_macro(macro, fields=fields)
        if "position" in asked.body:
            move_macro(macro, by=_steps(asked, Macro.objects.all(), macro))
        return answer(_shown_macro(macro, asked.agent))

    @call("Delete a macro", status=204)
    def delete(self, asked: Asked, pk: str) -> HttpResponse:
        """What was written with it stays."""
        access.kept_macro(asked.agent, pk).delete()
        return HttpResponse(status=204)


def _for_whom(asked: Asked, *, may_keep_all: bool) -> tuple[Agent | None, Team | None]:
    """The one owner, or the one team, or neither for everybody. Raises Problem."""
    pk = asked.body.get("team")
    if asked.body.get("is_own", pk is None):
        if pk is not None:
            raise invalid("is_own", "contradiction", _("It is one's own, or a team's."))
        return asked.agent, None
    team = access.team(asked.agent, pk) if pk is not None else None
    if not audiences.may_keep_for(asked.agent, team, with_all_shared=may_keep_all):
        raise Problem(403, "not-permitted", _("Only leads keep what is for others."))
    return None, team


def _steps(asked: Asked, rows: QuerySet[Any], row: Macro | SavedView) -> int:
    """How far it moves among those that are kept for the same people."""
    audience = rows.filter(owner=row.owner_id, team=row.team_id)
    return steps_to(audience, row, place=asked.body["position"])


def _query(text: str) -> str:
    """Parameters that the list of tickets knows. Raises Problem."""
    said = dict(parse_qsl(text.removeprefix("?"), keep_blank_values=True))
    for name in said:
        if name not in OF_QUEUE and not name.startswith(FIELD):
            raise invalid("query", "unknown-parameter", _("There is no such parameter here."))
    return read_filter(said).query()


def _fields(sent: Mapping[str, Any]) -> dict[str, Any]:
    """The values to keep. Raises tickets.exceptions.BadTag."""
    fields = {name: said for name, said in sent.items() if name not in {*FOR_WHOM, "position"}}
    if "name" in fields:
        fields["name"] = " ".join(fields["name"].split())
    if fields.get("promise_after"):
        fields["promise_after"] = timedelta(seconds=fields["promise_after"])
    if "tags" in fields:
        fields["tags"] = list(distinct(fields["tags"]).values())
    return fields


def _view_as_it_is(view: SavedView, agent: Agent) -> dict[str, Any]:
    return _shown_view(views_in_order(agent).get(pk=view.pk), agent)


def _shown_view(view: Any, agent: Agent) -> dict[str, Any]:
    return {
        "id": view.pk,
        "name": view.name,
        "query": view.query,
        "is_default": view.is_default,
        "team": view.team_id,
        "is_own": view.owner_id == agent.pk,
    }


def _shown_macro(macro: Macro, agent: Agent) -> dict[str, Any]:
    promised = macro.promise_after
    return {
        "id": macro.pk,
        "name": macro.name,
        "reading": macro.reading,
        "body": macro.body,
        "language": macro.language,
        "ending": macro.ending,
        "promise_after": int(promised.total_seconds()) if promised else None,
        "tags": list(macro.tags),
        "priority": macro.priority,
        "team": macro.team_id,
        "is_own": macro.owner_id == agent.pk,
    }
