from __future__ import annotations

from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest

from common.downloads import as_download
from portal import access
from tickets.models import Attachment


def download(request: HttpRequest, token: str, public_id: UUID) -> FileResponse:
    """A file of this very inquiry, for the bearer of its link."""
    ticket = access.ticket(token)
    files = Attachment.objects.filter(message__ticket__in=ticket.family(), message__is_hidden=False)
    attachment = files.filter(public_id=public_id).first()
    if attachment is None:
        raise Http404
    return as_download(attachment.file, name=attachment.name, content_type=attachment.content_type)
