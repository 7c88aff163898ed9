"""What came with a letter: each file with a name that is safe to show and to save under."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mail.reading.charsets import storable
from mail.reading.headers import read_headers
from mail.reading.parts import Part
from mail.reading.words import tidy

LONGEST_NAME = 150
# Control characters, and those that turn the direction of writing: "gpj.exe" reads as "exe.jpg".
UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"
)
FORBIDDEN = re.compile(r'[<>:"|?*]')
EXTENSIONS = {
    "text/plain": "txt",
    "text/html": "html",
    "text/calendar": "ics",
    "image/jpeg": "jpg",
    "image/svg+xml": "svg",
    "application/pdf": "pdf",
    "application/ms-tnef": "dat",
    "application/pkcs7-signature": "p7s",
    "application/pgp-signature": "asc",
    "message/rfc822": "eml",
}
STEMS = {
    "text/calendar": "invite",
    "application/ms-tnef": "winmail",
    "application/pkcs7-signature": "smime",
    "application/pgp-signature": "signature",
    "message/rfc822": "message",
}


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file of a letter; `type` is what the sender claims, `cid` without angle brackets.

    `is_inline`: meant to stand in the text rather than below it.
    """

    name: str
    type: str
    content: bytes = field(repr=False)
    cid: str = ""
    is_inline: bool = False

    @property
    def size(self) -> int:
        """Bytes, without the transfer encoding."""
        return len(self.content)


def attached_file(part: Part) -> AttachedFile:
    """The file a part carries; a letter within the letter stays closed."""
    cid = tidy(part.headers.text("content-id")).strip("<> ")
    return AttachedFile(
        name=safe_name(file_name(part)) or _usual_name(part),
        type=part.type,
        content=part.content(),
        cid=cid,
        is_inline=bool(cid) and part.disposition != "attachment",
    )


def file_name(part: Part) -> str:
    """The name the sender gave, decoded, not yet safe; empty if none."""
    return (
        part.disposition_parameters.get("filename", "")
        or part.parameters.get("name", "")
        or part.disposition_parameters.get("name", "")
        or part.parameters.get("filename", "")
    )


def safe_name(name: str) -> str:
    """Without folders, control and direction characters, and not too long."""
    name = UNSAFE.sub("", storable(name))
    name = re.split(r"[/\\]", name.rstrip("/\\ "))[-1]
    name = FORBIDDEN.sub("_", name).strip(". \t") or ""
    stem, dot, extension = name.rpartition(".")
    if dot and len(extension) <= 20:
        return stem[: LONGEST_NAME - len(extension) - 1] + dot + extension
    return name[:LONGEST_NAME]


def _usual_name(part: Part) -> str:
    stem = STEMS.get(part.type, part.main_type if part.main_type != "application" else "attachment")
    if part.type == "message/rfc822":
        inner, _ = read_headers(part.letter, part.start, part.end)
        stem = safe_name(inner.text("subject"))[:100] or stem
    extension = EXTENSIONS.get(part.type, part.type.partition("/")[2].split("+")[0][:20])
    return f"{stem}.{'bin' if extension == 'octet-stream' else extension}"
