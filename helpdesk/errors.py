"""Error pages: one kind sentence that says what to do next, in the reader's language; for other
programs problems that say the same."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import structlog
from django.core.exceptions import (
    BadRequest,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFilesSent,
)
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.template.loader import render_to_string
from psycopg2.errors import ReadOnlySqlTransaction

from api.problems import is_for_programs, usual_problem

logger = structlog.get_logger(__name__)
TYPED_FIELDS = ("body", "subject")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    is_too_large = isinstance(exception, RequestDataTooBig | TooManyFilesSent)
    return _page(request, 413 if is_too_large else 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 404)


def not_allowed(request: HttpRequest, methods: Iterable[str]) -> HttpResponse:
    """The address exists, but not for this method; `methods` are those it is for."""
    response = _page(request, 405)
    response["Allow"] = ", ".join(sorted(methods))
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    # Middleware asks the database, too: who it is, how the company looks.
    error = sys.exception()
    if is_outage(error):
        return unavailable(request, error)
    if is_for_programs(request):
        return usual_problem(500)
    return HttpResponse(render_to_string("500.html", _named(request)), status=500)


def is_outage(error: BaseException | None) -> bool:
    """Whether PostgreSQL is away or takes nothing, and the request is not at fault."""
    is_read_only = isinstance(getattr(error, "__cause__", None), ReadOnlySqlTransaction)
    return is_read_only or isinstance(error, OperationalError | InterfaceError)


def unavailable(request: HttpRequest, error: BaseException | None) -> HttpResponse:
    """503 with Retry-After, never an answer that sounds like success."""
    logger.error("database.unavailable", error=type(error).__name__)
    if is_for_programs(request):
        return usual_problem(503, **{"Retry-After": "5"})
    response = HttpResponse(render_to_string("503.html", _named(request)), status=503)
    response["Retry-After"] = "5"
    return response


def _named(request: HttpRequest) -> dict[str, object]:
    """Without the request: its session and its user would ask the database again."""
    return {"request_id": getattr(request, "request_id", "")}


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page was open for too long or cookies are off. What was typed is shown to be copied."""
    return render(request, "403_csrf.html", _context(request), status=403)


def session_expired(request: HttpRequest) -> HttpResponse:
    """Somebody signed out wrote something: give the text back beside the way to sign in."""
    return render(request, "401.html", _context(request), status=401)


def _page(request: HttpRequest, status: int) -> HttpResponse:
    if is_for_programs(request):
        return usual_problem(status)
    return render(request, f"{status}.html", _context(request), status=status)


def _context(request: HttpRequest) -> dict[str, object]:
    return {**_named(request), "typed": _typed(request)}


def _typed(request: HttpRequest) -> list[str]:
    """The long texts of the form that came with the request; nothing when it cannot be read."""
    try:
        return [text for name in TYPED_FIELDS if (text := request.POST.get(name, "").strip())]
    except (SuspiciousOperation, BadRequest, MultiPartParserError, OSError):
        return []
