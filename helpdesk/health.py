"""Is the desk alive, can it serve, and how far behind is it: for machines that watch it."""

from __future__ import annotations

import ipaddress
from datetime import datetime
from functools import cache
from http import HTTPStatus
from typing import NotRequired, TypedDict

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, JsonResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from redis import Redis
from redis.exceptions import RedisError

from common.models import Heartbeat
from mail.mailbox_editing import silent_sources
from mail.models import OutboundEmail
from sla.models import Commitment
from sla.selectors import sweep_lag

# Without these the desk cannot answer; without the others it answers, later or less lively.
NEEDED = ("database", "migrations")
PROCESSES = ("worker", "beat", "pump")
# A sign of life is left every few seconds; this many seconds without one are no accident.
LATE_AFTER = 30
QUEUES = ("celery", "sweep")
# A proxy on this machine makes the whole world look like loopback; these headers give it away.
FORWARDED = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via")


class Part(TypedDict):
    """What /readyz says about one part of the desk."""

    status: str
    age: NotRequired[float]


@never_cache
def healthz(_request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
def readyz(_request: HttpRequest) -> JsonResponse:
    """Whether the desk can serve, part by part; 503 only when it cannot."""
    parts = _parts()
    status = HTTPStatus.OK
    summary = "ok" if all(part["status"] == "ok" for part in parts.values()) else "degraded"
    if any(parts[name]["status"] != "ok" for name in NEEDED):
        status, summary = HTTPStatus.SERVICE_UNAVAILABLE, "unavailable"
    return JsonResponse({"status": summary, "parts": parts}, status=status)


@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Gauges for Prometheus, for operators only."""
    if not _is_operator(request):
        return HttpResponseForbidden("Use the METRICS_TOKEN.\n", content_type="text/plain")
    return HttpResponse(generate_latest(_gauges()), content_type=CONTENT_TYPE_LATEST)


def _parts() -> dict[str, Part]:
    return {
        "database": {"status": "ok" if _database_answers() else "down"},
        "migrations": {"status": "ok" if _is_migrated() else "missing"},
        "redis": {"status": "ok" if _queue_lengths() else "down"},
        "sweep": _sweep(),
        "mailboxes": _mailboxes(),
        **_signs_of_life(),
    }


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True


def _is_migrated() -> bool:
    try:
        return _has_every_migration()
    except (Error, _NotYet):
        return False


class _NotYet(Exception):
    """Raised and not returned, so that only a yes is remembered."""


@cache
def _has_every_migration() -> bool:
    """Ask until it is so; reading all migrations takes a tenth of a second."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise _NotYet
    return True


def _sweep() -> Part:
    """Whether what is due is acted on in time, whoever does it."""
    try:
        lag = round(sweep_lag(), 1)
    except Error:
        return {"status": "missing"}
    return {"status": "ok" if lag <= LATE_AFTER else "late", "age": lag}


def _mailboxes() -> Part:
    """Whether mail can be fetched from every mailbox; which one cannot, the settings say."""
    try:
        is_silent = silent_sources(timezone.now()).exists()
    except Error:
        return {"status": "missing"}
    return {"status": "late" if is_silent else "ok"}


def _signs_of_life() -> dict[str, Part]:
    ages = _ages()
    return {name: _sign_of_life(ages.get(name)) for name in PROCESSES}


def _sign_of_life(age: float | None) -> Part:
    if age is None:
        return {"status": "missing"}
    return {"status": "ok" if age <= LATE_AFTER else "late", "age": age}


def _ages() -> dict[str, float]:
    """Seconds since each process last showed that it works."""
    try:
        now = _database_now()
        return {
            name: max(0.0, round((now - at).total_seconds(), 1))
            for name, at in Heartbeat.objects.values_list("name", "at")
        }
    except Error:
        return {}


def _database_now() -> datetime:
    """The clock that wrote the signs of life: machines disagree about the time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    return now  # type: ignore[no-any-return]


def _queue_lengths() -> dict[str, int]:
    """How many tasks wait in Redis; empty when it does not answer."""
    try:
        with Redis.from_url(
            settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1
        ) as redis:
            return {name: int(redis.llen(name)) for name in QUEUES}
    except (RedisError, OSError):
        return {}


def _is_operator(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}")
    return _is_local(request)


def _is_local(request: HttpRequest) -> bool:
    if settings.TRUSTED_PROXY_COUNT or any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _gauges() -> CollectorRegistry:
    registry = CollectorRegistry()
    now = _database_now()
    _add_commitments(registry, now)
    _add_letters(registry, now)
    _add_queues(registry)
    age = Gauge(
        "yakusoku_sign_of_life_age_seconds",
        "Seconds since each process last showed that it works.",
        ["process"],
        registry=registry,
    )
    for name, seconds in _ages().items():
        age.labels(name).set(seconds)
    return registry


def _add_commitments(registry: CollectorRegistry, now: datetime) -> None:
    due = Commitment.objects.filter(next_check_at__lte=now).order_by("next_check_at")
    oldest = due.values_list("next_check_at", flat=True).first()
    _add(registry, "commitments_due", "Commitments the sweep has to look at now.", due.count())
    _add(
        registry,
        "commitment_lag_seconds",
        "How long the oldest due commitment has waited for the sweep.",
        _seconds_since(oldest, now),
    )


def _add_letters(registry: CollectorRegistry, now: datetime) -> None:
    waiting = OutboundEmail.objects.waiting()
    oldest = waiting.order_by("queued_at").values_list("queued_at", flat=True).first()
    failed = OutboundEmail.objects.filter(state=OutboundEmail.State.FAILED)
    _add(registry, "outbox_waiting", "Letters that still have to leave.", waiting.count())
    _add(
        registry,
        "outbox_oldest_age_seconds",
        "How long the oldest waiting letter has waited.",
        _seconds_since(oldest, now),
    )
    _add(registry, "outbox_failed", "Letters that were given up.", failed.count())


def _add_queues(registry: CollectorRegistry) -> None:
    lengths = _queue_lengths()
    _add(registry, "redis_up", "Whether Redis answers.", int(bool(lengths)))
    waiting = Gauge(
        "yakusoku_tasks_waiting", "Tasks that wait in Redis.", ["queue"], registry=registry
    )
    for name, length in lengths.items():
        waiting.labels(name).set(length)


def _add(registry: CollectorRegistry, name: str, meaning: str, value: float) -> None:
    Gauge(f"yakusoku_{name}", meaning, registry=registry).set(value)


def _seconds_since(moment: datetime | None, now: datetime) -> float:
    return max(0.0, (now - moment).total_seconds()) if moment else 0.0
