"""Which browsers somebody has signed in from before: each says so itself, in a signed cookie.

It only decides whether a letter tells of a sign-in; nobody comes in by it.
"""

from __future__ import annotations

from django.conf import settings
from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse

from accounts.models import Agent

COOKIE = "__Host-known" if settings.IS_HTTPS else "known"
SALT = "desk.known_devices"
A_YEAR = 365 * 24 * 3600
# More people than this share no browser.
MOST = 20


def knows(request: HttpRequest, agent: Agent) -> bool:
    """Whether this browser was theirs before."""
    return str(agent.pk) in _people(request)


def remember(request: HttpRequest, response: HttpResponse, agent: Agent) -> None:
    """From now on it is."""
    others = [each for each in _people(request) if each != str(agent.pk)]
    response.set_signed_cookie(
        COOKIE,
        "-".join([*others, str(agent.pk)][-MOST:]),
        salt=SALT,
        max_age=A_YEAR,
        secure=settings.IS_HTTPS,
        httponly=True,
        samesite="Lax",
    )


def _people(request: HttpRequest) -> list[str]:
    try:
        people = request.get_signed_cookie(COOKIE, salt=SALT, max_age=A_YEAR)
    except (KeyError, BadSignature):
        return []
    return (people or "").split("-")
