"""Queues under a name: one agent's own, a team's, or everybody's."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Agent, Team
from common.positions import move_within, place_behind
from tickets.exceptions import BadView
from tickets.models import DefaultView, SavedView
from tickets.queue import QueueFilter
from tickets.services import audiences

NAME_LENGTH = 40
VIEWS_OF_ONE_AUDIENCE = 50


def views_seen_by(agent: Agent) -> QuerySet[SavedView]:
    """Their own, those of their teams, and everybody's."""
    return audiences.seen_by(agent, SavedView.objects.all())


def views_in_order(agent: Agent) -> QuerySet[Any]:
    """The views somebody sees, with `is_default`: the nearest first, then as they were arranged."""
    chosen = DefaultView.objects.filter(agent=agent, view=OuterRef("pk"))
    views = views_seen_by(agent).annotate(is_default=Exists(chosen))
    return views.order_by(audiences.NEAREST, "team__name", "position", "pk")


def views_kept_by(agent: Agent) -> QuerySet[SavedView]:
    """Those they may rename, move and delete: their own, of teams they lead, or as managers all
    that are shared."""
    return audiences.kept_by(agent, SavedView.objects.all(), with_all_shared=agent.sees_everything)


@transaction.atomic
def save_view(*, name: str, query: str, owner: Agent | None, team: Team | None) -> SavedView:
    """Keep a queue under a name, as the last of its audience. Raises BadView."""
    audience = SavedView.objects.filter(owner=owner, team=team)
    if audience.count() >= VIEWS_OF_ONE_AUDIENCE:
        raise BadView(_("There are 50 views already. Delete one first."))
    view = SavedView(owner=owner, team=team, position=place_behind(audience))
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
    move_within(audience, view, by=by)


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
