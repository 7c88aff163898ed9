"""The only place that speaks to Redis about work: a bell that says "look into the table now".

Every duty is a row that beat and the pump will find anyway; ringing only makes it fast. So a bell
that cannot be rung is forgotten, and after one failure nobody tries for 15 seconds.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import structlog
from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError
from redis import Redis
from redis.exceptions import RedisError

from common.breaker import redis_breaker

logger = structlog.get_logger(__name__)
CHANNEL = "yakusoku:changes"
_publisher: Redis | None = None


def ring(task: str, *args: Any) -> None:
    """Have a worker run the task of this name soon after this transaction commits."""

    # Not functools.partial: of a robust callback that fails Django logs the name, and has none.
    def send() -> None:
        _send(task, args)

    transaction.on_commit(send, robust=True)


def announce(paths: Sequence[str]) -> None:
    """Tell open browsers, after commit, whose pages changed. Addresses only, never content."""
    change = {"paths": list(paths)}

    def publish() -> None:
        _publish(change)

    transaction.on_commit(publish, robust=True)


def announce_presence(path: str) -> None:
    """Tell open browsers that somebody came to this page or went. Nothing of it is stored."""
    _publish({"presence": [path]})


def _send(task: str, args: tuple[Any, ...]) -> None:
    if redis_breaker.is_closed():
        try:
            # Celery tries for six seconds to reach a Redis that is gone; a ping knows within one.
            client().ping()
            current_app.send_task(task, args=args, retry=False)
        except (OperationalError, RedisError, OSError):
            redis_breaker.trip()
            logger.warning("doorbell.out_of_order", task=task)


def _publish(change: dict[str, Any]) -> None:
    if redis_breaker.is_closed():
        try:
            client().publish(CHANNEL, json.dumps(change))
        except (RedisError, OSError):
            redis_breaker.trip()
            logger.warning("doorbell.out_of_order", task="announce")


def client() -> Redis:
    """This process's connections to Redis, which give up within a second."""
    global _publisher  # noqa: PLW0603 - one connection pool per process
    if _publisher is None:
        _publisher = Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)
    return _publisher
