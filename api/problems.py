"""Errors as other programs read them (RFC 9457), in the reader's language."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, TypedDict

from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

ROOT = "/api/"
CONTENT_TYPE = "application/problem+json"
URN = "urn:yakusoku:problem:"


class Wrong(TypedDict):
    """One thing that is wrong with a request, and where: the path of a field, or a parameter."""

    field: str
    code: str
    message: str


# What each is called; the name in front is the end of its `type`, and stays as it is for ever.
TITLES: Mapping[str, Promise] = {
    "bad-request": gettext_lazy("The request cannot be read"),
    "token-missing": gettext_lazy("A token is needed"),
    "token-invalid": gettext_lazy("This token is not valid"),
    "scope-missing": gettext_lazy("The token is not for this"),
    "not-permitted": gettext_lazy("The owner of the token may not do this"),
    "not-found": gettext_lazy("There is nothing here"),
    "method-not-allowed": gettext_lazy("This method does nothing here"),
    "conflict": gettext_lazy("This cannot be done now"),
    "something-new": gettext_lazy("Something new was said meanwhile"),
    "address-taken": gettext_lazy("The address belongs to another customer"),
    "channel-off": gettext_lazy("The channel is switched off"),
    "external-id-taken": gettext_lazy("Another message came under this name"),
    "in-progress": gettext_lazy("The same request is being worked on"),
    "changed-meanwhile": gettext_lazy("It was changed meanwhile"),
    "too-large": gettext_lazy("The request is too large"),
    "unsupported-type": gettext_lazy("Only JSON is understood here"),
    "invalid": gettext_lazy("Something in the request is not right"),
    "key-reused": gettext_lazy("This key belongs to another request"),
    "rate-limited": gettext_lazy("Too many requests"),
    "server-error": gettext_lazy("Something went wrong on our side"),
    "unavailable": gettext_lazy("The service is not available for a moment"),
}
# By status, where nothing more is known.
USUAL = {
    400: "bad-request",
    401: "token-missing",
    403: "not-permitted",
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    500: "server-error",
    503: "unavailable",
}


class Problem(Exception):
    """The request is refused, with what its sender is told."""

    def __init__(
        self,
        status: int,
        name: str,
        detail: str = "",
        *,
        errors: Iterable[Wrong] = (),
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(name)
        self.status, self.name, self.detail = status, name, detail
        self.errors, self.headers, self.more = list(errors), dict(headers or {}), more

    def response(self) -> HttpResponse:
        """As it is sent."""
        told: dict[str, Any] = {
            "type": URN + self.name,
            "title": str(TITLES[self.name]),
            "status": self.status,
            "detail": self.detail or str(TITLES[self.name]),
            **self.more,
        }
        if self.errors:
            told["errors"] = self.errors
        response = HttpResponse(
            json.dumps(told, ensure_ascii=False, default=str),
            status=self.status,
            content_type=CONTENT_TYPE,
            headers=self.headers,
        )
        response["Cache-Control"] = "no-store"
        return response


def invalid(field: str, code: str, message: str) -> Problem:
    """A request of which one thing is wrong."""
    return Problem(422, "invalid", message, errors=[Wrong(field=field, code=code, message=message)])


def is_for_programs(request: HttpRequest) -> bool:
    """Whether whoever asked reads problems, and no pages."""
    return request.path.startswith(ROOT)


def usual_problem(status: int, **headers: str) -> HttpResponse:
    """The problem of a status of which nothing more is known."""
    return Problem(status, USUAL[status], headers=headers).response()
