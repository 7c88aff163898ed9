"""What is asked all the time and seldom changed: each process remembers it for as long as it holds."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Generic, TypeVar
from uuid import uuid4

from django.core.cache import cache

Known = TypeVar("Known")
# Without Redis each process counts for itself, and hears of a change after this long at the latest.
SECONDS = 60


class Remembered(Generic[Known]):
    """What `read` gives, under a key of the cache that names its state; whoever changes what is read
    takes that away. All threads of a process share it, so nobody may write to it."""

    def __init__(self, key: str, read: Callable[[], Known]) -> None:
        self._key, self._read = key, read
        # By the state: until when it is believed, and what was read. Never more than one.
        self._memory: dict[str, tuple[float, Known]] = {}

    def get(self) -> Known:
        """What was read, or reads it."""
        state = cache.get(self._key)
        if state is None:
            # Two may do so at once: the one who comes second reads what the first has written.
            cache.add(self._key, uuid4().hex, timeout=None)
            state = cache.get(self._key)
        if (remembered := self._memory.get(state)) and monotonic() < remembered[0]:
            return remembered[1]
        known = self._read()
        self._memory.clear()
        self._memory[state] = (monotonic() + SECONDS, known)
        return known

    def forget(self) -> None:
        """Every process reads it anew. Call it on a change, and again when that is committed."""
        self._memory.clear()
        cache.delete(self._key)
