"""What the database may know of something secret: enough to recognise it, and nothing to use."""

from __future__ import annotations

from hashlib import sha256


def digest_of(text: str) -> str:
    """The same for the same text, whatever it consists of."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
