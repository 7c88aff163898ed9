"""Queues under a name: saved from the queue, kept in order on a page of their own."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.models import Agent
from accounts.selectors import circle_of
from desk import access
from desk.filtering import Choices, parts
from desk.forms import MoveForm, ViewForm
from desk.origin import queue_address
from tickets.exceptions import BadView
from tickets.models import SavedView
from tickets.queue import QueueFilter
from tickets.services import viewing


def index(request: HttpRequest) -> HttpResponse:
    """All views this agent may open, with what each is cut down to."""
    agent = access.agent(request)
    choices = Choices.load(agent)
    kept = set(viewing.views_kept_by(agent).values_list("pk", flat=True))
    views = list(viewing.views_in_order(agent))
    context = {
        "views": [
            {
                "view": view,
                "parts": parts(QueueFilter.parse(view.query), choices),
                "is_kept": view.pk in kept,
                "audience": audience_of(view, choices.teams),
            }
            for view in views
        ],
    }
    return render(request, "desk/views.html", context)


def create(request: HttpRequest) -> HttpResponse:
    """Keep a queue under a name, and stay in it."""
    agent = access.agent(request)
    circle = circle_of(agent)
    form = ViewForm(request.POST, audiences=audiences(agent, circle.teams, circle.led))
    query = QueueFilter.parse(request.POST.get("query", "")).query()
    if form.is_valid():
        owner, team = form.audience(agent)
        _try(
            request,
            lambda: viewing.save_view(
                name=form.cleaned_data["name"], query=query, owner=owner, team=team
            ),
        )
    else:
        messages.error(request, _("Give the view a name, and say whom it is for."))
    return redirect(queue_address(query))


def update(request: HttpRequest, pk: int) -> HttpResponse:
    """Another name."""
    view = access.kept_view(access.agent(request), pk)
    _try(request, lambda: viewing.rename_view(view, name=request.POST.get("name", "")))
    return redirect("desk:view_list")


def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """The name goes; the tickets stay."""
    view = access.kept_view(access.agent(request), pk)
    view.delete()
    messages.success(request, _("The view “%(name)s” is deleted.") % {"name": view.name})
    return redirect("desk:view_list")


def move(request: HttpRequest, pk: int) -> HttpResponse:
    """One place up or down."""
    view = access.kept_view(access.agent(request), pk)
    form = MoveForm(request.POST)
    if form.is_valid():
        viewing.move_view(view, by=int(form.cleaned_data["by"]))
    return redirect("desk:view_list")


def choose_default(request: HttpRequest, pk: int) -> HttpResponse:
    """The queue opens with this view, or no longer does."""
    agent = access.agent(request)
    view = access.view(agent, pk)
    viewing.choose_default(agent, view if request.POST.get("is_default") else None)
    return redirect("desk:view_list")


def audiences(agent: Agent, teams: dict[int, str], led: frozenset[int]) -> list[tuple[str, str]]:
    """Whom this agent may save a view for: value and name."""
    mine = [("me", _("For me"))]
    shared = [
        (f"team-{pk}", name) for pk, name in teams.items() if agent.sees_everything or pk in led
    ]
    return mine + shared + ([("everybody", _("For everybody"))] if agent.sees_everything else [])


def audience_of(view: SavedView, teams: dict[int, str]) -> str:
    """Whom a view is for, in words."""
    if view.owner_id is not None:
        return _("For me")
    return teams.get(view.team_id, "") if view.team_id else _("For everybody")


def _try(request: HttpRequest, act: Callable[[], SavedView]) -> None:
    try:
        act()
    except BadView as refusal:
        messages.error(request, str(refusal))
