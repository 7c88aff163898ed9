"""Error pages: one kind sentence that says what to do next, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import (
    BadRequest,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFilesSent,
)
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.template.loader import render_to_string

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
    # Without the request: what failed may well be the session, the user or the database.
    context = {"request_id": getattr(request, "request_id", "")}
    return HttpResponse(render_to_string("500.html", context), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page was open for too long or cookies are off. What was typed is shown to be copied."""
    return render(request, "403_csrf.html", _context(request), status=403)


def session_expired(request: HttpRequest) -> HttpResponse:
    """Somebody signed out wrote something: give the text back beside the way to sign in."""
    return render(request, "401.html", _context(request), status=401)


def _page(request: HttpRequest, status: int) -> HttpResponse:
    return render(request, f"{status}.html", _context(request), status=status)


def _context(request: HttpRequest) -> dict[str, object]:
    return {
        "request_id": getattr(request, "request_id", ""),
        "typed": _typed(request),
    }


def _typed(request: HttpRequest) -> list[str]:
    """The long texts of the form that came with the request; nothing when it cannot be read."""
    try:
        return [text for name in TYPED_FIELDS if (text := request.POST.get(name, "").strip())]
    except (SuspiciousOperation, BadRequest, MultiPartParserError, OSError):
        return []
