"""Somebody pressed "this is spam" on a letter of ours, and their provider tells us (RFC 5965)."""

from __future__ import annotations

from dataclasses import dataclass

from mail.reading.headers import message_ids, read_headers
from mail.reading.parts import Part

REPORT = "message/feedback-report"
RETURNED = {"message/rfc822", "text/rfc822-headers"}


@dataclass(frozen=True, slots=True)
class Complaint:
    """About which letter, and who complained as far as it is told."""

    original_message_id: str = ""
    recipient: str = ""


def complaint(root: Part) -> Complaint | None:
    """What this letter complains about; None if it is no complaint."""
    reports = [part for part in root.walk() if part.type == REPORT]
    if not reports:
        return None
    content = reports[0].content()
    headers, _ = read_headers(content, 0, len(content))
    if headers.text("feedback-type").lower() not in {"abuse", "fraud", "opt-out", "opt-out-list"}:
        return None
    recipient = headers.text("original-rcpt-to") or headers.text("removal-recipient")
    return Complaint(_original(root), recipient.strip("<> "))


def _original(root: Part) -> str:
    for part in root.walk():
        if part.type in RETURNED:
            content = part.content()
            headers, _ = read_headers(content, 0, len(content))
            if found := message_ids(headers.raw("message-id")):
                return found[0]
    return ""
