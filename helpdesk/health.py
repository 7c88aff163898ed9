"""Is the desk alive, can it serve, and how far behind is it: for machines that watch it."""

from __future__ import annotations

import ipaddress
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
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from helpdesk.metrics import database_now, queue_lengths, registry, signs_of_life
from mail.mailbox_editing import silent_sources
from sla.selectors import sweep_lag

# Without these the desk cannot answer; without the others it answers, later or less lively.
NEEDED = ("database", "migrations")
PROCESSES = ("worker", "beat", "pump")
# A sign of life is left every few seconds; this many seconds without one are no accident.
LATE_AFTER = 30
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
    return HttpResponse(generate_latest(registry()), content_type=CONTENT_TYPE_LATEST)


def _parts() -> dict[str, Part]:
    return {
        "database": {"status": "ok" if _database_answers() else "down"},
        "migrations": {"status": "ok" if _is_migrated() else "missing"},
        "redis": {"status": "ok" if queue_lengths() else "down"},
        "sweep": _sweep(),
        "mailboxes": _mailboxes(),
        **_processes(),
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


def _processes() -> dict[str, Part]:
    ages = _ages()
    return {name: _sign_of_life(ages.get(name)) for name in PROCESSES}


def _sign_of_life(age: float | None) -> Part:
    if age is None:
        return {"status": "missing"}
    return {"status": "ok" if age <= LATE_AFTER else "late", "age": age}


def _ages() -> dict[str, float]:
    try:
        return signs_of_life(database_now())
    except Error:
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
