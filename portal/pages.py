"""Pages for customers: one that is shown, and one behind a secret link."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation

from portal.framing import allow_framing, is_framed, surroundings
from sla.selectors import promise_for_inquiry
from tickets.models import Channel

PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


def page(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A page that carries what somebody typed: browsers and proxies keep no copy."""
    response = _rendered(request, template, context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def private_page(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A page behind a secret link: nobody keeps it, lists it or is told its address."""
    response = _rendered(request, template, context, status=status)
    response["Content-Language"] = translation.get_language() or ""
    return make_private(response)


def make_private(response: HttpResponse) -> HttpResponse:
    """The same for an answer that is no page."""
    for name, value in PRIVATE.items():
        response[name] = value
    return response


def _rendered(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int
) -> HttpResponse:
    response = render(request, template, surroundings(request) | context, status=status)
    if is_framed(request):
        allow_framing(response)
    return response


def promise_if_asked_now() -> datetime | None:
    """By when somebody who writes to us now, in the language of the page, hears from us."""
    language = translation.get_language() or "ja"
    return promise_for_inquiry(channel=Channel.WEB, language=language, now=timezone.now())
