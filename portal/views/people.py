"""Others who take part in an inquiry: invited and taken out by the customer, in by their own word."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from common.rates import is_within_rate
from customers.exceptions import CustomerError
from portal import access
from portal.pages import private_page
from portal.visitors import client_address
from tickets import links
from tickets.exceptions import TicketError
from tickets.models import Ticket
from tickets.services import inviting

AN_HOUR = 3600
LETTERS_PER_HOUR = 10


@access.by_link
def create(request: HttpRequest, ticket: Ticket, token: str) -> HttpResponse:
    """Invite somebody: they get one letter, and nothing more until they agree."""
    if not is_within_rate(
        "invitation_from", client_address(request), limit=LETTERS_PER_HOUR, seconds=AN_HOUR
    ):
        messages.error(request, _("That were many invitations. Please try again in an hour."))
        return redirect("portal:request", token=token)
    try:
        person = inviting.invite(ticket, address=request.POST.get("address", "")[:320])
        messages.success(
            request,
            _("We have asked %(address)s. They take part as soon as they agree.")
            % {"address": person.address},
        )
    except (CustomerError, TicketError) as refusal:
        messages.error(request, str(refusal))
    return redirect("portal:request", token=token)


@access.by_link
def delete(request: HttpRequest, ticket: Ticket, token: str) -> HttpResponse:
    """Take somebody out again."""
    person = access.person(ticket, request.POST.get("person", ""))
    if person is not None:
        inviting.leave_out(person)
        messages.success(
            request, _("%(address)s gets no more letters.") % {"address": person.address}
        )
    return redirect("portal:request", token=token)


def join(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind the link of an invitation: only its button lets them in, because mail programs
    open every link."""
    person = inviting.find_invited(token, now=timezone.now())
    if person is None:
        raise Http404
    language = access.language(request, person.ticket)
    with timezone.override(person.ticket.customer.time_zone), translation.override(language):
        if request.method != "POST":
            context = {"person": person, "ticket": person.ticket, "token": token}
            return private_page(request, "portal/join.html", context)
        ticket = inviting.join(person)
        messages.success(request, _("You take part now, and get our replies too."))
    return redirect(links.url_for(ticket, now=timezone.now()))
