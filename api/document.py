"""The description of the whole API, made once in each process."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver, path
from drf_spectacular.generators import SchemaGenerator

from accounts.scopes import Scope
from api.endpoint import Endpoint
from api.schema import PROBLEM, WRONG, named_shapes
from api.shapes import Object

ABOUT = """\
Everything that somebody can do at the desk, for other programs.

A token acts for the person who made it, and never does more than they may. Times are UTC. Errors are
problems (RFC 9457) with a stable `type`. A list has pages: `next` is the address of the next one.
POST takes an `Idempotency-Key`, so that asking again does nothing twice.
"""


@cache
def document() -> dict[str, Any]:
    """As OpenAPI 3.1. Nobody writes to it."""
    patterns = [each for each in _patterns() if issubclass(each.callback.cls, Endpoint)]
    generator: Any = SchemaGenerator
    made: dict[str, Any] = generator(patterns=patterns).get_schema(public=True)
    made["info"]["description"] = ABOUT
    made["servers"] = [{"url": settings.BASE_URL}]
    made["components"] = {
        "schemas": {
            "Problem": PROBLEM,
            **{each.name: each.in_full() for each in _shapes(patterns)},
        },
        "securitySchemes": {
            "token": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "ykt_…",
                "description": "Scopes: " + ", ".join(f"`{scope}`" for scope in Scope.values),
            }
        },
    }
    return made


def _patterns() -> Iterator[Any]:
    """Those of the API, with their whole address."""
    [resolver] = [
        each
        for each in get_resolver().url_patterns
        if isinstance(each, URLResolver) and each.namespace == "api"
    ]
    for pattern in resolver.url_patterns:
        assert isinstance(pattern, URLPattern)  # noqa: S101 - api.urls includes nothing
        if hasattr(pattern.callback, "cls"):
            yield _with_prefix(pattern, str(resolver.pattern))


def _with_prefix(pattern: URLPattern, prefix: str) -> URLPattern:
    return path(prefix + str(pattern.pattern), pattern.callback, name=pattern.name)


def _shapes(patterns: list[Any]) -> Iterator[Object]:
    yield WRONG
    for pattern in patterns:
        for call in pattern.callback.cls.calls().values():
            yield from named_shapes(call.answer)
            yield from named_shapes(call.body)
