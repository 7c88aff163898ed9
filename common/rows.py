"""Small lists beside a row, read with it in one query."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import QuerySet
from django.db.models.functions import JSONObject


def rows_beside(rows: QuerySet[Any], *fields: str, **renamed: str) -> ArraySubquery:
    """The rows of a correlated query, each as a dictionary of these fields. Instants are texts."""
    named = {field: field for field in fields} | renamed
    return ArraySubquery(rows.values(json=JSONObject(**named)))
