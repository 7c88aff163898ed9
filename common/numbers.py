"""Numbers that somebody typed, or that stand in an address."""

from __future__ import annotations

# PostgreSQL's ids end before 19 digits do.
LONGEST = 18


def whole_number(text: object, *, longest: int = LONGEST) -> int | None:
    """What plain digits say, at most `longest` of them; None for anything else. Others that count as
    digits (１, ¹) would be a second address of the same thing."""
    is_number = isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= longest
    return int(str(text)) if is_number else None
