"""Counting how often something happens from one place."""

from __future__ import annotations

import time_machine
from django.core.cache import cache

from common.rates import is_within_rate


def allowed(key: str = "192.0.2.1", *, times: int = 1, limit: int = 3, cost: int = 1) -> list[bool]:
    return [is_within_rate("form", key, limit=limit, seconds=600, cost=cost) for _ in range(times)]


@time_machine.travel("2026-10-05T01:00:00+00:00", tick=False)
def test_as_many_as_the_limit_are_allowed_and_no_more():
    assert allowed(times=5) == [True, True, True, False, False]


@time_machine.travel("2026-10-05T01:00:00+00:00", tick=False)
def test_each_place_is_counted_for_itself():
    allowed("192.0.2.1", times=5)

    assert allowed("192.0.2.2") == [True]


@time_machine.travel("2026-10-05T01:00:00+00:00", tick=False)
def test_what_costs_more_is_allowed_less_often():
    assert allowed(times=3, limit=4, cost=2) == [True, True, False]


def test_after_the_time_it_is_allowed_again():
    with time_machine.travel("2026-10-05T01:00:00+00:00", tick=False) as clock:
        allowed(times=5)
        clock.move_to("2026-10-05T01:10:01+00:00")
        assert allowed() == [True]


@time_machine.travel("2026-10-05T01:00:00+00:00", tick=False)
def test_a_redis_that_was_emptied_begins_to_count_again():
    allowed(times=3)
    cache.clear()

    assert allowed(times=4) == [True, True, True, False]
