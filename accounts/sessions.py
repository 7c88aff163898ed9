"""The browsers in which somebody is signed in. Django's session lets in; the row beside it lets
them recognise it and end it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.sessions.models import Session
from django.db import transaction

from accounts.devices import Device
from accounts.models import LONGEST_IDLE, LONGEST_SESSION, Agent, AgentSession

# So often the last use is written down; each request would be a write otherwise.
NOTED_EVERY = timedelta(minutes=5)


@transaction.atomic
def begin_session(agent: Agent, *, key: str, device: Device, now: datetime) -> None:
    """They have signed in. What is over by now is forgotten."""
    is_live = AgentSession.objects.live(now)
    agent.sessions.exclude(pk__in=is_live.values("pk")).delete()
    AgentSession.objects.update_or_create(
        key=key,
        defaults={
            "agent": agent,
            "browser": device.browser,
            "system": device.system,
            "started_at": now,
            "last_used_at": now,
        },
    )


def note_use(known_as: str, *, key: str, now: datetime) -> None:
    """The session is in use; a new password has given it another key."""
    AgentSession.objects.filter(key=known_as).update(key=key, last_used_at=now)


def is_over(*, started_at: datetime, last_used_at: datetime, now: datetime) -> bool:
    """Whether its time is over: since they signed in, or since they did anything."""
    return now - started_at >= LONGEST_SESSION or now - last_used_at >= LONGEST_IDLE


def live_sessions(agent: Agent, *, now: datetime) -> list[AgentSession]:
    """Where they are signed in, the last used first."""
    kept = Session.objects.filter(expire_date__gt=now).values("session_key")
    return list(agent.sessions.live(now).filter(key__in=kept))


@transaction.atomic
def end_sessions(agent: Agent, *, but: str | None = None) -> int:
    """Sign them out of every browser at once, but of the one with this key. How many it were."""
    return _end(agent.sessions.exclude(key=but or "").values_list("key", flat=True))


@transaction.atomic
def end_session(agent: Agent, pk: int) -> int:
    """Sign them out of one browser; 0 when it is not theirs, or over already."""
    return _end(agent.sessions.filter(pk=pk).values_list("key", flat=True))


def end_sessions_by_key(key: str) -> None:
    """Somebody has signed out themselves."""
    _end([key])


def forget_expired(*, now: datetime) -> int:
    """Delete what nobody can come back by: of each session that is over, both rows. How many
    sessions it were."""
    AgentSession.objects.exclude(pk__in=AgentSession.objects.live(now).values("pk")).delete()
    return Session.objects.filter(expire_date__lte=now).delete()[0]


def _end(keys: Iterable[str]) -> int:
    known = list(keys)
    Session.objects.filter(session_key__in=known).delete()
    return AgentSession.objects.filter(key__in=known).delete()[0]
