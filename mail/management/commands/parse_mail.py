"""`manage.py parse_mail FILE…`: what would be made of these letters, one JSON line each."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from mail.reading.reading import IncomingMail, read_mail
from mail.reading.safe_html import safe_html


class Command(BaseCommand):
    help = "Reads raw letters and prints what would be made of each, one JSON line a file."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="+", help="a raw letter (RFC 822)")

    def handle(self, *args: Any, **options: Any) -> None:
        for path in options["file"]:
            line = {"file": path.name, **described(_read(path))}
            self.stdout.write(json.dumps(line, ensure_ascii=False))


def described(mail: IncomingMail) -> dict[str, Any]:
    """The letter as plain values; Message-IDs without brackets."""
    return {
        "subject": mail.subject,
        "from_email": mail.from_email,
        "from_name": mail.from_name,
        "is_sender_ambiguous": mail.is_sender_ambiguous,
        "to": [address.email for address in mail.to],
        "cc": [address.email for address in mail.cc],
        "message_id": mail.message_id.strip("<>"),
        "in_reply_to": mail.in_reply_to.strip("<>"),
        "references": [reference.strip("<>") for reference in mail.references],
        "body_text": mail.body_text,
        "body_html_safe": safe_html(mail.body_html) if mail.body_html else "",
        "visible_reply_text": mail.visible_reply_text,
        "attachments": [{"name": file.name, "size": file.size} for file in mail.attachments],
        "is_auto": mail.is_auto,
        "is_bounce": mail.is_bounce,
        "bounce": _bounce(mail),
        "cuts": list(mail.cuts),
        "error": mail.error,
    }


def _bounce(mail: IncomingMail) -> dict[str, str] | None:
    if mail.report is None:
        return None
    facts: dict[str, str] = asdict(mail.report)
    return {**facts, "original_message_id": facts["original_message_id"].strip("<>")}


def _read(path: Path) -> IncomingMail:
    try:
        return read_mail(path.read_bytes())
    except OSError as error:
        return IncomingMail(error=f"{path.name} cannot be read: {error.strerror}")
