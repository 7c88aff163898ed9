"""How every call is taken: read strictly, done once, answered with a problem when it is refused.

Who asks, and whether they may, was settled before: see helpdesk.programs and helpdesk.access.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, TypeVar, cast
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.views import APIView

from accounts.api_tokens import Answer, Bearer, KeyUsed, answer_under, keep_answer
from accounts.models import Agent
from api.problems import Problem
from api.reading import read_json
from api.refusals import problem_of
from api.schema import OperationSchema
from api.shapes import Faults, Shape, Text, Whole

Handler = TypeVar("Handler", bound=Callable[..., Any])
MOST_OF_A_PAGE = 100
USUAL_PAGE = 25
# Of an answer that is kept for whoever asks again.
KEPT_HEADERS = ("Content-Type", "ETag", "Location")


@dataclass(frozen=True)
class Call:
    """What a call takes and gives, as its description says."""

    summary: str
    answer: Shape | None = None
    status: int = 200
    body: Shape | None = None
    query: Mapping[str, Shape] = field(default_factory=dict)
    # Beginnings of parameters that are not named one by one.
    prefixes: Sequence[str] = ()
    # Statuses of refusals beside those that every call may get.
    refuses: Sequence[int] = ()
    about: str = ""
    # A body that is sent, and for calls without one the end of an address.
    example: Any = None
    has_etag: bool = False
    content_type: str = "application/json"


def call(summary: str, **said: Any) -> Callable[[Handler], Handler]:
    """Describe a method of an endpoint; see Call."""

    def described(handler: Handler) -> Handler:
        handler.call = Call(summary, **said)  # type: ignore[attr-defined]
        return handler

    return described


PAGED: dict[str, Shape] = {
    "after": Text(200, about="Where the page begins: `next` of the page before names it."),
    "limit": Whole(1, MOST_OF_A_PAGE, about="How many of them; 25 when left out."),
}


@dataclass(frozen=True)
class Asked:
    """A request that was read: by whom, with which body and parameters, and when."""

    request: HttpRequest
    agent: Agent
    body: Any
    query: Mapping[str, Any]
    now: datetime

    @property
    def after(self) -> str:
        """Where the page begins."""
        return str(self.query.get("after", ""))

    @property
    def limit(self) -> int:
        """How long the page is."""
        return int(self.query.get("limit", USUAL_PAGE))


def answer(value: Any, *, status: int = 200, **headers: str) -> HttpResponse:
    """What is given back, as JSON."""
    response = HttpResponse(
        json.dumps(value, ensure_ascii=False, separators=(",", ":")),
        status=status,
        content_type="application/json",
        headers={name.replace("_", "-"): text for name, text in headers.items()},
    )
    response["Cache-Control"] = "private, no-store"
    return response


def page(asked: Asked, items: Sequence[Any], older: str) -> HttpResponse:
    """A page of a list, with the address of the next one, if there is one."""
    response = answer({"items": items, "next": (address := _next(asked, older))})
    if address:
        response["Link"] = f'<{address}>; rel="next"'
    return response


def _next(asked: Asked, older: str) -> str | None:
    if not older:
        return None
    query = {name: text for name, text in asked.request.GET.items() if name != "after"}
    return f"{absolute(asked.request.path)}?{urlencode({**query, 'after': older})}"


def absolute(path: str) -> str:
    """An address with its host."""
    return f"{settings.BASE_URL}{path}"


def tagged(asked: Asked, value: Any, *, revision: object = "", status: int = 200) -> HttpResponse:
    """An answer that says by its ETag what it shows; 304 for whoever has seen that."""
    etag = etag_of(value, revision=revision)
    if status == 200 and etag in _tags(asked.request.headers.get("If-None-Match", "")):
        return HttpResponse(status=304, headers={"ETag": etag, "Cache-Control": "no-cache"})
    response = answer(value, status=status, ETag=etag)
    response["Cache-Control"] = "private, no-cache"
    return response


def etag_of(value: Any, *, revision: object = "") -> str:
    """What an object is recognised by in this state: its revision, and what is shown of it."""
    shown = hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]
    return f'"{revision}-{shown}"'


def check_unchanged(asked: Asked, *, revision: object = "", etag: str = "") -> None:
    """Raises Problem when the sender names in If-Match another state than it is in. Objects that
    count their changes are compared by their `revision`, others by all that is shown."""
    wanted = _tags(asked.request.headers.get("If-Match", ""))
    if not wanted or "*" in wanted:
        return
    revisions = {tag.strip('"').partition("-")[0] for tag in wanted}
    if not (etag in wanted if etag else str(revision) in revisions):
        said = _("Read it again, and decide whether your change still holds.")
        raise Problem(412, "changed-meanwhile", said)


def _tags(header: str) -> set[str]:
    return {each.strip().removeprefix("W/") for each in header.split(",") if each.strip()}


class Endpoint(APIView):
    """One address. Each method is a handler that `call` describes."""

    # As scopes call it; helpdesk.access says the same of the address.
    of: ClassVar[str] = ""
    # For what a token must be to read, where that is another kind of thing.
    reads: ClassVar[str] = ""
    is_public: ClassVar[bool] = False
    # Under which heading it is described.
    section: ClassVar[str] = ""
    schema = OperationSchema()

    def dispatch(self, request: HttpRequest, *_args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer it, whatever happens."""
        if request.method == "OPTIONS":
            return HttpResponse(status=204, headers={"Allow": ", ".join(self.allowed_methods)})
        name = "get" if request.method == "HEAD" else str(request.method).lower()
        handler = getattr(self, name)
        bearer: Bearer | None = getattr(request, "bearer", None)
        key = request.headers.get("Idempotency-Key", "") if request.method == "POST" else ""
        try:
            if bearer and key:
                return _once(handler, request, bearer, key, kwargs)
            return _act(handler, request, read_json(request), kwargs)
        except (Problem, Http404, PermissionDenied) as refusal:
            return _refused(refusal)

    @classmethod
    def calls(cls) -> dict[str, Call]:
        """What it does, by method."""
        methods = ("get", "post", "put", "patch", "delete")
        return {name: getattr(cls, name).call for name in methods if hasattr(cls, name)}


def _refused(refusal: Exception) -> HttpResponse:
    if isinstance(refusal, Problem):
        return refusal.response()
    is_absent = isinstance(refusal, Http404)
    return Problem(*((404, "not-found") if is_absent else (403, "not-permitted"))).response()


def _act(
    handler: Callable[..., HttpResponseBase],
    request: HttpRequest,
    sent: Any,
    kwargs: Mapping[str, Any],
) -> HttpResponseBase:
    """Raises Problem for what is refused, whoever refuses it; then nothing was changed."""
    if request.method in {"GET", "HEAD"}:
        return _do(handler, request, sent, kwargs)
    with transaction.atomic():
        return _do(handler, request, sent, kwargs)


def _do(
    handler: Callable[..., HttpResponseBase],
    request: HttpRequest,
    sent: Any,
    kwargs: Mapping[str, Any],
) -> HttpResponseBase:
    asked = _read(handler.call, request, sent)  # type: ignore[attr-defined]
    try:
        return handler(asked, **kwargs)
    except Exception as refusal:
        problem = problem_of(refusal)
        if problem is None:
            raise
        raise problem from refusal


def _read(described: Call, request: HttpRequest, sent: Any) -> Asked:
    faults = Faults()
    query = _read_query(described, request, faults)
    read: Any = {}
    if described.body is not None:
        read = described.body.read(sent, "", faults)
    elif sent != {}:
        faults.note("", "unexpected", _("This call takes no body."))
    faults.check()
    return Asked(request, cast("Agent", request.user), read, query, timezone.now())


def _read_query(described: Call, request: HttpRequest, faults: Faults) -> dict[str, Any]:
    """Parameters that are not known are refused: a filter with a slip in it would show too much."""
    found: dict[str, Any] = {}
    for name, texts in request.GET.lists():
        shape = described.query.get(name)
        if shape is None and not name.startswith(tuple(described.prefixes)):
            faults.note(name, "unknown-parameter", _("There is no such parameter here."))
        elif len(texts) > 1:
            faults.note(name, "repeated", _("Name this parameter once."))
        else:
            found[name] = shape.read(shape.typed(texts[0]), name, faults) if shape else texts[0]
    return found


# Asking again -----------------------------------------------------------------------------------


def _once(
    handler: Callable[..., HttpResponseBase],
    request: HttpRequest,
    bearer: Bearer,
    key: str,
    kwargs: Mapping[str, Any],
) -> HttpResponseBase:
    """What was answered under this key before; otherwise do it, and keep the answer in the same
    transaction. A twin that was faster has done it: then nothing of this one happens."""
    sent = read_json(request)
    fingerprint = _fingerprint(request, sent)
    if bearer.answered is not None:
        return _again(bearer.answered, fingerprint)
    now = timezone.now()
    try:
        try:
            with transaction.atomic():
                response = _do(handler, request, sent, kwargs)
                kept = _kept(response, fingerprint)
                keep_answer(bearer.token, key, kept, now=now)
        except (Problem, Http404, PermissionDenied) as refusal:
            response = _refused(refusal)
            with transaction.atomic():
                keep_answer(bearer.token, key, _kept(response, fingerprint), now=now)
    except KeyUsed:
        answered = answer_under(bearer.token, key)
        if answered is None:
            said = _("Ask again in a moment.")
            raise Problem(409, "in-progress", said, headers={"Retry-After": "1"}) from None
        return _again(answered, fingerprint)
    return response


def _fingerprint(request: HttpRequest, sent: Any) -> str:
    """Of what is asked for; how it is spaced makes no difference."""
    said = json.dumps([request.method, request.get_full_path(), sent], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def _kept(response: HttpResponseBase, fingerprint: str) -> Answer:
    assert isinstance(response, HttpResponse), "what is asked for by POST is no file"  # noqa: S101
    headers = {name: response[name] for name in KEPT_HEADERS if name in response}
    return Answer(fingerprint, response.status_code, headers, response.content.decode())


def _again(answered: Answer, fingerprint: str) -> HttpResponse:
    if answered.fingerprint != fingerprint:
        said = _("Send another request under another key.")
        raise Problem(422, "key-reused", said)
    response = HttpResponse(answered.body, status=answered.status, headers=dict(answered.headers))
    response["Idempotent-Replayed"] = "true"
    response["Cache-Control"] = "private, no-store"
    return response
