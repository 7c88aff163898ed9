"""pg_dump and pg_restore: which one fits the server, and how it reaches the desk's database."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from django.db import connection
from django.utils.translation import gettext as _

from helpdesk.backup.errors import BackupError
from helpdesk.embedded import postgres
from helpdesk.embedded.account import EmbeddedError

VERSION = re.compile(r"\) (\d+)")
# What libpq reads from the environment and Django keeps among the connection's options.
OPTIONS_OF_LIBPQ = ("sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl")
Process = subprocess.Popen[str]


def command(name: str, *arguments: str, server: int) -> list[str]:
    """The program `name` for a server of that version, with arguments. Raises BackupError when there
    is none."""
    return [str(_tool(name, server=server)), *arguments]


def environment(*, options: str = "") -> dict[str, str]:
    """Where the database is and who we are there; a password is never an argument."""
    given = connection.get_connection_params()
    address = {
        "PGHOST": given.get("host", ""),
        "PGPORT": str(given.get("port", "")),
        "PGUSER": given.get("user", ""),
        "PGPASSWORD": given.get("password", ""),
        "PGDATABASE": given["dbname"],
        "PGOPTIONS": options,
        **{f"PG{name.upper()}": str(given.get(name, "")) for name in OPTIONS_OF_LIBPQ},
    }
    return {**os.environ, **{name: text for name, text in address.items() if text}}


def start(arguments: Sequence[str], *, environment: Mapping[str, str]) -> Process:
    """Start a program whose words are kept for finish()."""
    return Process(
        arguments, env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def finish(process: Process) -> None:
    """Wait for its end. Raises BackupError with its words when it failed."""
    _nothing, said = process.communicate()
    if process.returncode:
        name = Path(str(process.args[0])).name  # type: ignore[index]
        raise BackupError(_("%(name)s failed: %(said)s") % {"name": name, "said": said.strip()})


def jobs() -> int:
    """How many tables are written or read side by side."""
    return max(1, min(4, os.cpu_count() or 1))


def _tool(name: str, *, server: int) -> Path:
    """The one of the server's own version, else the next newer one; an older one cannot read it."""
    found = {_version(path): path for path in reversed(_candidates(name))}
    fitting = sorted(version for version in found if version >= server)
    if not fitting:
        raise BackupError(
            _(
                "There is no %(name)s for PostgreSQL %(version)s here. Install its programs"
                " (postgresql-client-%(version)s)."
            )
            % {"name": name, "version": server}
        )
    return found[fitting[0]]


def _candidates(name: str) -> list[Path]:
    """The installed one first: that of the wheel speaks no TLS. On a socket neither needs it."""
    installed = shutil.which(name)
    try:
        ours = postgres.binary(name)
    except EmbeddedError:
        ours = Path()
    paths = [Path(installed)] if installed else []
    return [*paths, *([ours] if ours.is_file() else [])]


def _version(path: Path) -> int:
    said = subprocess.run(  # noqa: S603
        [path, "--version"], capture_output=True, text=True, check=False
    ).stdout
    found = VERSION.search(said)
    return int(found[1]) if found else 0
