"""Server-sent events for signed-in agents: ids of what changed, never content.

The browser then asks for the fragment it shows, so permissions stay in one place. One Redis
subscription serves all streams of the process; without Redis the streams stay open and silent,
and the pages ask again every 15 seconds by themselves.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.db import close_old_connections
from django.http import HttpRequest
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from common.doorbell import CHANNEL

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

logger = structlog.get_logger(__name__)
HEARTBEAT_SECONDS = 15
QUEUE_LENGTH = 100
REVALIDATE_SECONDS = 60
PATIENCE_WITH_REDIS = 3


class Hub:
    """Hands each change to every open stream; a stream that does not keep up is ended."""

    def __init__(self) -> None:
        self.streams: set[asyncio.Queue[str | None]] = set()
        self._listener: asyncio.Task[None] | None = None
        self._is_following = asyncio.Event()

    @contextlib.asynccontextmanager
    async def stream(self) -> AsyncIterator[asyncio.Queue[str | None]]:
        """A queue of all changes from now on. Without Redis it begins all the same, a little later,
        and changes come when Redis does."""
        queue: asyncio.Queue[str | None] = asyncio.Queue(QUEUE_LENGTH)
        self.streams.add(queue)
        if self._listener is None or self._listener.done():
            self._listener = asyncio.create_task(self._listen())
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._is_following.wait(), PATIENCE_WITH_REDIS)
            yield queue
        finally:
            self.streams.discard(queue)

    def hand_out(self, change: str) -> None:
        for queue in list(self.streams):
            if queue.full():
                self.streams.discard(queue)
                queue.get_nowait()
                queue.put_nowait(None)
            else:
                queue.put_nowait(change)

    def end_all(self) -> None:
        for queue in list(self.streams):
            with contextlib.suppress(asyncio.QueueFull):
                queue.put_nowait(None)

    async def _listen(self) -> None:
        while self.streams:
            try:
                await self._follow_redis()
            except (RedisError, OSError):
                logger.warning("events.redis_away")
                await asyncio.sleep(1)

    async def _follow_redis(self) -> None:
        redis = Redis.from_url(settings.REDIS_URL, health_check_interval=5)
        async with redis, redis.pubsub() as subscription:
            await subscription.subscribe(CHANNEL)
            # Until Redis has confirmed it, what others announce passes us by.
            while await subscription.get_message(timeout=5) is None:
                pass
            self._is_following.set()
            try:
                await self._hand_on(subscription)
            finally:
                self._is_following.clear()

    async def _hand_on(self, subscription: PubSub) -> None:
        while self.streams:
            message = await subscription.get_message(ignore_subscribe_messages=True, timeout=5)
            if message is not None:
                self.hand_out(message["data"].decode("utf-8"))


hub = Hub()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve GET /events/ to signed-in agents; 403 and 404 to everything else."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
    elif scope["type"] == "http":
        await _answer(scope, receive, send)


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            hub.end_all()
            return


async def _answer(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] == "/healthz":
        await _refuse(send, 200)
    elif scope["path"] != "/events/" or scope["method"] != "GET":
        await _refuse(send, 404)
    elif not await _agent_is_signed_in(scope):
        await _refuse(send, 403)
    else:
        await _stream(scope, receive, send)


async def _refuse(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def _stream(scope: Scope, receive: Receive, send: Send) -> None:
    async with hub.stream() as queue:
        # A page that is told "open" asks no more by itself, so it must miss nothing from here on.
        await send({"type": "http.response.start", "status": 200, "headers": _headers(scope)})
        leaving = asyncio.create_task(_until_gone(receive, queue))
        try:
            await _pump(scope, queue, send)
        finally:
            leaving.cancel()
    with contextlib.suppress(OSError):
        await send({"type": "http.response.body", "body": b""})


async def _pump(scope: Scope, queue: asyncio.Queue[str | None], send: Send) -> None:
    """Send changes, a sign of life in between, and look now and then whether they may go on."""
    loop = asyncio.get_running_loop()
    validated = loop.time()
    await _write(send, ": hello\n\n")
    while True:
        try:
            change = await asyncio.wait_for(queue.get(), HEARTBEAT_SECONDS)
        except TimeoutError:
            text = ": still here\n\n"
        else:
            if change is None:
                return
            text = f"data: {change}\n\n"
        if loop.time() - validated > REVALIDATE_SECONDS:
            if not await _agent_is_signed_in(scope):
                return
            validated = loop.time()
        await _write(send, text)


async def _write(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode("utf-8"), "more_body": True})


async def _until_gone(receive: Receive, queue: asyncio.Queue[str | None]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    hub.streams.discard(queue)
    with contextlib.suppress(asyncio.QueueFull):
        queue.put_nowait(None)


def _headers(scope: Scope) -> list[tuple[bytes, bytes]]:
    headers = [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
    ]
    origin = _header(scope, b"origin")
    if origin and _is_ours(origin):
        headers += [
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-allow-credentials", b"true"),
            (b"vary", b"Origin"),
        ]
    return headers


def _is_ours(origin: str) -> bool:
    """The pages and this stream may be on two ports of one host; only our pages may listen."""
    ours: str = settings.BASE_URL
    return urlsplit(origin)[:2] == urlsplit(ours)[:2]


def _header(scope: Scope, name: bytes) -> str:
    headers: dict[bytes, bytes] = dict(scope["headers"])
    return headers.get(name, b"").decode("latin-1")


async def _agent_is_signed_in(scope: Scope) -> bool:
    is_signed_in: bool = await sync_to_async(_session_has_agent)(_header(scope, b"cookie"))
    return is_signed_in


def _session_has_agent(cookies: str) -> bool:
    try:
        cookie = SimpleCookie(cookies).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return False
    if cookie is None or "\x00" in cookie.value:
        return False
    close_old_connections()
    try:
        # As Django does it for pages: a changed password or a retired agent ends the session.
        request = HttpRequest()
        request.session = SessionStore(cookie.value)
        return get_user(request).is_authenticated
    finally:
        close_old_connections()
