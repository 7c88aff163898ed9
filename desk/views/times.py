from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from desk import access
from sla.explaining import explain, terms_in_words


def show(request: HttpRequest, number: str) -> HttpResponse:
    """Why each time of this ticket is what it is."""
    ticket = access.ticket(access.agent(request), number)
    now = timezone.now()
    explanations = explain(ticket.clock, now=now)
    context = {
        "ticket": ticket,
        "terms": terms_in_words(ticket.clock),
        "owed": [each for each in explanations if each.ended_at is None],
        "ended": [each for each in explanations if each.ended_at is not None],
        "now": now,
    }
    return render(request, "desk/times.html", context)
