"""Pages behind a secret link to the desk: to join it, and to set it up."""

from __future__ import annotations

from django.http import HttpResponse

HEADERS = {
    "Cache-Control": "no-store",
    # Not "no-referrer": under that a browser says "Origin: null" with the form, which is refused.
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}


def make_private(response: HttpResponse) -> HttpResponse:
    """Nobody keeps it, lists it, or is told its address elsewhere."""
    for name, value in HEADERS.items():
        response[name] = value
    return response
