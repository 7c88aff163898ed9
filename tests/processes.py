"""Real processes for tests: each in a group of its own, and gone when the test is."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.db import connection

from helpdesk.embedded import redis, redis_url
from helpdesk.embedded.start import start
from helpdesk.processes import kill_group, stop

ROOT = Path(__file__).resolve().parent.parent


def wait_until(condition: Callable[[], Any], *, seconds: float, what: str = "it") -> Any:
    """Ask until the answer is yes and return it; fail when it does not come in time."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what} did not happen in {seconds:.0f} s"
        time.sleep(0.05)
    return found


def environment(**variables: str) -> dict[str, str]:
    """What a process of the desk needs to know, and nothing of the shell that runs the tests."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "LANG": "C.UTF-8",
        "DJANGO_SETTINGS_MODULE": "helpdesk.settings",
        **variables,
    }


def environment_of_these_tests(**variables: str) -> dict[str, str]:
    """The same PostgreSQL database, Redis and data directory as this test's own."""
    return environment(
        DATA_DIR=os.environ["DATA_DIR"],
        DATABASE_URL=database_url(),
        REDIS_URL=os.environ["REDIS_URL"],
        **variables,
    )


def database_url() -> str:
    """The test database as another process reaches it."""
    database = connection.settings_dict
    host, port = quote(str(database["HOST"]), safe=""), database["PORT"]
    user, password = quote(database["USER"]), quote(database["PASSWORD"] or "")
    login = f"{user}:{password}" if password else user
    # A socket's directory stands in the path: a URL's host part loses its capitals.
    if str(database["HOST"]).startswith("/"):
        return f"postgres://{login}@/{host}/{database['NAME']}"
    return f"postgres://{login}@{host}{f':{port}' if port else ''}/{database['NAME']}"


@contextmanager
def running(
    *arguments: str, environment: Mapping[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command of this Python until the block ends."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(8)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        kill_group(process.pid)


def run_python(script: str, *, environment: Mapping[str, str], seconds: float = 60) -> str:
    """Run a script in a Django process of its own and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", f"import django; django.setup()\n{script}"],
        cwd=ROOT,
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


class RedisServer:
    """A Redis of one's own, to be hurt."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._program = redis.program(data_dir)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return redis_url(self._data_dir)

    def start(self) -> None:
        self._process = start(self._program, log=self._data_dir / "redis.log")

    def kill(self) -> None:
        """As `kill -9` does."""
        assert self._process
        self._process.kill()
        self._process.wait()

    def forget(self) -> None:
        """Lose everything that was kept on disk."""
        forget_redis(self._data_dir)

    def stop(self) -> None:
        if self._process:
            stop(self._process, first=signal.SIGTERM, patience=5)


def forget_redis(data_dir: Path) -> None:
    """Delete the append-only file, whatever this version of Redis calls it."""
    for entry in (data_dir / "redis").iterdir():
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
