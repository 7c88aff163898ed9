from __future__ import annotations

from uuid import UUID

from django.http import FileResponse, HttpRequest

from common.downloads import as_download
from desk import access


def download(request: HttpRequest, public_id: UUID) -> FileResponse:
    """A file a customer sent."""
    attachment = access.attachment(access.agent(request), public_id)
    return as_download(attachment.file, name=attachment.name, content_type=attachment.content_type)
