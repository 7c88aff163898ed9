"""A cluster that is migrated once: tests and real desks begin with a copy of it.

To migrate an empty database takes ten seconds of computing, and more of it with every migration.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path

from helpdesk.embedded import database_url, postgres
from helpdesk.embedded.addresses import DATABASE
from helpdesk.embedded.start import start
from helpdesk.processes import stop

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / ".venv" / ".prepared"
# So many branches can be worked on in turn.
MOST_KEPT = 4
# The one database in it, migrated and otherwise empty.
TEMPLATE = DATABASE


def put_prepared_cluster(data_dir: Path) -> None:
    """Copy it to where a desk with this data directory keeps its own; make it first, if the
    migrations have changed since. Any number of processes may ask at once."""
    KEPT.mkdir(exist_ok=True)
    wanted = KEPT / _state()
    with (KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not wanted.exists():
            _make(wanted)
            made = sorted(
                filter(Path.is_dir, KEPT.iterdir()), key=lambda each: each.stat().st_mtime
            )
            for old in made[:-MOST_KEPT]:
                shutil.rmtree(old)
        # Unlike shutil it keeps the owner, which PostgreSQL insists on.
        subprocess.run(["cp", "-a", str(wanted), str(data_dir / "postgres")], check=True)


def _state() -> str:
    """A name for what would come of the migrations as they are."""
    state = sha256((ROOT / "requirements.txt").read_bytes())
    for path in sorted(ROOT.glob("*/migrations/*.py")):
        state.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return state.hexdigest()[:16]


def _make(wanted: Path) -> None:
    with ExitStack() as stack:
        data_dir = Path(tempfile.mkdtemp(prefix="yakusoku-prepared-"))
        stack.callback(shutil.rmtree, data_dir, ignore_errors=True)
        (data_dir / "static").mkdir()
        server = postgres.program(data_dir, durable=False)
        process = start(server, log=data_dir / "postgres.log")
        try:
            postgres.create_database(data_dir)
            environment = {
                **os.environ,
                "DATA_DIR": str(data_dir),
                "DATABASE_URL": database_url(data_dir),
                "SECRET_KEY": "only-for-tests",
                "DJANGO_SETTINGS_MODULE": "helpdesk.settings",
            }
            command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
            subprocess.run(command, cwd=ROOT, env=environment, check=True)
        finally:
            stop(process, first=server.stop_signal, patience=30)
        shutil.move(data_dir / "postgres", wanted)
        wanted.touch()
