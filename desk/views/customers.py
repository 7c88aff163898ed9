from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from desk import access
from tickets.selectors import tickets_of_customer


def show(request: HttpRequest, pk: int) -> HttpResponse:
    """One person over all channels: how to reach them and what they asked."""
    agent = access.agent(request)
    customer = access.customer(agent, pk)
    context = {
        "customer": customer,
        "contact_points": customer.contact_points.all(),
        "tickets": tickets_of_customer(customer, agent=agent, limit=100),
        "now": timezone.now(),
    }
    return render(request, "desk/customer.html", context)
