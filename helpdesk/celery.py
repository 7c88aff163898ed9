"""The Celery application. Redis is only a doorbell: every duty is a row in PostgreSQL."""

from __future__ import annotations

import gc
import os
from contextlib import suppress
from typing import Any

from celery import Celery, Task
from celery.signals import beat_init, worker_process_init, worker_ready
from django.apps import apps
from django.db import InterfaceError, OperationalError
from kombu.transport import redis as kombu_redis
from redis.exceptions import ConnectionError as RedisConnectionError

from audit.who import Who, acting


class PatientTask(Task[Any, Any]):
    """A task that outlives a restart of PostgreSQL and the death of its worker."""

    autoretry_for = (OperationalError, InterfaceError)
    retry_backoff = 1
    retry_backoff_max = 8
    max_retries = 3
    default_retry_delay = 2

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What it writes is written down under its name."""
        with acting(lambda: Who(via=self.name or "")):
            return super().__call__(*args, **kwargs)


def guard_lost_channels(channel: Any = kombu_redis.Channel) -> None:
    """Make a channel whose connection is gone fail as a connection error, which Celery survives.

    With celery 5.7, kombu 5.7 and redis-py 8.1 a worker with a late-acknowledged task in flight
    exits when Redis goes away: kombu restores the message over a connection without a client and
    meets an AttributeError, which Celery takes for unrecoverable. tests/helpdesk/test_celery.py
    tells when this is no longer needed.
    """
    original = channel._connparams  # noqa: SLF001

    def _connparams(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self.connection is None or self.connection.client is None:
            raise RedisConnectionError("the connection to Redis is gone")
        return original(self, *args, **kwargs)

    channel._connparams = _connparams  # noqa: SLF001


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
guard_lost_channels()
app = Celery("helpdesk", task_cls=PatientTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(
    [
        "accounts",
        "common",
        "audit",
        "sla",
        "mail",
        "tickets",
        "reports",
        "privacy",
        "transfers",
        "integrations",
        "rules",
    ]
)


@worker_ready.connect
def _worker_is_alive(**_: Any) -> None:
    _beat("worker")


@worker_process_init.connect
def _keep_what_is_loaded(**_: Any) -> None:
    """What is loaded by now stays, and is left out of every later collection."""
    gc.collect()
    gc.freeze()


@beat_init.connect
def _beat_is_alive(**_: Any) -> None:
    _beat("beat")


def _beat(name: str) -> None:
    """Show life at once; common.tasks.sign_of_life goes on showing it."""
    model = apps.get_model("common", "Heartbeat")
    with suppress(OperationalError, InterfaceError):
        model.beat(name)
