"""The desk's Celery application with a few tasks for tests/helpdesk/test_celery.py."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from kombu.transport import redis as kombu_redis

unguarded = kombu_redis.Channel._connparams

from helpdesk.celery import app  # noqa: E402 - after the original has been kept

if "WITHOUT_GUARD" in os.environ:
    kombu_redis.Channel._connparams = unguarded

__all__ = ["app"]


@app.task
def leave_a_trace(traces: str, text: str) -> None:
    with Path(traces).open("a", encoding="utf-8") as file:
        file.write(f"{text}\n")


@app.task
def last_until(traces: str, text: str, sign: str) -> None:
    """Be in flight until the file `sign` is there."""
    leave_a_trace(traces, text)
    deadline = time.monotonic() + 60
    while not Path(sign).exists() and time.monotonic() < deadline:
        time.sleep(0.05)


@app.task
def kill_the_child(traces: str, text: str) -> None:
    """As a task does that needs more memory than there is."""
    leave_a_trace(traces, text)
    os.kill(os.getpid(), signal.SIGKILL)
