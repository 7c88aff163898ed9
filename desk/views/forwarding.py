"""A third party is asked about a ticket; what it answered, as it looked."""

from __future__ import annotations

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from common.downloads import as_download
from desk import access
from desk.mails import original_document
from desk.origin import Origin
from desk.third_parties import ForwardForm, Material
from desk.views.originals import framed, framing_page
from tickets.exceptions import CannotBeMoved, CannotForward
from tickets.models import Ticket
from tickets.services.forwarding import forward
from tickets.third_parties import addresses_written_to


def new(request: HttpRequest, number: str) -> HttpResponse:
    """Ask whom to write to and what goes with it; what was chosen on the ticket is chosen here."""
    ticket = access.ticket(access.agent(request), number)
    material = Material.of(ticket)
    form = ForwardForm(material=material, initial=material.asked_for(request.GET))
    return _page(request, ticket, form)


def create(request: HttpRequest, number: str) -> HttpResponse:
    """Write the letter, and go back to the ticket."""
    agent = access.agent(request)
    ticket = access.ticket(agent, number)
    form = ForwardForm(request.POST, material=Material.of(ticket))
    if not form.is_valid():
        return _page(request, ticket, form, status=422)
    try:
        sent = forward(ticket, form.forward(), agent=agent)
    except CannotForward as refusal:
        form.add_error(refusal.field, str(refusal))
        return _page(request, ticket, form, status=422)
    except CannotBeMoved as refusal:
        form.add_error("holds", str(refusal))
        return _page(request, ticket, form, status=422)
    said = _("Sent to %(address)s. The promise to the customer stays as it is.")
    messages.success(request, said % {"address": sent.address})
    return redirect(Origin.of(request).ticket(number))


def original(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """A third party's mail in a frame that can do nothing; remote pictures only after a click."""
    ticket = access.ticket(access.agent(request), number)
    letter = access.answer_of_third_party(ticket, pk)
    context = {
        "from_name": letter.name,
        "from_email": letter.address,
        "document_url": "desk:third_party_document",
        "anchor": f"third-party-{pk}",
    }
    return framing_page(request, ticket, letter, context)


def document(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """What stands in the frame."""
    ticket = access.ticket(access.agent(request), number)
    letter = access.answer_of_third_party(ticket, pk)
    with_pictures = "pictures" in request.GET
    return framed(
        original_document(letter, with_pictures=with_pictures), with_pictures=with_pictures
    )


def raw(request: HttpRequest, number: str, pk: int) -> FileResponse:
    """The mail as it came, byte for byte."""
    ticket = access.ticket(access.agent(request), number)
    letter = access.answer_of_third_party(ticket, pk)
    name = f"{ticket.number}-third-party-{pk}.eml"
    return as_download(access.raw_of(letter), name=name, content_type="message/rfc822")


def _page(
    request: HttpRequest, ticket: Ticket, form: ForwardForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "ticket": ticket,
        "form": form,
        "known": addresses_written_to(ticket),
        "origin": Origin.of(request),
    }
    return render(request, "desk/forward.html", context, status=status)
