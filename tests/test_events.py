"""The stream that tells open browsers what changed: a real uvicorn, a real Redis of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import queue
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import pytest
import requests
from django.conf import LazySettings
from django.contrib.sessions.models import Session
from redis.asyncio import Redis

import helpdesk.events
from accounts.models import Agent
from common import doorbell
from common.breaker import redis_breaker
from helpdesk.embedded import redis, redis_url
from helpdesk.embedded.start import start
from helpdesk.events import Hub, _session_has_agent
from helpdesk.processes import stop
from helpdesk.supervisor.ports import free_port
from tests.conftest import signed_in
from tests.factories import a_ticket
from tests.processes import environment_of_these_tests, running, wait_until
from tickets.services.replying import add_note

BASE_URL = "http://desk.example:8000"
Result = TypeVar("Result")


class PrivateRedis:
    """A Redis that a test may stop and start without taking it from the others."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.url = redis_url(data_dir)
        self.start()

    def start(self) -> None:
        log = self.data_dir / "redis.log"
        self.process = start(redis.program(self.data_dir), log=log)

    def stop(self) -> None:
        stop(self.process, first=redis.program(self.data_dir).stop_signal, patience=5)


@pytest.fixture
def private_redis(
    tmp_path: Path, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[PrivateRedis]:
    # The servers' own user must be able to reach it.
    for directory in (tmp_path, *tmp_path.parents[:2]):
        directory.chmod(0o755)
    server = PrivateRedis(tmp_path)
    settings.REDIS_URL = server.url
    monkeypatch.setattr(doorbell, "_publisher", None)
    yield server
    server.stop()


@pytest.fixture
def events(private_redis: PrivateRedis, tmp_path: Path, db: None) -> Iterator[str]:
    """The address of an events process."""
    port = free_port("127.0.0.1", wanted=20_300)
    address = f"http://127.0.0.1:{port}/events/"
    variables = environment_of_these_tests(BASE_URL=BASE_URL)
    variables["REDIS_URL"] = private_redis.url
    command = ["-m", "uvicorn", "helpdesk.asgi:application", "--port", str(port)]
    with running(*command, environment=variables, log=tmp_path / "events.log"):
        wait_until(lambda: _answers(f"http://127.0.0.1:{port}/healthz"), seconds=20)
        yield address


def _answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=1).status_code == 200
    except requests.ConnectionError:
        return False


def cookies_of(agent: Agent) -> dict[str, str]:
    return {"session": signed_in(agent).cookies["session"].value}


class Listener:
    """Reads a stream in a thread and keeps what it said."""

    def __init__(self, response: requests.Response) -> None:
        self.heard: queue.Queue[str] = queue.Queue()
        self._response = response
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        try:
            for line in self._response.iter_lines(chunk_size=1, decode_unicode=True):
                if line:
                    self.heard.put(line)
        except (requests.RequestException, AttributeError, ValueError):
            pass

    def forget(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self.heard.get(timeout=0.5)

    def next_change(self, *, seconds: float) -> list[str]:
        """The addresses of the next change; fails when none comes."""
        while not (line := self.heard.get(timeout=seconds)).startswith("data: "):
            pass
        paths: list[str] = json.loads(line.removeprefix("data: "))["paths"]
        return paths


@contextlib.contextmanager
def listening(address: str, agent: Agent, **headers: str) -> Iterator[Listener]:
    with requests.get(
        address, cookies=cookies_of(agent), headers=headers, stream=True, timeout=(3, 60)
    ) as response:
        assert response.status_code == 200
        listener = Listener(response)
        assert listener.heard.get(timeout=5) == ": hello"
        yield listener


def _run(story: Coroutine[Any, Any, Result]) -> Result:
    """In a thread of its own: the browser's tests have left a loop in this one."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, story).result()


@pytest.mark.slow
def test_a_stream_begins_only_when_it_will_hear_everything(private_redis: PrivateRedis):
    async def heard() -> str | None:
        async with Hub().stream() as changes, Redis.from_url(private_redis.url) as redis:
            await redis.publish(doorbell.CHANNEL, "a change")
            return await asyncio.wait_for(changes.get(), 5)

    assert _run(heard()) == "a change"


@pytest.mark.slow
def test_a_stream_begins_without_redis_too(
    private_redis: PrivateRedis, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(helpdesk.events, "PATIENCE_WITH_REDIS", 0.1)
    private_redis.stop()

    async def begins() -> bool:
        async with Hub().stream() as changes:
            return changes.empty()

    assert _run(begins())


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("fresh_desk")
def test_an_open_browser_hears_of_a_change_even_after_redis_was_restarted(
    events: str, private_redis: PrivateRedis, aiko: Agent
):
    ticket = a_ticket()

    with listening(events, aiko) as listener:

        def is_heard() -> bool:
            add_note(ticket, body="a secret", agent=aiko)
            return not listener.heard.empty()

        add_note(ticket, body="a secret", agent=aiko)
        assert listener.next_change(seconds=5) == [ticket.clock.path]

        private_redis.stop()
        private_redis.start()
        redis_breaker.reset()
        listener.forget()
        wait_until(is_heard, seconds=15)
        assert listener.next_change(seconds=5) == [ticket.clock.path]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("fresh_desk")
def test_the_stream_is_for_signed_in_agents_and_for_our_own_pages(events: str, aiko: Agent):
    for cookies in ({}, {"session": "x" * 32}, {"session": '"\\000aaaaaaaa"'}, {"session": ""}):
        refused = requests.get(events, cookies=cookies, timeout=5)
        assert (refused.status_code, refused.text) == (403, "")
    for method in ("post", "put", "delete", "head"):
        assert getattr(requests, method)(events, timeout=5).status_code == 404
    assert requests.get(events + "x", timeout=5).status_code == 404

    def headers_for(origin: str) -> Any:
        with requests.get(
            events, cookies=cookies_of(aiko), headers={"Origin": origin}, stream=True, timeout=5
        ) as response:
            return response.headers

    ours = headers_for(BASE_URL)
    assert ours["Access-Control-Allow-Origin"] == BASE_URL
    assert ours["Access-Control-Allow-Credentials"] == "true"
    assert ours["Cache-Control"] == "no-store"
    assert ours["Content-Type"].startswith("text/event-stream")
    for origin in (
        *("https://evil.example", "null", f"{BASE_URL}.evil.example", "https://desk.example:8000"),
        *("http://desk.example", "http://desk.example:8001", "http://evil.example:8000"),
    ):
        assert "Access-Control-Allow-Origin" not in headers_for(origin), origin


# Looking at a session closes stale connections, which a test inside a transaction would feel.
@pytest.mark.django_db(transaction=True)
def test_a_session_that_has_ended_hears_nothing(aiko: Agent):
    cookie = f"session={cookies_of(aiko)['session']}"
    assert _session_has_agent(cookie)

    Session.objects.all().delete()

    assert not _session_has_agent(cookie)


@pytest.mark.django_db(transaction=True)
def test_a_changed_password_ends_the_stream_of_other_browsers(aiko: Agent):
    cookie = f"session={cookies_of(aiko)['session']}"
    aiko.set_password("another-long-password")
    aiko.save()

    assert not _session_has_agent(cookie)


@pytest.mark.django_db(transaction=True)
def test_whoever_has_left_hears_nothing(aiko: Agent):
    cookie = f"session={cookies_of(aiko)['session']}"
    Agent.objects.update(is_active=False)

    assert not _session_has_agent(cookie)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "cookies",
    ["", "session", "session=", "session=\x00", 'session="\\000\\000"', "a b=c; =;;", "x" * 9000],
)
def test_a_broken_cookie_is_nobody(cookies: str):
    assert not _session_has_agent(cookies)
