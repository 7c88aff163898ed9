"""One mail on a ticket: how it looked, its bytes, and whether it counts."""

from __future__ import annotations

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from common.downloads import as_download
from customers import services as customers
from customers.exceptions import CustomerError
from desk import access
from desk.mails import has_remote_pictures, original_document
from desk.origin import Origin
from tickets.models import Message, ThirdPartyLetter, Ticket
from tickets.services import participating, receiving

# What the mail's own page may do: nothing, but open a link that somebody clicks in a new window.
SANDBOX = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'"
OWN_PICTURES = "img-src data:"
ALL_PICTURES = "img-src data: http: https:"


def show(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """The mail in a frame that can do nothing; remote pictures only after a click."""
    agent = access.agent(request)
    ticket = access.ticket(agent, number)
    message = access.mail_message(ticket, pk)
    context = {
        "from_name": message.from_name,
        "from_email": message.from_email,
        "document_url": "desk:original_document",
        "anchor": f"message-{pk}",
    }
    return framing_page(request, ticket, message, context)


def framing_page(
    request: HttpRequest,
    ticket: Ticket,
    message: Message | ThirdPartyLetter,
    context: dict[str, str],
) -> HttpResponse:
    """The page around the frame."""
    access.note_mail(ticket, message)
    shown = {
        **context,
        "ticket": ticket,
        "message": message,
        "with_pictures": "pictures" in request.GET,
        "has_remote_pictures": has_remote_pictures(message),
        "back_url": Origin.of(request).ticket(ticket.number),
    }
    response = render(request, "desk/original.html", shown)
    # django-csp adds this to the policy of all pages.
    response._csp_update = {"frame-src": ["'self'"]}  # type: ignore[attr-defined]  # noqa: SLF001
    return response


def document(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """What stands in the frame."""
    ticket = access.ticket(access.agent(request), number)
    message = access.mail_message(ticket, pk)
    with_pictures = "pictures" in request.GET
    return framed(
        original_document(message, with_pictures=with_pictures), with_pictures=with_pictures
    )


def framed(content: str, *, with_pictures: bool) -> HttpResponse:
    """A stranger's page that may do nothing at all."""
    pictures = ALL_PICTURES if with_pictures else OWN_PICTURES
    response = HttpResponse(content)
    response["Content-Security-Policy"] = (
        f"{SANDBOX}; {pictures}; form-action 'none'; base-uri 'self'; frame-ancestors 'self'"
    )
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["X-Content-Type-Options"] = "nosniff"
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, no-store"
    # django-csp leaves a response alone that says so, and ours above stays.
    response._csp_exempt = True  # type: ignore[attr-defined]  # noqa: SLF001
    return response


def raw(request: HttpRequest, number: str, pk: int) -> FileResponse:
    """The mail as it came, byte for byte."""
    ticket = access.ticket(access.agent(request), number)
    message = access.mail_message(ticket, pk)
    return as_download(
        access.raw_of(message), name=f"{ticket.number}-{pk}.eml", content_type="message/rfc822"
    )


def accept(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """The mail is what it says."""
    agent = access.agent(request)
    message = access.mail_message(access.ticket(agent, number), pk)
    receiving.accept_message(message, by=agent)
    messages.success(request, _("The mail is part of the ticket now."))
    return redirect(Origin.of(request).ticket(number))


def create_participant(request: HttpRequest, number: str) -> HttpResponse:
    """Somebody gets our replies too."""
    agent = access.agent(request)
    ticket = access.ticket(agent, number)
    address = request.POST.get("address", "")[:320]
    try:
        added = participating.add_to_cc(ticket, address=address, by=agent)
    except CustomerError as refusal:
        messages.error(request, f"{address}: {refusal}" if address else str(refusal))
    else:
        messages.success(
            request, _("%(address)s is in Cc from now on.") % {"address": added.address}
        )
    return redirect(Origin.of(request).ticket(number))


def decide_on_participant(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Somebody whom a mail named gets our replies too, or does not."""
    agent = access.agent(request)
    participant = access.participant(access.ticket(agent, number), pk)
    if request.POST.get("do") == "accept":
        participating.accept_participant(participant, by=agent)
        messages.success(
            request, _("%(address)s is in Cc from now on.") % {"address": participant.address}
        )
    else:
        participating.ignore_participant(participant, by=agent)
        messages.success(request, _("%(address)s gets nothing.") % {"address": participant.address})
    return redirect(Origin.of(request).ticket(number))


def forgive_address(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """An agent knows better: letters may go there."""
    ticket = access.ticket(access.agent(request), number)
    customers.forgive_address(access.address_point(ticket, pk))
    messages.success(request, _("The address counts as good again."))
    return redirect(Origin.of(request).ticket(number))
