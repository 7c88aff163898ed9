"""The cache while Redis is well, dead or hung."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from common.breaker import redis_breaker
from common.cache import SteadfastCache

NOWHERE = "redis://127.0.0.1:1/0"
OPTIONS = {"OPTIONS": {"socket_timeout": 0.3, "socket_connect_timeout": 0.3}}


@pytest.fixture
def without_redis() -> SteadfastCache:
    return SteadfastCache(NOWHERE, OPTIONS)


@pytest.fixture
def hung_redis() -> Iterator[str]:
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


def test_without_redis_it_keeps_what_it_is_told(without_redis: SteadfastCache):
    without_redis.set("name", "Hana")
    without_redis.set_many({"a": 1, "b": 2})

    assert without_redis.get("name") == "Hana"
    assert without_redis.get_many(["a", "b"]) == {"a": 1, "b": 2}
    assert without_redis.get_or_set("c", lambda: 3) == 3
    assert without_redis.delete("name")
    assert without_redis.get("name") is None


def test_without_redis_it_keeps_counting(without_redis: SteadfastCache):
    without_redis.add("counter", 0)

    assert [without_redis.incr("counter") for _ in range(3)] == [1, 2, 3]
    with pytest.raises(ValueError, match="nobody"):
        without_redis.incr("nobody")


def test_without_redis_many_other_keys_push_no_counter_out(without_redis: SteadfastCache):
    """Whoever is being locked out could otherwise wash the counter away with a thousand names."""
    without_redis.add("login:hana", 0)
    without_redis.incr("login:hana", 5)

    for number in range(2000):
        without_redis.add(f"login:nobody{number}", 1)

    assert without_redis.get("login:hana") == 5


def test_a_dead_redis_is_asked_once_and_then_left_alone(without_redis: SteadfastCache):
    without_redis.get("name")

    assert not redis_breaker.is_closed()
    started = time.perf_counter()
    for _ in range(200):
        without_redis.get("name")
    assert time.perf_counter() - started < 0.2


def test_a_hung_redis_costs_one_timeout(hung_redis: str):
    hung = SteadfastCache(hung_redis, OPTIONS)
    started = time.perf_counter()

    for number in range(20):
        hung.set(f"key{number}", number)

    assert hung.get("key7") == 7
    assert time.perf_counter() - started < 1.5


def test_when_redis_is_back_it_is_used_again(settings):
    cache = SteadfastCache(settings.REDIS_URL, OPTIONS)
    cache.set("name", "from Redis")
    redis_breaker.trip()
    cache.set("name", "from here")
    assert cache.get("name") == "from here"

    redis_breaker.reset()

    assert cache.get("name") == "from Redis"
