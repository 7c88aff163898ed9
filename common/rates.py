"""How often something may happen from one place. Counts live in the cache, which outlives Redis."""

from __future__ import annotations

import time

from django.core.cache import cache


def is_within_rate(name: str, key: str, *, limit: int, seconds: int, cost: int = 1) -> bool:
    """Count one more `name` for `key` and say whether it stays within `limit` per wall seconds."""
    window = int(time.time() // seconds)
    counter = f"rate:{name}:{key}:{window}"
    if cache.add(counter, cost, timeout=seconds * 2):
        return cost <= limit
    try:
        return cache.incr(counter, cost) <= limit
    except ValueError:
        # The counter went away in between: Redis was emptied. Start counting again.
        cache.add(counter, cost, timeout=seconds * 2)
        return True
