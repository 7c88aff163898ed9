"""What happens to every request before any door opens."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from urllib.parse import unquote_to_bytes
from uuid import uuid4

import structlog
from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.db import DatabaseError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.translation import get_language_from_request

from accounts.models import Agent
from audit.looking import Look, gathering_looks, record_looks
from audit.who import Who, acting
from branding.selectors import shown
from helpdesk.errors import is_outage, unavailable

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


def audited(get_response: View) -> View:
    """What is written meanwhile was done by whoever is signed in. What an agent looked at is written
    down once the answer has left: nobody waits for that."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        with acting(lambda: _who(request)), gathering_looks() as looks:
            response = get_response(request)
        agent = request.user
        if looks and response.status_code < HTTPStatus.BAD_REQUEST and isinstance(agent, Agent):
            # Django closes a response when its last byte has been sent.
            response._resource_closers.append(partial(_record, agent, looks))  # type: ignore[attr-defined]  # noqa: SLF001
        return response

    return middleware


def _who(request: HttpRequest) -> Who:
    match = request.resolver_match
    agent = request.user if isinstance(request.user, Agent) else None
    return Who(
        agent=agent.pk if agent else None,
        name=agent.name if agent else "",
        via=match.view_name if match else request.path,
        request=getattr(request, "request_id", ""),
    )


def _record(agent: Agent, looks: set[Look]) -> None:
    try:
        record_looks(looks, agent=agent.pk, name=agent.name)
    except DatabaseError:
        logger.exception("audit.look_not_recorded", agent=agent.pk)


class ServiceUnavailable:
    """While PostgreSQL is away: 503, without the noise of a fault. What fails before the view or
    after it comes to helpdesk.errors.server_error, which says the same."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        return unavailable(request, exception) if is_outage(exception) else None


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
