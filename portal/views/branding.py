"""The company's colours and picture. Their addresses change with them, so browsers keep them."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse

from branding import selectors

A_YEAR = "public, max-age=31536000, immutable"
A_MOMENT = "public, max-age=60"
# Opened by itself, a picture may do nothing either.
NOTHING_MORE = "default-src 'none'; sandbox"


def stylesheet(request: HttpRequest) -> HttpResponse:
    """A few colours, of which only ours and no typed text are made."""
    brand = selectors.brand()
    response = HttpResponse(selectors.stylesheet(brand), content_type="text/css; charset=utf-8")
    is_asked_for = request.GET.get("v") == selectors.stylesheet_digest(brand)
    response["Cache-Control"] = A_YEAR if is_asked_for else A_MOMENT
    return response


def logo(request: HttpRequest) -> HttpResponse:
    """The picture that was cleaned when it came."""
    brand = selectors.brand()
    picture = selectors.logo() if brand.logo_digest else None
    if picture is None:
        raise Http404
    response = HttpResponse(picture, content_type=brand.logo_type)
    response["Cache-Control"] = A_YEAR if request.GET.get("v") == brand.logo_digest else A_MOMENT
    response["Content-Security-Policy"] = NOTHING_MORE
    response["Content-Disposition"] = 'inline; filename="logo"'
    return response
