"""Who is at which page now: in Redis, for seconds. While Redis is away nobody is seen anywhere."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from redis import Redis
from redis.exceptions import RedisError

from common import doorbell
from common.breaker import redis_breaker

logger = structlog.get_logger(__name__)
Answer = TypeVar("Answer")
# Browsers say every ten seconds that they are still there.
SEEN_FOR = 30


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Somebody at a page, taken to be there `until` (UTC epoch seconds)."""

    agent_id: int
    name: str
    is_writing: bool
    until: float


def be_at(path: str, *, agent_id: int, name: str, is_writing: bool) -> None:
    """Say that somebody is at a page; the others hear of it when that is news."""
    now = time.time()
    told = json.dumps({"name": name, "is_writing": is_writing, "until": now + SEEN_FOR})

    def note(redis: Redis) -> Visitor | None:
        pipeline = redis.pipeline(transaction=False)
        pipeline.hget(_key(path), str(agent_id))
        pipeline.hset(_key(path), str(agent_id), told)
        pipeline.expire(_key(path), SEEN_FOR)
        return _visitor(agent_id, pipeline.execute()[0])

    before = _ask(note, otherwise=None)
    if before is None or before.until <= now or before.is_writing != is_writing:
        doorbell.announce_presence(path)


def leave(path: str, *, agent_id: int) -> None:
    """Say that somebody has gone."""
    if _ask(lambda redis: redis.hdel(_key(path), str(agent_id)), otherwise=0):
        doorbell.announce_presence(path)


def who_is_at(paths: Sequence[str]) -> dict[str, list[Visitor]]:
    """Everybody at these pages, who writes first, in one round trip."""
    now = time.time()

    def look(redis: Redis) -> list[dict[bytes, bytes]]:
        pipeline = redis.pipeline(transaction=False)
        for path in paths:
            pipeline.hgetall(_key(path))
        return pipeline.execute()

    found = {}
    for path, told in zip(paths, _ask(look, otherwise=[{}] * len(paths)), strict=True):
        visitors = (_visitor(int(agent_id), words) for agent_id, words in told.items())
        there = [each for each in visitors if each and each.until > now]
        found[path] = sorted(there, key=lambda each: (not each.is_writing, each.name))
    return found


def _ask(question: Callable[[Redis], Any], *, otherwise: Answer) -> Any | Answer:
    """What Redis says; `otherwise` while it is away, for which nobody waits twice."""
    if not redis_breaker.is_closed():
        return otherwise
    try:
        return question(doorbell.client())
    except (RedisError, OSError):
        redis_breaker.trip()
        logger.warning("presence.redis_away")
        return otherwise


def _visitor(agent_id: int, told: bytes | None) -> Visitor | None:
    if told is None:
        return None
    fields: dict[str, Any] = json.loads(told)
    return Visitor(agent_id=agent_id, **fields)


def _key(path: str) -> str:
    return f"yakusoku:presence:{path}"
