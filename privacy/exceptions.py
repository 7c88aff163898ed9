"""Why a customer cannot be erased, in words for people."""

from __future__ import annotations


class CannotErase(Exception):
    """Erasing would leave somebody without an answer, or was done before."""
