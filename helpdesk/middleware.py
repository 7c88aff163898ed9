"""What happens to every request before any door opens."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote_to_bytes
from uuid import uuid4

import structlog
from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import get_language_from_request

from branding.selectors import shown

logger = structlog.get_logger(__name__)
View = Callable[[HttpRequest], HttpResponseBase]
ASKED_BY_MACHINES = ("/healthz", "/readyz", "/metrics", "/anymail/")
UNREADABLE = re.compile(r"[\x00\ud800-\udfff]")


def request_id(get_response: View) -> View:
    """Give each request a name that its log lines and its error page share."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        request.request_id = uuid4().hex[:12]  # type: ignore[attr-defined]
        with structlog.contextvars.bound_contextvars(request_id=request.request_id):  # type: ignore[attr-defined]
            return get_response(request)

    return middleware


def offered_language(get_response: View) -> View:
    """Read how the company looks once for each request. Pages speak a language that it offers, also
    to those who ask for another one.
    Agents have their own: see helpdesk.access."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(ASKED_BY_MACHINES):
            request.shown = shown()  # type: ignore[attr-defined]
            ours = request.shown.brand  # type: ignore[attr-defined]
            asked = get_language_from_request(request)
            if asked not in ours.offered_languages or not _asks_for(request, asked):
                translation.activate(ours.language)
                request.LANGUAGE_CODE = ours.language
        return get_response(request)

    return middleware


def _asks_for(request: HttpRequest, language: str) -> bool:
    """Whether that is the visitor's wish, and not only what is left when nothing fits."""
    wishes = request.headers.get("Accept-Language", "").lower()
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return language == chosen or any(
        wish.strip().startswith(language) for wish in wishes.split(",")
    )


class ServiceUnavailable:
    """While PostgreSQL is away: 503 with Retry-After, never an answer that sounds like success."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            return self.get_response(request)
        except (OperationalError, InterfaceError) as error:
            return _unavailable(request, error)

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        if isinstance(exception, OperationalError | InterfaceError):
            return _unavailable(request, exception)
        return None


def ignore_unreadable_cookies(get_response: View) -> View:
    """A cookie in quotes may hold any byte. One that cannot be stored was never ours."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        for name in [name for name, value in request.COOKIES.items() if UNREADABLE.search(value)]:
            del request.COOKIES[name]
        return get_response(request)

    return middleware


def refuse_unreadable_input(get_response: View) -> View:
    """NUL and lone surrogates cannot be stored; invalid UTF-8 was not meant. All are a 400.

    They would be a 500 from the database driver otherwise (reliability_security.md section 4).
    What is larger than any form of ours is a 413 before anything of it is read.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if _is_unreadable(request):
            # The page that says so must be able to read the request.
            request.encoding = "utf-8"
            raise BadRequest("unreadable characters")
        if _length(request) > settings.REQUEST_MAX_BYTES:
            raise RequestDataTooBig("larger than all files together may be")
        return get_response(request)

    return middleware


def _length(request: HttpRequest) -> int:
    """What the request says of its own length; nothing beyond that is ever read."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isdecimal() and len(length) < 20 else 0


def _is_unreadable(request: HttpRequest) -> bool:
    # Python knows encodings, UTF-7 for one, that bring forth what UTF-8 forbids.
    if (request.content_params or {}).get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
        return True
    try:
        unquote_to_bytes(request.META.get("QUERY_STRING", "")).decode("utf-8")
    except UnicodeDecodeError:
        return True
    return UNREADABLE.search(request.path) is not None or any(
        UNREADABLE.search(text) for _, texts in request.GET.lists() for text in texts
    )


def _unavailable(request: HttpRequest, error: Exception) -> HttpResponseBase:
    logger.error("database.unavailable", error=type(error).__name__)
    # Without the request: its user and session would ask the database again.
    response = HttpResponse(render_to_string("503.html", _named(request)), status=503)
    response["Retry-After"] = "5"
    return response


def _named(request: HttpRequest) -> dict[str, object]:
    return {"request_id": getattr(request, "request_id", "")}
