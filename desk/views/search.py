"""One box for everything that was ever said."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from desk import access
from desk.palette import found_groups
from desk.rows import found_rows
from sla.models import Status
from tickets.searching.finding import find
from tickets.searching.query import read_query
from tickets.selectors import rows_of, ticket_of_number


def search(request: HttpRequest) -> HttpResponse:
    """Find tickets by number, words, name or address. A number jumps."""
    agent, now = access.agent(request), timezone.now()
    query = read_query(request.GET.get("q", ""))
    if number := ticket_of_number(query.text, agent=agent):
        return redirect("desk:ticket", number=number)
    after = request.GET.get("after", "")
    found = find(query, agent=agent, now=now, after=after)
    fields = rows_of([match.ticket_id for match in found.matches], agent=agent)
    older = {"q": query.text, "after": found.older}
    context = {
        "text": query.text,
        "search_query": query.text,
        "query": query,
        "rows": found_rows(found.matches, fields, query=query, now=now),
        "is_cut": found.is_cut,
        "status_names": [status.label for status in Status if status != Status.MERGED],
        "is_first_page": not after,
        "older_url": f"?{urlencode(older)}" if found.older else "",
        "now": now,
    }
    return render(request, "desk/search.html", context)


def palette(request: HttpRequest) -> HttpResponse:
    """What a few letters may mean, as lines to choose from."""
    agent, text = access.agent(request), request.GET.get("q", "")[:200]
    context = {"groups": found_groups(text, agent=agent, now=timezone.now())}
    return render(request, "desk/_palette.html", context)
