"""The cache keeps working, per process, while Redis is away."""

from __future__ import annotations

from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.exceptions import RedisError

from common.breaker import redis_breaker

LOCAL_ENTRIES = 100_000
FORWARDED = (
    "add get set touch delete get_many set_many delete_many has_key incr clear".split()  # noqa: SIM905
)


class OneClient(RedisCacheClient):
    """Django makes a new client for each command, which takes longer than the command."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._made: dict[bool, Any] = {}

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        if write not in self._made:
            self._made[write] = super().get_client(key, write=write)
        return self._made[write]


class SteadfastCache(RedisCache):
    """Redis when it answers; this process's own memory when it does not.

    Rate limits thereby go on counting, per process, during an outage (they neither fail open nor
    take the site down).
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = OneClient
        # Room enough that nobody washes a counter away with other keys.
        self._local = LocMemCache("steadfast", {"OPTIONS": {"MAX_ENTRIES": LOCAL_ENTRIES}})


def _forward(name: str) -> Any:
    def method(self: SteadfastCache, *args: Any, **kwargs: Any) -> Any:
        if redis_breaker.is_closed():
            try:
                return getattr(RedisCache, name)(self, *args, **kwargs)
            except RedisError:
                redis_breaker.trip()
        return getattr(self._local, name)(*args, **kwargs)

    method.__name__ = name
    return method


for _name in FORWARDED:
    setattr(SteadfastCache, _name, _forward(_name))
