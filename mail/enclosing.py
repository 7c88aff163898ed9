"""Files in a letter: named when it is queued, read when it leaves, the same bytes at every try."""

from __future__ import annotations

from dataclasses import dataclass
from email import encoders
from email.mime.base import MIMEBase

from django.core.files.storage import default_storage
from django.core.mail import EmailMessage

from mail.models import OutboundEmail

# Of these a mail program would make letters within the letter.
NO_FILES = ("message/", "multipart/")


@dataclass(frozen=True, kw_only=True)
class Enclosure:
    """A file by its `path` in the storage, and how it is called in the letter."""

    path: str
    name: str
    content_type: str


def enclose(message: EmailMessage, email: OutboundEmail) -> None:
    """Put the letter's files into it. Raises OSError while one cannot be read."""
    for fields in email.files:
        message.attach(_part(Enclosure(**fields)))


def _part(file: Enclosure) -> MIMEBase:
    plain = "application/octet-stream"
    content_type = plain if file.content_type.startswith(NO_FILES) else file.content_type
    part = MIMEBase(*content_type.split("/", 1))
    with default_storage.open(file.path) as opened:
        part.set_payload(opened.read())
    encoders.encode_base64(part)
    part.add_header("Content-Disposition", "attachment", filename=("utf-8", "", file.name))
    return part
