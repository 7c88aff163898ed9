"""Pages for customers: one that is shown, and one behind a secret link."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


def page(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A page that carries what somebody typed: browsers and proxies keep no copy."""
    response = render(request, template, context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def private_page(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A page behind a secret link: nobody keeps it, lists it or is told its address."""
    response = render(request, template, context, status=status)
    for name, value in PRIVATE.items():
        response[name] = value
    response["Content-Language"] = translation.get_language() or ""
    return response
