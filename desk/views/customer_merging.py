"""Two records of one person become one, and can be taken apart again for thirty days."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from accounts.models import Agent
from customers.exceptions import CustomerError
from customers.merging import remember_different
from customers.models import Customer, CustomerMerge
from customers.selectors import find_customers, likely_duplicates
from desk import access
from tickets.models import Ticket
from tickets.services.customer_records import merge_customers, separate_customers


def new(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask which record is the same person; with `other`, show what merging them would do."""
    agent = access.agent(request)
    customer = access.customer(agent, pk)
    text, chosen = request.GET.get("q", "")[:200], request.GET.get("other", "")
    if chosen:
        other = access.customer_of_id(agent, chosen)
        context = {"customer": customer, "sides": [_side(each) for each in (other, customer)]}
        return render(request, "desk/customer_merge_preview.html", context)
    among = access.customers(agent).exclude(pk=customer.pk)
    found = find_customers(text, among=among) if text else likely_duplicates(customer, among=among)
    context = {"customer": customer, "text": text, "found": found}
    return render(request, "desk/customer_merge.html", context)


def create(request: HttpRequest, pk: int) -> HttpResponse:
    """Merge, and go to the record that is left: the one in the address."""
    agent = access.agent(request)
    into = access.customer(agent, pk)
    try:
        other = access.customer_of_id(agent, request.POST.get("other", ""))
        merge_customers(other, into=into, agent=agent)
    except CustomerError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The two records are one now."))
    return redirect("desk:customer", pk=into.pk)


def create_separation(request: HttpRequest, pk: int, merge: int) -> HttpResponse:
    """Take a merge back."""
    into = access.customer(access.agent(request), pk)
    found = get_object_or_404(CustomerMerge.objects.select_related("customer", "into"), pk=merge)
    if found.into_id != into.pk:
        raise Http404
    try:
        separate_customers(found)
    except CustomerError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The records are two again."))
    return redirect("desk:customer", pk=into.pk)


def create_difference(request: HttpRequest, pk: int) -> HttpResponse:
    """These two are not the same person: never suggest it again."""
    agent: Agent = access.agent(request)
    customer = access.customer(agent, pk)
    other = access.customer_of_id(agent, request.POST.get("other", ""))
    if other.pk != customer.pk:
        remember_different(customer, other, agent=agent)
    return redirect("desk:customer", pk=customer.pk)


def _side(customer: Customer) -> dict[str, Any]:
    return {
        "customer": customer,
        "contact_points": customer.contact_points.all(),
        "tickets": Ticket.objects.filter(customer=customer).count(),
        "notes": customer.notes.count(),
    }
