"""Customers who come first."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from customers.services import mark_as_vip
from desk import access


def update(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the star, or take it away."""
    customer = access.customer(access.agent(request), pk)
    mark_as_vip(customer, is_vip=request.POST.get("is_vip") == "yes")
    return redirect("desk:customer", pk=customer.pk)
