from __future__ import annotations

from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from common.downloads import as_download
from portal import access, sessions
from tickets.models import Attachment, Ticket


def download(request: HttpRequest, token: str, public_id: UUID) -> FileResponse:
    """A file of this very inquiry, for the bearer of its link."""
    return _send(access.ticket(token), public_id)


def download_of_inquiry(request: HttpRequest, number: str, public_id: UUID) -> HttpResponseBase:
    """A file of an inquiry that the signed-in customer may read, theirs or their organisation's."""
    customer = sessions.visitor(request)
    if customer is None:
        return redirect("portal:inquiry_list")
    return _send(access.inquiry(customer, number).ticket, public_id)


def _send(ticket: Ticket, public_id: UUID) -> FileResponse:
    files = Attachment.objects.filter(message__ticket__in=ticket.family(), message__is_hidden=False)
    attachment = files.filter(public_id=public_id).first()
    if attachment is None:
        raise Http404
    return as_download(attachment.file, name=attachment.name, content_type=attachment.content_type)
