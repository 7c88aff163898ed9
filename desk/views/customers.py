from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from desk import access
from desk.rows import queue_rows
from tickets.selectors import tickets_of_customer


def show(request: HttpRequest, pk: int) -> HttpResponse:
    """One person over all channels: how to reach them and what they asked."""
    agent, now = access.agent(request), timezone.now()
    customer = access.customer(agent, pk)
    rows = queue_rows(tickets_of_customer(customer, agent=agent, limit=100), now=now)
    context = {
        "customer": customer,
        "contact_points": customer.contact_points.all(),
        "open_rows": sorted((row for row in rows if row["is_open"]), key=lambda row: row["due_at"]),
        "closed_rows": [row for row in rows if not row["is_open"]],
        "now": now,
    }
    return render(request, "desk/customer.html", context)
