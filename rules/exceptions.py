"""Why a rule cannot be kept."""

from __future__ import annotations


class BadRule(Exception):
    """`field` is the part of the form that is to be mended."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field
