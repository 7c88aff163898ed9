"""Taking one person out of what others wrote: their addresses and their name, and no other word."""

from __future__ import annotations

import re
from collections.abc import Iterable
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import Message
from email.utils import formataddr, getaddresses
from typing import Any

# As on paper, in any language.
MARK = "■■■"
NOBODY = "erased@erased.invalid"
ADDRESSES = frozenset({"from", "to", "cc", "bcc", "reply-to", "sender", "delivered-to"})


class Redactor:
    """Puts a mark in place of each of some words, whatever their case."""

    def __init__(self, words: Iterable[str]) -> None:
        known = sorted({word for word in words if word}, key=len, reverse=True)
        self._words = re.compile("|".join(map(re.escape, known)) or r"(?!)", re.IGNORECASE)

    def text(self, text: str) -> str:
        """The text without the words."""
        return self._words.sub(MARK, text)

    def json(self, value: Any) -> Any:
        """The value with all its texts so; the keys of objects stay."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.json(each) for each in value]
        if isinstance(value, dict):
            return {key: self.json(each) for key, each in value.items()}
        return value

    def names(self, text: str) -> bool:
        """Whether one of the words is in it."""
        return self._words.search(text) is not None

    def mail(self, raw: bytes) -> bytes | None:
        """A mail's bytes without the words, in its headers and texts; None when it has none."""
        mail = message_from_bytes(raw, policy=policy.compat32)
        changed = [self._redact_headers(part) | self._redact_text(part) for part in mail.walk()]
        return mail.as_bytes() if any(changed) else None

    def _redact_headers(self, part: Message) -> bool:
        fields = [(name, str(value)) for name, value in part.items()]
        hit = {name.lower() for name, value in fields if self.names(_decoded(value))}
        for name in hit:
            values = part.get_all(name, [])
            del part[name]
            for value in values:
                part[name] = self._header(name, _decoded(str(value)))
        return bool(hit)

    def _header(self, name: str, value: str) -> str:
        if name not in ADDRESSES:
            return _encoded(self.text(value))
        people = (
            ("", NOBODY) if self.names(f"{called} {address}") else (called, address)
            for called, address in getaddresses([value])
        )
        return ", ".join(formataddr(each) for each in people)

    def _redact_text(self, part: Message) -> bool:
        if part.get_content_maintype() != "text":
            return False
        payload = part.get_payload(decode=True)
        charset = part.get_content_charset() or "utf-8"
        try:
            text = payload.decode(charset) if isinstance(payload, bytes) else ""
        except (LookupError, UnicodeDecodeError):
            text = payload.decode("latin-1") if isinstance(payload, bytes) else ""
        if not self.names(text):
            return False
        del part["Content-Transfer-Encoding"]
        part.set_payload(self.text(text), "utf-8")
        return True


def _decoded(value: str) -> str:
    try:
        return str(make_header(decode_header(value)))
    except (LookupError, UnicodeDecodeError, ValueError):
        return value


def _encoded(value: str) -> str:
    return value if value.isascii() else make_header([(value, "utf-8")]).encode()
