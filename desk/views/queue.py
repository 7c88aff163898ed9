"""The ordered work list: what is due next stands first."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from desk import access
from desk.emptiness import empty_queue
from desk.rows import queue_rows
from tickets.selectors import (
    QueueFilter,
    QueuePage,
    find_tickets,
    next_in_queue,
    queue_counts,
    queue_page,
)


def queue(request: HttpRequest) -> HttpResponse:
    """One page of the queue; for htmx only the list itself, and 304 when nothing in it changed."""
    agent, now = access.agent(request), timezone.now()
    chosen = QueueFilter.read(request.GET)
    page = queue_page(chosen, agent=agent, now=now, after=request.GET.get("after", ""))
    counts = queue_counts(agent, now=now)
    is_part = bool(request.headers.get("HX-Request"))
    etag = _etag(request, page, counts)
    unchanged = get_conditional_response(request, etag=etag) if is_part else None
    if unchanged is not None:
        return unchanged
    context = {
        "page": page,
        "rows": queue_rows(page.rows, now=now),
        "counts": counts,
        "chosen": chosen,
        "chips": _chips(chosen, counts, sees_everything=agent.sees_everything),
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
    agent = access.agent(request)
    ticket = next_in_queue(
        QueueFilter.read(request.GET),
        agent=agent,
        now=timezone.now(),
        without=request.GET.get("not", ""),
    )
    if ticket is None:
        messages.info(request, _("Nothing is waiting here. Well done."))
        return redirect("desk:queue")
    return redirect("desk:ticket", number=ticket.number)


def search(request: HttpRequest) -> HttpResponse:
    """Find tickets by number, words, name or address. A number jumps."""
    text = request.GET.get("q", "").strip()[:200]
    found = find_tickets(text, agent=access.agent(request)) if text else []
    if len(found) == 1 and text.lstrip("#") == str(found[0]["number"]):
        return redirect("desk:ticket", number=found[0]["number"])
    now = timezone.now()
    context = {"text": text, "search_query": text, "rows": queue_rows(found, now=now), "now": now}
    return render(request, "desk/search.html", context)


def _etag(request: HttpRequest, page: QueuePage, counts: dict[str, int]) -> str:
    """Changes with what is in the list and in whose language, not with the time of day."""
    rows = [(row["number"], row["revision"], row["next_due_at"]) for row in page.rows]
    shown = repr((request.get_full_path(), get_language(), rows, counts))
    return f'W/"{hashlib.sha256(shown.encode()).hexdigest()[:20]}"'


def _chips(
    chosen: QueueFilter, counts: dict[str, int], *, sees_everything: bool
) -> list[dict[str, Any]]:
    """The ways to cut the queue, each with how many it holds."""
    whole = _("All tickets") if sees_everything else _("My teams")
    chips = [
        (QueueFilter(), whole, counts["team"], "inbox"),
        (QueueFilter(scope="mine"), _("Mine"), counts["mine"], "user"),
        (QueueFilter(scope="unassigned"), _("Unassigned"), counts["unassigned"], "user-x"),
        (QueueFilter(due="late"), _("Late"), counts["late"], "triangle-alert"),
        (QueueFilter(state="resolved"), _("Resolved"), None, "circle-check"),
    ]
    if chosen not in [each for each, *_rest in chips]:
        chips.append((chosen, _name_of(chosen), None, "list-filter"))
    return [
        {
            "query": each.query(),
            "label": label,
            "number": number,
            "icon": icon,
            "is_current": each == chosen,
            "is_alarming": each.due == "late" and bool(number),
        }
        for each, label, number, icon in chips
    ]


def _name_of(chosen: QueueFilter) -> str:
    """A filter that came from a number of the reports, in words."""
    return {
        "broken": _("Promise broken"),
        "hour": _("Promised within 1 hour"),
        "four_hours": _("Promised in 1 to 4 hours"),
        "day": _("Promised in 4 to 24 hours"),
        "later": _("Promised for later"),
    }.get(chosen.due, _("Chosen"))


def _older_url(chosen: QueueFilter, page: QueuePage) -> str:
    return f"?{chosen.query()}&{urlencode({'after': page.older})}" if page.older else ""
