"""The ordered work list: what is due next stands first."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_response_headers
from django.utils.translation import gettext as _

from desk import access
from tickets.selectors import (
    QueueFilter,
    find_tickets,
    next_in_queue,
    queue_counts,
    queue_page,
)


def queue(request: HttpRequest) -> HttpResponse:
    """One page of the queue; for htmx only the list itself."""
    agent, now = access.agent(request), timezone.now()
    chosen = QueueFilter.read(request.GET)
    context = {
        "page": queue_page(chosen, agent=agent, now=now, after=request.GET.get("after", "")),
        "counts": queue_counts(agent, now=now),
        "chosen": chosen,
        "now": now,
    }
    template = "desk/_queue.html" if request.headers.get("HX-Request") else "desk/queue.html"
    response = render(request, template, context)
    patch_response_headers(response, cache_timeout=0)
    return response


def next_ticket(request: HttpRequest) -> HttpResponse:
    """Open what is due next."""
    agent = access.agent(request)
    chosen = QueueFilter.read(request.GET)
    ticket = next_in_queue(chosen, agent=agent, now=timezone.now())
    if ticket is None:
        messages.info(request, _("Nothing is waiting here. Well done."))
        return redirect("desk:queue")
    return redirect("desk:ticket", number=ticket.number)


def search(request: HttpRequest) -> HttpResponse:
    """Find tickets by number, words, name or address. A number jumps."""
    text = request.GET.get("q", "").strip()[:200]
    found = find_tickets(text, agent=access.agent(request)) if text else []
    if len(found) == 1 and text.lstrip("#") == str(found[0].number):
        return redirect("desk:ticket", number=found[0].number)
    return render(request, "desk/search.html", {"text": text, "tickets": found})

