"""The embedded PostgreSQL while the desk itself does not run it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import OperationalError, connection
from django.utils.translation import gettext as _

from helpdesk.backup.errors import BackupError
from helpdesk.embedded import postgres
from helpdesk.embedded.start import start
from helpdesk.processes import stop
from helpdesk.supervisor.register import AlreadyRunningError, Register


@contextmanager
def database_at_hand() -> Iterator[None]:
    """Have PostgreSQL answer: as it is, or the embedded one started for as long as this takes."""
    if _answers():
        yield
        return
    with desk_at_rest():
        yield


@contextmanager
def desk_at_rest() -> Iterator[None]:
    """Keep `make run` from starting, and have PostgreSQL answer. Raises BackupError while the desk
    runs."""
    if is_elsewhere():
        yield
        return
    data_dir = Path(settings.DATA_DIR)
    try:
        register = Register(data_dir)
    except AlreadyRunningError as other:
        raise BackupError(
            _("The desk is running (process %(pid)s). Stop it with Ctrl-C first.")
            % {"pid": other.pid}
        ) from None
    try:
        register.stop_survivors()
        with _embedded(data_dir):
            yield
    finally:
        connection.close()
        register.release()


def is_elsewhere() -> bool:
    """Whether DATABASE_URL names a server that is not ours to start and stop."""
    return bool(os.environ.get("DATABASE_URL"))


@contextmanager
def _embedded(data_dir: Path) -> Iterator[None]:
    program = postgres.program(data_dir)
    server = start(program, log=data_dir / "postgres.log")
    try:
        postgres.create_database(data_dir)
        yield
    finally:
        connection.close()
        stop(server, first=signal.SIGINT, patience=30)


def _answers() -> bool:
    try:
        connection.ensure_connection()
    except OperationalError:
        if is_elsewhere():
            raise BackupError(
                _("The database of DATABASE_URL does not answer. Ask manage.py doctor why.")
            ) from None
        return False
    return True
