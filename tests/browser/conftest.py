"""A real Chromium against a live server."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.core.signals import request_finished, request_started
from playwright.sync_api import Browser, Page

from accounts.models import Agent
from sla.defaults import install_defaults
from tests.conftest import signed_in

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = [
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-quic", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's Chromium, without a sandbox (root) and without calls home."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    return {**browser_type_launch_args, "executable_path": found, "args": QUIET}


@pytest.fixture(scope="session", autouse=True)
def _playwright_has_a_loop_of_its_own() -> Iterator[None]:
    """Django would take Playwright's event loop for ours and refuse to query."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


class Requests:
    """Counts the requests that are being answered."""

    def __init__(self) -> None:
        self._open = 0
        self._changed = threading.Condition()

    def _add(self, number: int) -> None:
        with self._changed:
            self._open += number
            self._changed.notify_all()

    def _begin(self, **kwargs: Any) -> None:
        self._add(1)

    def _end(self, **kwargs: Any) -> None:
        self._add(-1)

    @contextmanager
    def all_answered_at_the_end(self) -> Iterator[None]:
        request_started.connect(self._begin)
        request_finished.connect(self._end)
        try:
            yield
            with self._changed:
                assert self._changed.wait_for(lambda: self._open <= 0, timeout=20)
        finally:
            request_started.disconnect(self._begin)
            request_finished.disconnect(self._end)


@pytest.fixture(autouse=True)
def _defaults(transactional_db: None, settings: Any) -> Iterator[None]:
    """A flush took what every desk starts with; no events process runs beside the live server.

    A window that closes does not end what it has asked for: a flush beside that locks the same
    tables in another order, and one of the two would fail.
    """
    install_defaults()
    settings.EVENTS_URL = ""
    with Requests().all_answered_at_the_end():
        yield


class Visit:
    """A page that remembers what went wrong in it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, message: Any) -> None:
        # An answer that asks to try again (409, 422) is no fault of the page.
        if message.type == "error" and not any(
            f"status of {code}" in message.text for code in (409, 422)
        ):
            self.complaints.append(message.text)


Visitor = Callable[..., Any]


@pytest.fixture
def visit(browser: Browser, live_server: Any) -> Visitor:
    """Open a browser window: `with visit(agent, width=390) as visit: visit.page.goto(...)`."""

    @contextmanager
    def window(
        agent: Agent | None = None, *, width: int = 1280, scheme: str = "light", **options: Any
    ) -> Iterator[Visit]:
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 720 if width > 600 else 844},
            color_scheme=scheme,  # type: ignore[arg-type]
            **options,
        )
        context.set_default_timeout(10_000)
        if agent is not None:
            session = signed_in(agent).cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies(
                [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
            )
        found = Visit(context.new_page())
        try:
            yield found
        finally:
            context.close()
        assert found.complaints == []

    return window
