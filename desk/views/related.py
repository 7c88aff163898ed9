"""What belongs to a ticket beside its thread: other tickets, and the steps of the work."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from desk import access
from desk.forms import LinkForm, SplitForm
from desk.origin import Origin
from tickets.exceptions import TicketError
from tickets.models import ChecklistItem, Message, Ticket, TicketLink
from tickets.services import checking, linking, splitting


def create_link(request: HttpRequest, number: str) -> HttpResponse:
    """Tie this ticket to another one."""
    agent = access.agent(request)
    ticket = access.ticket(agent, number)
    form = LinkForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(next(iter(form.errors.values()))[0]))
        return _back(request, ticket)
    try:
        other = access.ticket(agent, form.cleaned_data["number"])
        linking.link_tickets(ticket, other=other, kind=form.cleaned_data["kind"], agent=agent)
    except Http404:
        messages.error(request, _("There is no ticket of this number that you may see."))
    except TicketError as refusal:
        messages.error(request, str(refusal))
    return _back(request, ticket)


def delete_link(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Untie it again; what is gone already is gone."""
    agent = access.agent(request)
    ticket = access.ticket(agent, number)
    links = TicketLink.objects.filter(Q(ticket=ticket) | Q(other=ticket))
    link = links.select_related("ticket__clock", "other__clock").filter(pk=pk).first()
    if link is not None:
        linking.unlink_tickets(link, agent=agent)
    return _back(request, ticket)


def create_steps(request: HttpRequest, number: str) -> HttpResponse:
    """One step for each line."""
    ticket = access.ticket(access.agent(request), number)
    try:
        checking.add_steps(ticket, text=request.POST.get("steps", "")[:20_000])
    except TicketError as refusal:
        messages.error(request, str(refusal))
    return _back(request, ticket)


def update_step(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Tick it off, take the tick back, or take it off the list."""
    agent = access.agent(request)
    ticket = access.ticket(agent, number)
    item = ChecklistItem.objects.filter(ticket__in=ticket.family(), pk=pk).first()
    if item is not None and request.POST.get("do") == "remove":
        checking.remove_step(item)
    elif item is not None:
        checking.tick(item, is_done=request.POST.get("do") == "tick", by=agent)
    return _back(request, ticket)


def new_split(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Show the message, and ask what the new ticket is about."""
    ticket, message = _message(request, number, pk)
    return _split_page(request, ticket, message, SplitForm(initial={"subject": ticket.subject}))


def create_split(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Open the new ticket and go there."""
    ticket, message = _message(request, number, pk)
    form = SplitForm(request.POST)
    if not form.is_valid():
        return _split_page(request, ticket, message, form, status=422)
    try:
        new = splitting.split_message(
            message, subject=form.cleaned_data["subject"], agent=access.agent(request)
        )
    except TicketError as refusal:
        form.add_error(None, str(refusal))
        return _split_page(request, ticket, message, form, status=422)
    messages.success(request, _("This is the new ticket. The customer was told of it."))
    return redirect("desk:ticket", number=new.number)


def _message(request: HttpRequest, number: str, pk: int) -> tuple[Ticket, Message]:
    ticket = access.ticket(access.agent(request), number)
    messages_here = Message.objects.filter(ticket__in=ticket.family())
    return ticket, get_object_or_404(messages_here.select_related("ticket"), pk=pk)


def _split_page(
    request: HttpRequest, ticket: Ticket, message: Message, form: SplitForm, *, status: int = 200
) -> HttpResponse:
    context = {"ticket": ticket, "message": message, "form": form}
    return render(request, "desk/split.html", context, status=status)


def _back(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    return redirect(Origin.of(request).ticket(ticket.number))
