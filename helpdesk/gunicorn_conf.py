"""Gunicorn's settings: threads, because a request mostly waits for PostgreSQL."""

import gc
import os
from importlib import import_module
from pathlib import Path
from typing import Any

# Publishing to a Redis that hangs may hold a request up for this long, once per breaker rest.
os.environ.setdefault("BROKER_SOCKET_TIMEOUT", "1")

_host = os.environ.get("HOST", "127.0.0.1")
_in_memory = Path("/dev/shm")  # noqa: S108 - gunicorn makes its own unguessable file there

bind = (
    f"[{_host}]:{os.environ.get('PORT', '8000')}"
    if ":" in _host
    else (f"{_host}:{os.environ.get('PORT', '8000')}")
)
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
# Imports once and forks: half the start time and half the memory.
preload_app = True
timeout = 60
graceful_timeout = int(os.environ.get("GRACEFUL_SECONDS", "5"))
keepalive = 5
# A leak would stay small; the jitter keeps the workers from leaving together.
max_requests = 20_000
max_requests_jitter = 2_000
# The heartbeat file on a busy disk can block and look like a hung worker.
worker_tmp_dir = str(_in_memory) if _in_memory.is_dir() else None
accesslog = None
loglevel = "warning"


def when_ready(_server: Any) -> None:
    """Before the first worker is forked: all pages are imported, so that no visitor waits for it, and
    what is loaded by now is left out of every later collection, and so stays shared."""
    import_module("helpdesk.urls")
    gc.collect()
    gc.freeze()
