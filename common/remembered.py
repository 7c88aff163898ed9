"""What is asked all the time and seldom changed: each process remembers it for as long as it holds."""

from __future__ import annotations

from collections.abc import Callable
from threading import local
from time import monotonic
from typing import Any, Generic, TypeVar
from uuid import uuid4

from django.core.cache import cache
from django.core.signals import request_finished, request_started

Known = TypeVar("Known")
# Without Redis each process counts for itself, and hears of a change after this long at the latest.
SECONDS = 60
# One page asks for the same ten times: within a request, and for no longer than this, it is asked of
# Redis once.
REQUEST_SECONDS = 1


class _Request(local):
    """What the request that this thread answers has heard: the state of each key, and since when."""

    began = float("-inf")

    def __init__(self) -> None:
        self.states: dict[str, str] = {}


_request = _Request()


def begin_request(**_kwargs: Any) -> None:
    """From here on this thread answers one request."""
    _request.began = monotonic()
    _request.states.clear()


def end_request(**_kwargs: Any) -> None:
    """It has answered."""
    _request.began = float("-inf")


request_started.connect(begin_request, dispatch_uid="remembered")
request_finished.connect(end_request, dispatch_uid="remembered")


class Remembered(Generic[Known]):
    """What `read` gives, under a key of the cache that names its state; whoever changes what is read
    takes that away. All threads of a process share it, so nobody may write to it."""

    def __init__(self, key: str, read: Callable[[], Known]) -> None:
        self._key, self._read = key, read
        # By the state: until when it is believed, and what was read. Never more than one.
        self._memory: dict[str, tuple[float, Known]] = {}

    def get(self) -> Known:
        """What was read, or reads it."""
        state = self._state()
        if (remembered := self._memory.get(state)) and monotonic() < remembered[0]:
            return remembered[1]
        known = self._read()
        self._memory.clear()
        self._memory[state] = (monotonic() + SECONDS, known)
        return known

    def _state(self) -> str:
        if monotonic() - _request.began > REQUEST_SECONDS:
            return self._ask()
        if self._key not in _request.states:
            _request.states[self._key] = self._ask()
        return _request.states[self._key]

    def _ask(self) -> str:
        state: Any = cache.get(self._key)
        if state is not None and not isinstance(state, str):
            # Another release has left something else under this name.
            cache.delete(self._key)
            state = None
        if state is None:
            # Two may do so at once: the one who comes second reads what the first has written.
            cache.add(self._key, uuid4().hex, timeout=None)
            state = cache.get(self._key)
        return str(state or "")

    def forget(self) -> None:
        """Every process reads it anew. Call it on a change, and again when that is committed."""
        self._memory.clear()
        _request.states.clear()
        cache.delete(self._key)
