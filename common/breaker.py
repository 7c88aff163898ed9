"""A circuit breaker: after a failure, do not try again for a while."""

from __future__ import annotations

import time


class Breaker:
    """Open for `rest` wall seconds after `trip`; one per process and thing."""

    def __init__(self, *, rest: float) -> None:
        self._rest = rest
        self._retry_at = 0.0

    def is_closed(self) -> bool:
        return time.monotonic() >= self._retry_at

    def trip(self) -> None:
        self._retry_at = time.monotonic() + self._rest

    def reset(self) -> None:
        self._retry_at = 0.0


# A dead or hung Redis costs a web request up to a second; once per 15 s is enough.
redis_breaker = Breaker(rest=15)
