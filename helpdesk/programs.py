"""Other programs come to /api/ with a token, and with nothing else: no session, no cookie."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import get_supported_language_variant
from django.utils.translation import gettext as _
from django.utils.translation.trans_real import parse_accept_lang_header

from accounts.api_tokens import LONGEST_KEY, Bearer, bearer_of, note_use
from api.problems import Problem, invalid, is_for_programs
from common.rates import count, seconds_left
from portal.visitors import client_address

View = Callable[[HttpRequest], HttpResponseBase]
A_MINUTE = 60
TEN_MINUTES = 600
# So many a wrong program sends before somebody notices.
BAD_TOKENS = 30


def without_cookies(get_response: View) -> View:
    """Whoever is signed in is nobody to the API: a page of somebody else's could send them there."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if not is_for_programs(request):
            return get_response(request)
        request.COOKIES.clear()
        response = get_response(request)
        if isinstance(response, HttpResponse):
            response.cookies.clear()
        return response

    return middleware


def known_by_token(get_response: View) -> View:
    """Who asks is the agent of the token; how often a token asks is counted and told."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if not is_for_programs(request) or "Authorization" not in request.headers:
            return get_response(request)
        key = request.headers.get("Idempotency-Key", "")
        if len(key) > LONGEST_KEY or not key.isprintable():
            said = _("A key has at most 255 characters that can be printed.")
            return invalid("Idempotency-Key", "invalid", said).response()
        bearer = _bearer(request, key)
        if bearer is None:
            return _wait_after_many(request) or get_response(request)
        return _serve(request, bearer, get_response)

    return middleware


def _bearer(request: HttpRequest, key: str) -> Bearer | None:
    """Nobody, when the token is no good: the lock refuses them."""
    kind, _blank, text = request.headers["Authorization"].partition(" ")
    if kind.lower() != "bearer":
        return None
    now = timezone.now()
    bearer = bearer_of(text.strip(), key=key if request.method == "POST" else "", now=now)
    if bearer is not None:
        note_use(bearer.token, now=now)
    return bearer


def _wait_after_many(request: HttpRequest) -> HttpResponse | None:
    """Nobody tries tokens for free. Good ones from the same address go on: a whole office may share
    it with the one program that has forgotten to change its token."""
    tries = count("bad_token", client_address(request), seconds=TEN_MINUTES)
    if tries <= BAD_TOKENS:
        return None
    said = _(
        "Too many tokens that are not valid came from this address. Wait, then send a good one."
    )
    headers = {"Retry-After": str(seconds_left(TEN_MINUTES))}
    return Problem(429, "rate-limited", said, headers=headers).response()


def _serve(request: HttpRequest, bearer: Bearer, get_response: View) -> HttpResponseBase:
    limit = settings.API_REQUESTS_PER_MINUTE
    used = count("api", str(bearer.token.pk), seconds=A_MINUTE)
    reset = str(seconds_left(A_MINUTE))
    if used > limit:
        said = _("Wait until the minute is over.")
        refusal = Problem(429, "rate-limited", said, headers={"Retry-After": reset})
        response: HttpResponseBase = refusal.response()
    else:
        request.user = bearer.agent
        request.bearer = bearer  # type: ignore[attr-defined]
        request.wished_language = _wished_language(request)  # type: ignore[attr-defined]
        response = get_response(request)
    response["RateLimit-Limit"] = str(limit)
    response["RateLimit-Remaining"] = str(max(0, limit - used))
    response["RateLimit-Reset"] = reset
    return response


def _wished_language(request: HttpRequest) -> str:
    """What the program asks for; empty: what its agent speaks."""
    for wish, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        try:
            return str(get_supported_language_variant(wish))
        except LookupError:
            continue
    return ""
