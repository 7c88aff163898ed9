"""A column of tokens that Python has made."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.lookups import Lookup


class TokensField(models.Field):  # type: ignore[type-arg]
    """A tsvector without positions, written from a list of tokens; only conditions read it."""

    def db_type(self, connection: Any) -> str:
        return "tsvector"

    def get_placeholder(self, value: Any, compiler: Any, connection: Any) -> str:
        """As it is: `to_tsvector` would cut and change the tokens by the locale's rules."""
        return "array_to_tsvector(%s::text[])"


@TokensField.register_lookup
class Holds(Lookup):
    """`tokens__holds=` what common.tokens.index_query makes of a term."""

    lookup_name = "holds"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        tokens, of_tokens = self.process_lhs(compiler, connection)
        query, of_query = self.process_rhs(compiler, connection)
        return f"{tokens} @@ {query}::tsquery", (*of_tokens, *of_query)
