"""By what two letters are the same letter, whichever way each of them came."""

from __future__ import annotations

import hashlib

from mail.reading.attachments import AttachedFile
from mail.reading.headers import Headers

# What servers and programs on the way add to a letter.
TRACES = (
    *("x-", "arc-", "received", "delivered-to", "return-path", "authentication-results"),
    *("envelope-to", "dkim-", "status"),
)


def digest(headers: Headers, body: bytes, *, text: str, files: list[AttachedFile]) -> str:
    """With a Message-ID: who, when and what, so that the same identity on other words is another
    letter. Without one: all of it but the marks of the way it came."""
    parts: list[bytes] = []
    if headers.text("message-id"):
        parts += [headers.text("from").encode(), headers.text("date").encode()]
        parts += [" ".join(text.split()).encode()]
        parts += [hashlib.sha256(file.content).digest() for file in files]
    else:
        parts += [
            name.encode() + b":" + b" ".join(value.split())
            for name, value in headers.fields
            if not name.startswith(TRACES)
        ]
        parts += [body.replace(b"\r\n", b"\n").rstrip()]
    return hashlib.sha256(b"\n\x00".join(parts)).hexdigest()
