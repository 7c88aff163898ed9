"""Hearing of a ticket that is not one's own."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from desk import access
from desk.origin import Origin
from tickets.services.following import follow, unfollow


def update(request: HttpRequest, number: str) -> HttpResponse:
    """Follow the ticket, or no longer."""
    agent = access.agent(request)
    ticket = access.ticket(agent, number)
    if request.POST.get("follow") == "yes":
        follow(ticket, agent=agent)
    else:
        unfollow(ticket, agent=agent)
    return redirect(Origin.of(request).ticket(number))
