"""How often something may happen from one place. Counts live in the cache, which outlives Redis."""

from __future__ import annotations

import time

from django.core.cache import cache


def is_within_rate(name: str, key: str, *, limit: int, seconds: int, cost: int = 1) -> bool:
    """Count one more `name` for `key` and say whether it stays within `limit` per wall seconds."""
    return count(name, key, seconds=seconds, cost=cost) <= limit


def count(name: str, key: str, *, seconds: int, cost: int = 1) -> int:
    """Count one more `name` for `key` and say how many that makes in these wall seconds."""
    window = int(time.time() // seconds)
    counter = f"rate:{name}:{key}:{window}"
    if cache.add(counter, cost, timeout=seconds * 2):
        return cost
    try:
        counted: int = cache.incr(counter, cost)
    except ValueError:
        # The counter went away in between: Redis was emptied. Start counting again.
        cache.add(counter, cost, timeout=seconds * 2)
        return cost
    return counted


def seconds_left(seconds: int) -> int:
    """How long until counting begins anew; at least one."""
    return seconds - int(time.time() % seconds)
