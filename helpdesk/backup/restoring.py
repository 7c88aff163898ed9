"""Putting a backup back. Nothing of what was there is given up before all of it has been checked."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils.translation import gettext as _
from psycopg2 import sql

from helpdesk.backup import contents, database, servers, tools
from helpdesk.backup.contents import Manifest
from helpdesk.backup.database import ASIDE, Cursor
from helpdesk.backup.errors import BackupError
from mail.holding import hold_mail

# Keys and numbers that were given out after the backup, and stand in letters, are not given again.
KEYS_TO_SKIP = 1_000
# Building indexes is most of the work; what a crash would undo is begun again anyway.
FAST = "-c maintenance_work_mem=256MB -c synchronous_commit=off"
SECONDS_TO_LEAVE = 3.0
# Any number that no other lock of the desk has.
LOCK = 7_240_318
PEOPLE, CUSTOMERS, TICKETS = "accounts_agent", "customers_customer", "tickets_ticket"


@dataclass(frozen=True, kw_only=True)
class Holdings:
    """What a desk has: nothing, before anybody works with it."""

    people: int
    customers: int
    tickets: int

    def __bool__(self) -> bool:
        return any((self.people, self.customers, self.tickets))


def examine(directory: Path) -> Manifest:
    """Read the whole backup. Raises BackupError when it is damaged or of a later release."""
    manifest = contents.read(directory)
    contents.verify(directory)
    if later := database.later_than_ours(manifest.migrations):
        raise BackupError(
            _(
                "The backup is of release %(release)s, which is later than this one (%(apps)s)."
                " Install that release and restore there."
            )
            % {"release": manifest.release, "apps": ", ".join(later)}
        )
    return manifest


def holdings() -> Holdings:
    """What the desk has now. Raises BackupError while other programs use the database."""
    put_back()
    with database.session() as cursor:
        _refuse_company(cursor)
        people, customers, tickets = (_count(cursor, t) for t in (PEOPLE, CUSTOMERS, TICKETS))
    return Holdings(people=people, customers=customers, tickets=tickets)


def is_key_known(manifest: Manifest) -> bool:
    """Whether links of then will work and passwords of mailboxes can be read after the restore."""
    if manifest.holds_key and not os.environ.get("SECRET_KEY"):
        return True
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return manifest.key_check in [contents.key_check(key) for key in keys]


def restore(directory: Path, manifest: Manifest, *, holds_mail: bool) -> float:
    """Put database, files and key in place of what is there; return how many seconds it took.

    Raises BackupError, and then everything is as it was.
    """
    began = time.monotonic()
    new_files = _copied_files(directory)
    with database.session() as cursor:
        _be_the_only_one(cursor)
        # Nothing stands aside, so these are left from a restore that came to its end.
        _forget_old_files()
        with _schemas_in_place(cursor):
            server = cursor.connection.server_version // 10_000
            _load(directory / contents.DATABASE, server=server)
            if database.fingerprints(cursor) != manifest.tables:
                raise BackupError(_("What was restored is not what was backed up."))
            _skip_keys(cursor)
            if holds_mail:
                hold_mail()
            _swap_files(new_files)
            _put_key(directory)
        _forget_old_files()
        # Without statistics and visibility the first pages would be slow.
        cursor.execute("VACUUM (ANALYZE)")
    _forget_what_is_remembered()
    return time.monotonic() - began


def put_back() -> bool:
    """Have the desk back that a restore had put aside when it was broken off; say whether one was.
    Raises BackupError while a restore runs."""
    with database.session() as cursor:
        _be_the_only_one(cursor)
        return _put_back(cursor)


def _be_the_only_one(cursor: Cursor) -> None:
    """For as long as the session lasts."""
    cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
    if not cursor.fetchone()[0]:
        raise BackupError(_("A restore is running. Wait for its end."))


def _put_back(cursor: Cursor) -> bool:
    """What stands aside was never given up; what stands in its place was never checked."""
    if not (aside := _aside(cursor)):
        return False
    for schema in database.schemas(cursor):
        _drop(cursor, schema)
    for schema in aside:
        _rename(cursor, schema, schema.removeprefix(ASIDE))
    place = Path(settings.MEDIA_ROOT)
    if (old := _beside(place, ".old")).exists():
        shutil.rmtree(place, ignore_errors=True)
        old.rename(place)
    return True


def _refuse_company(cursor: Cursor) -> None:
    connection.close()
    # Who has just left, as we have ourselves, is seen for a moment still.
    patience = time.monotonic() + SECONDS_TO_LEAVE
    while (others := _others(cursor)) and time.monotonic() < patience:
        time.sleep(0.1)
    if others:
        raise BackupError(
            _(
                "Other programs are connected to the database (%(count)s connections). Stop web,"
                " events, worker, beat and pump first."
            )
            % {"count": others}
        )


def _others(cursor: Cursor) -> int:
    cursor.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    return int(cursor.fetchone()[0])


def _count(cursor: Cursor, table: str) -> int:
    cursor.execute("SELECT to_regclass(%s)", [table])
    if cursor.fetchone()[0] is None:
        return 0
    cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
    return int(cursor.fetchone()[0])


@contextmanager
def _schemas_in_place(cursor: Cursor) -> Iterator[None]:
    """Empty schemas to load into; the ones there were are dropped in the end, or put back."""
    for schema in database.schemas(cursor):
        _rename(cursor, schema, ASIDE + schema)
    # As PostgreSQL itself makes it.
    cursor.execute("CREATE SCHEMA public AUTHORIZATION pg_database_owner")
    cursor.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")
    try:
        yield
    except BaseException:
        connection.close()
        _put_back(cursor)
        raise
    connection.close()
    for schema in _aside(cursor):
        _drop(cursor, schema)


def _aside(cursor: Cursor) -> list[str]:
    cursor.execute("SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s)", [ASIDE])
    return [name for (name,) in cursor.fetchall()]


def _rename(cursor: Cursor, name: str, new_name: str) -> None:
    statement = sql.SQL("ALTER SCHEMA {} RENAME TO {}")
    cursor.execute(statement.format(sql.Identifier(name), sql.Identifier(new_name)))


def _drop(cursor: Cursor, name: str) -> None:
    cursor.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))


def _load(dump: Path, *, server: int) -> None:
    """Have pg_restore read the dump. Who owns what is for this server to say, not for that one."""
    arguments = tools.command(
        "pg_restore",
        "--exit-on-error",
        "--no-owner",
        "--no-privileges",
        f"--jobs={tools.jobs()}",
        f"--dbname={connection.settings_dict['NAME']}",
        str(dump),
        server=server,
    )
    tools.finish(tools.start(arguments, environment=tools.environment(options=FAST)))


def _skip_keys(cursor: Cursor) -> None:
    cursor.execute(
        "SELECT setval(format('%%I.%%I', schemaname, sequencename)::regclass, last_value + %s)"
        " FROM pg_sequences WHERE last_value + %s <= max_value AND NOT starts_with(schemaname, %s)",
        [KEYS_TO_SKIP, KEYS_TO_SKIP, ASIDE],
    )


def _copied_files(directory: Path) -> Path:
    """The files of the backup, beside their place."""
    new = _beside(Path(settings.MEDIA_ROOT), ".new")
    shutil.rmtree(new, ignore_errors=True)
    contents.copy_tree(directory / contents.FILES, new)
    return new


def _swap_files(new: Path) -> None:
    place = Path(settings.MEDIA_ROOT)
    place.mkdir(exist_ok=True)
    place.rename(_beside(place, ".old"))
    new.rename(place)


def _forget_old_files() -> None:
    shutil.rmtree(_beside(Path(settings.MEDIA_ROOT), ".old"), ignore_errors=True)


def _beside(place: Path, suffix: str) -> Path:
    return place.with_name(place.name + suffix)


def _put_key(directory: Path) -> None:
    """The secret key of the backup, unless ours comes from the environment."""
    source = directory / contents.SECRET_KEY
    if not source.is_file() or os.environ.get("SECRET_KEY"):
        return
    place = Path(settings.DATA_DIR) / contents.SECRET_KEY
    new = _beside(place, ".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(source.read_bytes())
    new.replace(place)


def _forget_what_is_remembered() -> None:
    """Redis remembers the desk that was there before."""
    if os.environ.get("REDIS_URL") or servers.is_elsewhere():
        cache.clear()
    else:
        shutil.rmtree(Path(settings.DATA_DIR) / "redis", ignore_errors=True)
