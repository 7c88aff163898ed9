"""All my inquiries: a link to one's own mailbox opens the list, without an account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.rates import is_within_rate
from customers.models import Customer
from customers.signing_in import link_stands, use_link
from portal import access, sessions
from portal.forms import ConvertingEmailField
from portal.pages import private_page
from portal.views.requests import entry_of
from portal.visitors import client_address
from tickets import links
from tickets.inquiries import inquiries_of, inquiries_of_organization
from tickets.models import Ticket
from tickets.selectors import customer_page
from tickets.services.entering import send_way_in
from tickets.state_words import state_in_words

AN_HOUR = 3600
ASKED_PER_HOUR = 20


class AddressForm(forms.Form):
    """Whose inquiries."""

    email = ConvertingEmailField(
        label=gettext_lazy("Email address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
        help_text=gettext_lazy("The address with which you wrote to us."),
        error_messages={"required": gettext_lazy("Enter your email address.")},
    )


def index(request: HttpRequest) -> HttpResponse:
    """The list, for who has shown who they are; the question for the address, for everybody else."""
    if request.method == "POST":
        return _ask_for_link(request)
    customer = sessions.visitor(request)
    if customer is None:
        return _page(request, "portal/sign_in.html", {"form": AddressForm()})
    with timezone.override(customer.time_zone):
        return _list(request, customer)


def sent(request: HttpRequest) -> HttpResponse:
    """The same for every address: whoever has written to us from it has mail."""
    return _page(request, "portal/sign_in_sent.html", {})


def enter(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind the link; only its button lets in, because mail programs open every link."""
    now = timezone.now()
    if request.method != "POST":
        if not link_stands(token, now=now):
            return _page(request, "portal/sign_in_over.html", {}, status=404)
        return _page(request, "portal/sign_in_enter.html", {"token": token})
    session = use_link(token, now=now)
    if session is None:
        return _page(request, "portal/sign_in_over.html", {}, status=404)
    response = redirect("portal:inquiry_list")
    sessions.remember(response, session)
    return response


def leave(request: HttpRequest) -> HttpResponse:
    """Sign this browser out."""
    messages.success(request, _("You are signed out here."))
    response = redirect("portal:inquiry_list")
    sessions.forget(request, response)
    return response


def show(request: HttpRequest, number: str) -> HttpResponse:
    """One's own inquiry on its own page; what others of the organisation asked, for reading."""
    customer = sessions.visitor(request)
    if customer is None:
        return redirect("portal:inquiry_list")
    inquired = access.inquiry(customer, number)
    if inquired.is_own:
        return redirect(links.path_for(inquired.ticket, now=timezone.now()))
    with timezone.override(customer.time_zone):
        return _reading_page(request, inquired.ticket)


def _ask_for_link(request: HttpRequest) -> HttpResponse:
    form = AddressForm(request.POST)
    address = client_address(request)
    if not is_within_rate("sign_in_from", address, limit=ASKED_PER_HOUR, seconds=AN_HOUR):
        form.add_error(None, _("That was asked very often from here. Please wait an hour."))
        return _page(request, "portal/sign_in.html", {"form": form}, status=429)
    if not form.is_valid():
        return _page(request, "portal/sign_in.html", {"form": form}, status=422)
    send_way_in(form.cleaned_data["email"], language=translation.get_language() or "ja")
    return redirect("portal:sign_in_sent")


def _list(request: HttpRequest, customer: Customer) -> HttpResponse:
    mine = inquiries_of(customer, after=request.GET.get("before", ""))
    others = inquiries_of_organization(customer)
    context = {
        "customer": customer,
        "open": _rows(mine.open),
        "done": _rows(mine.done),
        "older": mine.older,
        "others": others and [*_rows(others.open), *_rows(others.done)],
        "now": timezone.now(),
    }
    return _page(request, "portal/inquiries.html", context)


def _reading_page(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    """What was said, with names alone, and without anything to press."""
    seen = customer_page(ticket)
    context = {
        "ticket": ticket,
        "page": seen,
        "state": state_in_words(ticket.status),
        "entries": [
            entry_of(message, "inquiry_attachment", str(ticket.number)) for message in seen.messages
        ],
        "now": timezone.now(),
    }
    return _page(request, "portal/inquiry_reading.html", context)


def _rows(tickets: Sequence[Ticket]) -> list[tuple[Ticket, str]]:
    return [(ticket, state_in_words(ticket.status)) for ticket in tickets]


def _page(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    return private_page(request, template, context, status=status)
