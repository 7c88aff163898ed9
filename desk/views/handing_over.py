"""A ticket goes to somebody else, with a brief."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import Agent
from accounts.selectors import people_by_team
from common.time_formatting import format_instant
from desk import access
from desk.forms import HandOverForm, hand_over_target
from desk.origin import Origin, queue_address
from tickets.exceptions import TicketError
from tickets.models import Ticket
from tickets.services.handing_over import accept_brief, hand_over, is_worked_on


def hand_over_address(ticket: Ticket, to: Agent | None, origin: Origin) -> str:
    """The page that asks for the brief, with whom it is for."""
    asked = {"to": hand_over_target(ticket.team, to), "from": origin.query}
    return f"{reverse('desk:hand_over', args=[ticket.number])}?{urlencode(asked)}"


def new(request: HttpRequest, number: str) -> HttpResponse:
    """Ask for the brief; what the system knows is written down already."""
    agent = access.agent(request)
    ticket = access.ticket(agent, number)
    known = {"problem": ticket.subject, "promised": _promise_in_words(ticket)}
    form = HandOverForm(
        people=people_by_team(),
        needs_brief=is_worked_on(ticket),
        initial={"to": request.GET.get("to", ""), **known},
    )
    return _page(request, ticket, form)


def create(request: HttpRequest, number: str) -> HttpResponse:
    """Hand over, and go back to the ticket, or to the list when another team has it now."""
    agent = access.agent(request)
    ticket = access.ticket(agent, number)
    form = HandOverForm(request.POST, people=people_by_team(), needs_brief=is_worked_on(ticket))
    if not form.is_valid():
        return _page(request, ticket, form, status=422)
    team, to = form.target()
    try:
        hand_over(
            ticket,
            team=team,
            to=to,
            brief=form.brief(),
            by=agent,
        )
    except TicketError as error:
        form.add_error("to", str(error))
        return _page(request, ticket, form, status=422)
    origin = Origin.of(request)
    name = to.name if to else team.name
    messages.success(request, _("Handed over to %(name)s.") % {"name": name})
    is_still_seen = Ticket.objects.visible_to(agent).filter(pk=ticket.pk).exists()
    return redirect(origin.ticket(number) if is_still_seen else queue_address(origin.query))


def accept(request: HttpRequest, number: str) -> HttpResponse:
    """The new holder has read the brief."""
    agent = access.agent(request)
    accept_brief(access.ticket(agent, number), by=agent)
    return redirect(Origin.of(request).ticket(number))


def _promise_in_words(ticket: Ticket) -> str:
    if ticket.next_contact_at is None:
        return ""
    when = format_instant(
        ticket.next_contact_at,
        language=get_language() or "en",
        zone=timezone.get_current_timezone(),
        with_zone=True,
    )
    return _("The customer hears from us by %(when)s.") % {"when": when}


def _page(
    request: HttpRequest, ticket: Ticket, form: HandOverForm, *, status: int = 200
) -> HttpResponse:
    context = {"ticket": ticket, "form": form, "origin": Origin.of(request)}
    return render(request, "desk/hand_over.html", context, status=status)
