"""Bodies of requests: JSON, and only what every program understands in the same way."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from typing import Any, NoReturn

from django.conf import settings
from django.http import HttpRequest
from django.http.request import UnreadablePostError
from django.utils.translation import gettext as _

from api.problems import Problem, invalid

DEEPEST = 20
LARGEST = 2**63 - 1
# NUL cannot be stored, and half a surrogate is no character.
UNREADABLE = re.compile(r"[\x00\ud800-\udfff]")


def read_json(request: HttpRequest) -> Any:
    """What the body says; an empty one says {}. Raises Problem."""
    content = _content(request)
    if not content.strip():
        return {}
    if request.content_type != "application/json":
        raise Problem(415, "unsupported-type", _("Send “Content-Type: application/json”."))
    try:
        value = json.loads(
            content.decode("utf-8"),
            parse_constant=_refuse,
            parse_float=_finite,
            object_pairs_hook=_once,
        )
    except UnicodeDecodeError:
        raise Problem(400, "bad-request", _("The body is not UTF-8.")) from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        raise Problem(400, "bad-request", _("The body is not JSON: %s") % error) from None
    _check(value, "", depth=0)
    return value


def _content(request: HttpRequest) -> bytes:
    said = request.META.get("CONTENT_LENGTH") or "0"
    if said.isdecimal() and int(said[:18]) > settings.API_MAX_BYTES:
        raise Problem(413, "too-large")
    try:
        content = request.read(settings.API_MAX_BYTES + 1)
    except UnreadablePostError:
        raise Problem(400, "bad-request") from None
    if len(content) > settings.API_MAX_BYTES:
        raise Problem(413, "too-large")
    return content


def _refuse(name: str) -> NoReturn:
    """NaN and the infinities are no JSON."""
    raise ValueError(name)


def _finite(text: str) -> float:
    """1e400 would be infinite."""
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A name that stands twice means different things to different programs."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(_("a name stands twice in one object"))
    return found


def _check(value: Any, at: str, *, depth: int) -> None:
    if depth > DEEPEST:
        raise _too_deep()
    if isinstance(value, str):
        if UNREADABLE.search(value):
            raise invalid(at, "unreadable", _("This has characters that cannot be stored."))
    elif isinstance(value, int) and abs(value) > LARGEST:
        raise invalid(at, "range", _("This number is too large."))
    for name, each in _within(value):
        _check(each, f"{at}.{name}" if at else str(name), depth=depth + 1)


def _within(value: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(value, dict):
        for name in value:
            if UNREADABLE.search(name):
                raise invalid("", "unreadable", _("This has characters that cannot be stored."))
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def _too_deep() -> Problem:
    return invalid("", "too-deep", _("This is nested more than 20 levels deep."))
