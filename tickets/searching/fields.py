"""A column of tokens that Python has made."""

from __future__ import annotations

from typing import Any

from django.db import models


class TokensField(models.Field):  # type: ignore[type-arg]
    """A tsvector without positions, written from a list of tokens; only conditions read it."""

    def db_type(self, connection: Any) -> str:
        return "tsvector"

    def get_placeholder(self, value: Any, compiler: Any, connection: Any) -> str:
        """As it is: `to_tsvector` would cut and change the tokens by the locale's rules."""
        return "array_to_tsvector(%s::text[])"
