"""How long somebody stays signed in, and that they find each browser in which they are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import structlog
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from accounts.devices import device_of
from accounts.models import Agent
from accounts.sessions import NOTED_EVERY, begin_session, end_sessions_by_key, is_over, note_use

logger = structlog.get_logger(__name__)
# In the session: when it began, was last used (UNIX seconds), and by which key we know it.
STARTED, USED, KNOWN_AS = "started_at", "used_at", "known_as"
View = Callable[[HttpRequest], HttpResponseBase]


def connect() -> None:
    """Hear of everybody who signs in and out, whatever the way."""
    user_logged_in.connect(_begin, dispatch_uid="helpdesk.sessions")
    user_logged_out.connect(_end, dispatch_uid="helpdesk.sessions")


def timed(get_response: View) -> View:
    """Sign out who was idle, or signed in, for too long."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if isinstance(request.user, Agent):
            _keep_time(request, request.user, now=timezone.now())
        return get_response(request)

    return middleware


def _keep_time(request: HttpRequest, agent: Agent, *, now: datetime) -> None:
    session = request.session
    if STARTED not in session:
        # It began before sessions were known.
        _begin(request=request, user=agent)
        return
    started_at, used_at = (datetime.fromtimestamp(session[name], UTC) for name in (STARTED, USED))
    if is_over(started_at=started_at, last_used_at=used_at, now=now):
        logger.info("sign_in.session_over", agent=agent.pk)
        logout(request)
    elif _is_by_hand(request) and (
        now - used_at >= NOTED_EVERY or session[KNOWN_AS] != session.session_key
    ):
        note_use(session[KNOWN_AS], key=session.session_key or "", now=now)
        session[USED], session[KNOWN_AS] = now.timestamp(), session.session_key


def _is_by_hand(request: HttpRequest) -> bool:
    """Whether somebody did something, and not only a page that keeps itself up to date."""
    return request.headers.get("Sec-Fetch-Dest") != "empty" or "HX-Request" in request.headers


def _begin(*, request: HttpRequest | None, user: Any, **_: Any) -> None:
    if request is None:
        return
    session, now = request.session, timezone.now()
    if session.session_key is None:
        session.create()
    device = device_of(request.headers.get("User-Agent", ""))
    begin_session(user, key=session.session_key or "", device=device, now=now)
    session[STARTED] = session[USED] = now.timestamp()
    session[KNOWN_AS] = session.session_key


def _end(*, request: HttpRequest, user: Any, **_: Any) -> None:
    end_sessions_by_key(request.session.session_key or "")
