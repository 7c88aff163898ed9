"""What is asked all the time: how often Redis hears of it, and when a change is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

import pytest
from django.core.cache import cache

from common.cache import SteadfastCache
from common.remembered import REQUEST_SECONDS, Remembered, begin_request, end_request

KEY = "test:remembered"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every key that the cache is asked for."""
    keys: list[str] = []
    get: Callable[..., Any] = SteadfastCache.get

    def listening(self: SteadfastCache, key: str, *args: Any, **kwargs: Any) -> Any:
        keys.append(key)
        return get(self, key, *args, **kwargs)

    monkeypatch.setattr(SteadfastCache, "get", listening)
    return keys


@pytest.fixture
def _in_a_request() -> Iterator[None]:
    begin_request()
    yield
    end_request()


def remembered(words: list[str]) -> Remembered[str]:
    return Remembered(KEY, lambda: words[-1])


@pytest.mark.usefixtures("_in_a_request")
def test_a_request_asks_once_however_often_it_needs_it(asked: list[str]):
    name = remembered(["Aoba"])
    name.get()
    asked.clear()

    assert [name.get() for _ in range(5)] == ["Aoba"] * 5

    assert asked == []


def test_the_next_request_hears_what_another_process_has_changed():
    words = ["Aoba"]
    name = remembered(words)
    begin_request()
    assert name.get() == "Aoba"
    words.append("Midori")
    cache.delete(KEY)
    assert name.get() == "Aoba"

    begin_request()

    assert name.get() == "Midori"
    end_request()


def test_what_another_release_left_under_the_key_is_not_believed():
    cache.set(KEY, {"of": "another release"})

    assert remembered(["Aoba"]).get() == "Aoba"


@pytest.mark.usefixtures("_in_a_request")
def test_what_this_process_changes_is_seen_within_the_request():
    words = ["Aoba"]
    name = remembered(words)
    name.get()
    words.append("Midori")

    name.forget()

    assert name.get() == "Midori"


def test_a_request_that_goes_on_for_long_asks_again(monkeypatch: pytest.MonkeyPatch):
    words = ["Aoba"]
    name = remembered(words)
    begin_request()
    name.get()
    words.append("Midori")
    cache.delete(KEY)

    later = monotonic() + REQUEST_SECONDS + 0.1
    monkeypatch.setattr("common.remembered.monotonic", lambda: later)

    assert name.get() == "Midori"
    end_request()
