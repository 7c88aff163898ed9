"""The form in a frame of another site.

Browsers send no cookies of ours from there, so these pages have no session and no token of Django's
against forged requests, and need none. Such a token keeps another site from using what a browser
may do because somebody is signed in, and these pages never ask who that is: whoever makes somebody
else's browser post here can post the same from anywhere, and is counted and limited all the same.
What a post must carry is the signed value of a form that was shown within a day.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation

from branding.selectors import brand

FRAMED = {"portal:framed_form", "portal:framed_received"}
A_DAY = 24 * 3600


def is_framed(request: HttpRequest) -> bool:
    """Whether the page that is asked for is one of those for frames."""
    return request.resolver_match is not None and request.resolver_match.view_name in FRAMED


def allow_framing(response: HttpResponse) -> None:
    """Only the sites that were named may show it; without any, nobody."""
    origins = brand().frame_origins or ["'none'"]
    # What django-csp and Django look for on their way out.
    vars(response).update(_csp_replace={"frame-ancestors": origins}, xframe_options_exempt=True)


def surroundings(request: HttpRequest) -> dict[str, Any]:
    """What the templates of the form stand in, and where the form is sent to."""
    if not is_framed(request):
        return {"base": "base_portal.html", "form_url": reverse("portal:inquiry_new")}
    return {
        "base": "portal/framed.html",
        "form_url": f"{reverse('portal:framed_form')}?lang={translation.get_language()}",
        "is_framed": True,
        "frame_origins": " ".join(brand().frame_origins),
    }
