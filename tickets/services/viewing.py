"""Queues under a name: one agent's own, a team's, or everybody's."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Case, Exists, Max, OuterRef, Q, QuerySet, When
from django.utils.translation import gettext as _

from accounts.models import Agent, Team
from tickets.exceptions import BadView
from tickets.models import DefaultView, SavedView
from tickets.queue import QueueFilter

NAME_LENGTH = 40
VIEWS_OF_ONE_AUDIENCE = 50


def views_seen_by(agent: Agent) -> QuerySet[SavedView]:
    """Their own, those of their teams, and everybody's."""
    teams = Team.objects.filter(memberships__agent=agent)
    of_teams = Q(team__isnull=False) if agent.sees_everything else Q(team__in=teams)
    return SavedView.objects.filter(Q(owner=agent) | of_teams | Q(owner=None, team=None))


def views_in_order(agent: Agent) -> QuerySet[Any]:
    """The views somebody sees, with `is_default`: the nearest first, then as they were arranged."""
    chosen = DefaultView.objects.filter(agent=agent, view=OuterRef("pk"))
    nearest = Case(When(owner__isnull=False, then=0), When(team__isnull=False, then=1), default=2)
    views = views_seen_by(agent).annotate(is_default=Exists(chosen), nearest=nearest)
    return views.order_by("nearest", "team__name", "position", "pk")


def views_kept_by(agent: Agent) -> QuerySet[SavedView]:
    """Those they may rename, move and delete: their own, of teams they lead, or as managers all
    that are shared."""
    if agent.sees_everything:
        return SavedView.objects.filter(Q(owner=agent) | Q(owner=None))
    led = Team.objects.filter(memberships__agent=agent, memberships__is_lead=True)
    return SavedView.objects.filter(Q(owner=agent) | Q(team__in=led))


@transaction.atomic
def save_view(*, name: str, query: str, owner: Agent | None, team: Team | None) -> SavedView:
    """Keep a queue under a name, as the last of its audience. Raises BadView."""
    audience = SavedView.objects.filter(owner=owner, team=team)
    if audience.count() >= VIEWS_OF_ONE_AUDIENCE:
        raise BadView(_("There are 50 views already. Delete one first."))
    last = audience.aggregate(last=Max("position"))["last"]
    view = SavedView(owner=owner, team=team, position=0 if last is None else last + 1)
    # Written anew: what is stored is always an address that the queue itself would give.
    view.query = QueueFilter.parse(query).query()
    _name(view, name)
    return view


@transaction.atomic
def rename_view(view: SavedView, *, name: str) -> SavedView:
    """Another name. Raises BadView."""
    _name(view, name)
    return view


@transaction.atomic
def move_view(view: SavedView, *, by: int) -> None:
    """One place up (-1) or down (1) among those of the same audience."""
    audience = SavedView.objects.filter(owner=view.owner_id, team=view.team_id)
    views = list(audience.select_for_update().order_by("position", "pk"))
    here = [each.pk for each in views].index(view.pk)
    there = min(max(here + by, 0), len(views) - 1)
    views.insert(there, views.pop(here))
    for position, each in enumerate(views):
        each.position = position
    SavedView.objects.bulk_update(views, ["position"])


def choose_default(agent: Agent, view: SavedView | None) -> None:
    """Open the queue with this view from now on; None opens it whole."""
    if view is None:
        DefaultView.objects.filter(agent=agent).delete()
    else:
        DefaultView.objects.update_or_create(agent=agent, defaults={"view": view})


def _name(view: SavedView, name: str) -> None:
    name = " ".join(name.replace("\0", " ").split())
    if not name:
        raise BadView(_("Give the view a name."))
    if len(name) > NAME_LENGTH:
        raise BadView(_("A name has at most %(most)s characters.") % {"most": NAME_LENGTH})
    view.name = name
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as error:
        raise BadView(
            _("There is a view named “%(name)s” already. Choose another name.") % {"name": name}
        ) from error
