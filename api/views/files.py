"""Files: sent beforehand and named by what is sent later, and fetched."""

from __future__ import annotations

import base64
import binascii
from uuid import UUID, uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from api import access
from api.endpoint import Asked, Endpoint, answer, call
from api.problems import invalid
from api.shapes import Text, Whole, answered, body
from common.downloads import as_download
from tickets.attachments import keep_uploads

NEW = body(
    "NewUpload",
    {
        "name": Text(200, 1, about="Its file name"),
        "content": Text(14_000_000, 1, about="Base64, at most some 8 MB of it"),
    },
    ["name", "content"],
)
UPLOAD = answered(
    "Upload",
    {
        "id": Text(300, about="Name it in `uploads` within a day; nobody else can."),
        "name": Text(200),
        "content_type": Text(100),
        "size": Whole(0),
    },
)


class Uploads(Endpoint):
    """Files that wait."""

    of = section = "tickets"

    @call(
        "Send a file that a message or a new ticket will name",
        answer=UPLOAD,
        status=201,
        body=NEW,
        example={"name": "error.txt", "content": "cGFwZXIgamFt"},
    )
    def post(self, asked: Asked) -> HttpResponse:
        """It waits for a day."""
        try:
            content = base64.b64decode(asked.body["content"], validate=True)
        except (binascii.Error, ValueError):
            raise invalid("content", "base64", _("This is not Base64.")) from None
        if not content:
            raise invalid("content", "required", _("This must not be empty."))
        file = SimpleUploadedFile(asked.body["name"], content)
        [kept] = keep_uploads([file], submission_key=uuid4(), now=asked.now)
        shown = {
            "id": access.name_of_upload(asked.agent, kept),
            "name": kept.name,
            "content_type": kept.content_type,
            "size": kept.size,
        }
        return answer(shown, status=201)


class Attachment(Endpoint):
    """A file of a message."""

    of = section = "tickets"

    @call("Fetch a file", content_type="application/octet-stream")
    def get(self, asked: Asked, public_id: UUID) -> HttpResponseBase:
        """As it was sent."""
        found = access.attachment(asked.agent, public_id)
        return as_download(found.file, name=found.name, content_type=found.content_type)
