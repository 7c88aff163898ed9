"""Pages that keep a part of themselves current: see static/js/elements/live-part.js."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response, patch_vary_headers

from common.digests import digest_of


def live_page(
    request: HttpRequest,
    page: str,
    part: str,
    context: Mapping[str, Any],
    *,
    more: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """The page with its part; for the script only the part, and 304 when nothing in it changed.

    `more` is what only the page shows. The part may not hold a token, which differs each time.
    """
    drawn = render_to_string(part, dict(context), request)
    etag = f'W/"{digest_of(request.get_full_path() + drawn)[:20]}"'
    shown = {**context, "part": drawn, "etag": etag}
    if request.headers.get("HX-Request"):
        unchanged = get_conditional_response(request, etag=etag)
        response = unchanged or render(request, "reports/_live.html", shown)
    else:
        response = render(request, page, {**shown, **(more or {})})
    response["ETag"] = etag
    # The same address answers with a page or a part of it; "back" must never show the part.
    response["Cache-Control"] = "private, no-store"
    patch_vary_headers(response, ["HX-Request"])
    return response
