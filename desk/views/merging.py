"""Two tickets about one matter become one, and can be separated again."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _

from desk import access
from desk.forms import MergeForm
from desk.rows import queue_rows
from tickets.exceptions import TicketError
from tickets.models import Merge, Ticket
from tickets.selectors import tickets_of_customer
from tickets.services import merging


def new(request: HttpRequest, number: str) -> HttpResponse:
    """Ask with which ticket this one goes on."""
    ticket = access.ticket(access.agent(request), number)
    return _page(request, ticket, MergeForm())


def create(request: HttpRequest, number: str) -> HttpResponse:
    """Merge, and go to the ticket that goes on."""
    agent = access.agent(request)
    ticket = access.ticket(agent, number)
    form = MergeForm(request.POST)
    if not form.is_valid():
        return _page(request, ticket, form, status=422)
    try:
        into = access.ticket(agent, form.cleaned_data["number"])
        merging.merge_tickets(ticket, into=into, agent=agent)
    except Http404:
        form.add_error("number", _("There is no ticket of this number that you may see."))
        return _page(request, ticket, form, status=422)
    except TicketError as error:
        form.add_error("number", str(error))
        return _page(request, ticket, form, status=422)
    messages.success(request, _("Ticket #%(number)s goes on here.") % {"number": ticket.number})
    return redirect("desk:ticket", number=into.number)


def create_separation(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Take a merge back."""
    agent = access.agent(request)
    into = access.ticket(agent, number)
    merge = get_object_or_404(Merge.objects.select_related("ticket", "into"), pk=pk, into=into)
    try:
        ticket = merging.separate_tickets(merge, agent=agent)
    except TicketError as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request,
            format_html(
                '{} <a href="{}">#{}</a>',
                _("Both tickets stand on their own again. The other one is"),
                reverse("desk:ticket", args=[ticket.number]),
                ticket.number,
            ),
        )
    return redirect("desk:ticket", number=into.number)


def _page(
    request: HttpRequest, ticket: Ticket, form: MergeForm, *, status: int = 200
) -> HttpResponse:
    agent, now = access.agent(request), timezone.now()
    others = tickets_of_customer(ticket.customer, agent=agent, without=ticket, limit=20)
    context = {"ticket": ticket, "form": form, "rows": queue_rows(others, now=now), "now": now}
    return render(request, "desk/merge.html", context, status=status)
