"""The form in a frame of another site, and the script that puts it there."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt

from branding.selectors import brand
from portal.views import inquiries

AN_HOUR = "public, max-age=3600"


@csrf_exempt
def framed_form(request: HttpRequest) -> HttpResponse:
    """As the form, without cookies: portal.framing says why that is safe."""
    with translation.override(_language(request)):
        return inquiries.new_inquiry(request)


def framed_received(request: HttpRequest, token: str) -> HttpResponse:
    """The page that says it arrived, in the frame."""
    with translation.override(_language(request)):
        return inquiries.received(request, token)


def script(_request: HttpRequest) -> HttpResponse:
    """For other sites, at an address that never changes."""
    response = HttpResponse(_script(), content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = AN_HOUR
    # It is there for others to load.
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@cache
def _script() -> bytes:
    return (settings.BASE_DIR / "static/js/embed.js").read_bytes()


def _language(request: HttpRequest) -> str:
    """The one that the other site names, else the visitor's."""
    named = request.GET.get("lang", "")
    return named if named in brand().offered_languages else translation.get_language() or "ja"
