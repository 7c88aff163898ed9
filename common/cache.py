"""The cache keeps working, per process, while Redis is away."""

from __future__ import annotations

from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

from common.breaker import redis_breaker

LOCAL_ENTRIES = 100_000
FORWARDED = (
    "add get set touch delete get_many set_many delete_many has_key incr clear".split()  # noqa: SIM905
)


class SteadfastCache(RedisCache):
    """Redis when it answers; this process's own memory when it does not.

    Rate limits thereby go on counting, per process, during an outage (they neither fail open nor
    take the site down).
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
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
