"""How much of a letter is read. Whatever is left out is told, and the raw letter keeps it all."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes, characters and counts; chosen so that the worst letter takes seconds, not minutes."""

    letter_bytes: int = 40 * MEGABYTE
    header_block_bytes: int = 256_000
    header_bytes: int = 64_000
    parts: int = 200
    depth: int = 20
    attachments: int = 100
    recipients: int = 300
    references: int = 250
    text_characters: int = MEGABYTE
    html_characters: int = MEGABYTE
    # Of a letter that is too big, this much is read, so that somebody can tell who wrote it.
    opening_bytes: int = MEGABYTE


LIMITS = Limits()


class Cut(StrEnum):
    """What was not read to its end."""

    LETTER = "letter"
    HEADERS = "headers"
    PARTS = "parts"
    DEPTH = "depth"
    ATTACHMENTS = "attachments"
    RECIPIENTS = "recipients"
    REFERENCES = "references"
    TEXT = "text"
    HTML = "html"


def refusal(letter: bytes, limits: Limits = LIMITS) -> str:
    """Why this letter is not taken apart; empty if it is."""
    if len(letter) <= limits.letter_bytes:
        return ""
    size, most = (round(number / MEGABYTE) for number in (len(letter), limits.letter_bytes))
    return f"The letter is too big: {size} MB, at most {most} MB are read."
