"""Customers who come first, and who may read what others of their organisation ask."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from customers.services import let_see_organization, mark_as_vip
from desk import access


def update(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the star, or take it away."""
    customer = access.customer(access.agent(request), pk)
    mark_as_vip(customer, is_vip=request.POST.get("is_vip") == "yes")
    return redirect("desk:customer", pk=customer.pk)


def update_organization(request: HttpRequest, pk: int) -> HttpResponse:
    """Let them read it, or no longer."""
    agent = access.agent(request)
    customer = access.customer(agent, pk)
    may = request.POST.get("sees_organization") == "yes"
    let_see_organization(customer, may=may, by=agent, now=timezone.now())
    return redirect("desk:customer_edit", pk=customer.pk)
