"""The ordered work list: what is due next stands first."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from common.keyset import Page
from desk import access
from desk.bulk import latest_undoable
from desk.emptiness import empty_queue
from desk.filtering import Choices, FilterForm, parts
from desk.first_run.steps import first_steps_for
from desk.origin import Origin, queue_address
from desk.rows import queue_rows
from desk.sent import just_sent
from desk.views.saved_views import audiences
from sla.models import Priority
from tickets.queue import (
    COUNTED,
    QueueFilter,
    next_in_queue,
    queue_counts,
    queue_page,
)
from tickets.services.viewing import views_in_order

VIEWS_SHOWN = 12


@dataclass(frozen=True)
class Named:
    """A queue under a name."""

    chosen: QueueFilter
    label: str
    icon: str
    is_default: bool = False

    @classmethod
    def of(cls, view: Any) -> Named:
        """A saved view, whatever its address has become since it was saved."""
        icon = "bookmark" if view.owner_id else "users"
        return cls(QueueFilter.parse(view.query), view.name, icon, view.is_default)


def queue(request: HttpRequest) -> HttpResponse:
    """One page of the queue; for htmx only the list itself, and 304 when nothing in it changed."""
    agent, now = access.agent(request), timezone.now()
    views = [Named.of(view) for view in views_in_order(agent)]
    chosen = QueueFilter.read(request.GET)
    if (address := _better_address(request, chosen, views)) is not None:
        return redirect(queue_address(address))
    after = request.GET.get("after", "")
    page = queue_page(chosen, agent=agent, now=now, after=after)
    names = _names(views, sees_everything=agent.sees_everything)
    counts = queue_counts(agent, now=now, filters=[chosen, *(name.chosen for name in names)])
    is_part = bool(request.headers.get("HX-Request"))
    etag = _etag(request, page, (names, counts))
    unchanged = get_conditional_response(request, etag=etag) if is_part else None
    if unchanged is not None:
        return unchanged
    choices = Choices.load(agent)
    is_named = chosen in {name.chosen for name in names}
    context = {
        "page": page,
        "rows": queue_rows(page.rows, now=now, suffix=Origin(chosen, after).suffix),
        "chosen": chosen,
        "chips": _chips(chosen, names, counts),
        "number": counted if (counted := counts.get(chosen)) != COUNTED else None,
        "came_from": Origin(chosen, after).query,
        "priorities": Priority.choices,
        "bulk": None if is_part else latest_undoable(agent),
        "first_steps": [] if is_part else first_steps_for(agent),
        "just_sent": just_sent(request, now=now),
        "has_views": bool(views),
        "parts": [] if is_named else parts(chosen, choices),
        "audiences": audiences(agent, choices.teams, choices.led),
        "filter_form": FilterForm(chosen, choices),
        "choices": choices,
        "older_url": _older_url(chosen, page),
        "empty": None if page.rows else empty_queue(chosen, agent=agent, counts=counts, now=now),
        "etag": etag,
        "now": now,
    }
    response = render(request, "desk/_queue.html" if is_part else "desk/queue.html", context)
    response["ETag"] = etag
    # The same address answers with a page or a part of it; "back" must never show the part.
    response["Cache-Control"] = "private, no-store"
    patch_vary_headers(response, ["HX-Request"])
    return response


def next_ticket(request: HttpRequest) -> HttpResponse:
    """Open what is due next, other than the ticket one comes from."""
    chosen = QueueFilter.read(request.GET)
    ticket = next_in_queue(
        chosen,
        agent=access.agent(request),
        now=timezone.now(),
        without=request.GET.get("not", ""),
    )
    if ticket is None:
        messages.info(request, _("Nothing is waiting here. Well done."))
        return redirect("desk:queue")
    return redirect(Origin(chosen).ticket(ticket.number))


def _better_address(request: HttpRequest, chosen: QueueFilter, views: list[Named]) -> str | None:
    """The agent's default view when no queue is named; or the address without empty fields, which
    forms send too."""
    if not request.GET:
        return next((view.chosen.query() for view in views if view.is_default), None)
    return chosen.query() if "" in request.GET.values() else None


def _etag(request: HttpRequest, page: Page[dict[str, Any]], chips: object) -> str:
    """Changes with what is in the list and in whose language, not with the time of day."""
    told = ("number", "revision", "next_due_at", "is_unread", "customer__is_vip")
    rows = [[row[name] for name in told] for row in page.rows]
    shown = repr((request.get_full_path(), get_language(), rows, chips))
    return f'W/"{hashlib.sha256(shown.encode()).hexdigest()[:20]}"'


def _names(views: list[Named], *, sees_everything: bool) -> list[Named]:
    """The queues that have a name: those of every desk, then the saved ones."""
    whole = _("All tickets") if sees_everything else _("My teams")
    return [
        Named(QueueFilter(), whole, "inbox"),
        Named(QueueFilter(scope="mine"), _("Mine"), "user"),
        Named(QueueFilter(scope="unassigned"), _("Unassigned"), "user-x"),
        Named(QueueFilter(due="late"), _("Late"), "triangle-alert"),
        Named(QueueFilter(state="resolved"), _("Resolved"), "circle-check"),
        *views[:VIEWS_SHOWN],
    ]


def _chips(
    chosen: QueueFilter, names: list[Named], counts: dict[QueueFilter, int]
) -> list[dict[str, Any]]:
    """The ways to cut the queue, each with how many it holds."""
    return [
        {
            "query": name.chosen.query(),
            "label": name.label,
            "number": _in_figures(counts.get(name.chosen)),
            "icon": name.icon,
            "is_current": name.chosen == chosen,
            "is_alarming": name.chosen.due == "late" and bool(counts.get(name.chosen)),
        }
        for name in names
    ]


def _in_figures(counted: int | None) -> str:
    """Empty where nothing is counted."""
    if counted is None:
        return ""
    return str(counted) if counted < COUNTED else f"{COUNTED - 1}+"


def _older_url(chosen: QueueFilter, page: Page[dict[str, Any]]) -> str:
    return f"?{chosen.query()}&{urlencode({'after': page.older})}" if page.older else ""
