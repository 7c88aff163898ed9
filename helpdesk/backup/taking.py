"""Taking a backup of a desk that goes on working."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db.models import FileField
from django.utils.translation import gettext as _
from psycopg2 import sql

import helpdesk
from common.models import Heartbeat
from helpdesk.backup import contents, database, tools
from helpdesk.backup.contents import Manifest
from helpdesk.backup.database import Cursor
from helpdesk.backup.errors import BackupError

PARTIAL = ".partial"
# Rotated backups are named by their time.
NAME = "%Y%m%dT%H%M%SZ"
ROTATED = re.compile(r"[0-9]{8}T[0-9]{6}Z")
SIGN_OF_LIFE = "backup"
MISSING_AT_MOST = 100


def take(directory: Path) -> Manifest:
    """Write a backup to a directory that does not exist yet. Raises BackupError."""
    began = time.monotonic()
    with _appearing(directory) as place:
        # The database first: a file is there before its row, and is never changed.
        with database.session(snapshot=True) as cursor:
            cursor.execute("SELECT pg_export_snapshot(), clock_timestamp()")
            snapshot, taken_at = cursor.fetchone()
            server = cursor.connection.server_version // 10_000
            dump = _start_dump(snapshot, place / contents.DATABASE, server=server)
            # Meanwhile, and of the same moment.
            tables, heads = database.fingerprints(cursor), database.heads(cursor)
            names = set(_file_names(cursor))
            tools.finish(dump)
        files, size = _copy_files(place / contents.FILES)
        manifest = Manifest(
            release=helpdesk.VERSION,
            taken_at=taken_at.astimezone(UTC).isoformat(timespec="seconds"),
            seconds=round(time.monotonic() - began, 1),
            server=server,
            migrations=heads,
            tables=tables,
            files=files,
            file_bytes=size,
            files_elsewhere=files_elsewhere(),
            missing_files=_missing(names, place / contents.FILES),
            holds_key=_copy_key(place),
            key_check=contents.key_check(settings.SECRET_KEY),
        )
        manifest.write(place)
        contents.write_sums(place)
    Heartbeat.beat(SIGN_OF_LIFE)
    return manifest


def take_rotated(directory: Path, *, keep: int) -> tuple[Path, Manifest]:
    """Write a backup into a new directory below, named by the time, and delete all but the newest."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    place = directory / datetime.now(UTC).strftime(NAME)
    manifest = take(place)
    ours = sorted(path for path in directory.iterdir() if ROTATED.fullmatch(path.name))
    for old in ours[:-keep]:
        shutil.rmtree(old)
    return place, manifest


def files_elsewhere() -> str:
    """Where files are, when that is no directory of ours and they are not in a backup."""
    return f"s3://{settings.S3_BUCKET}" if settings.S3_BUCKET else ""


@contextmanager
def _appearing(directory: Path) -> Iterator[Path]:
    """A place beside the directory that takes its name when all is there, so that half a backup is
    never taken for one."""
    partial = directory.with_name(directory.name + PARTIAL)
    for path in (directory, partial):
        if path.exists():
            raise BackupError(_("%(path)s is there already. Name another one.") % {"path": path})
    before = os.umask(0o077)
    try:
        partial.mkdir(parents=True)
        try:
            yield partial
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        # A power cut must not leave a name without its content.
        os.sync()
        partial.rename(directory)
    finally:
        os.umask(before)


def _start_dump(snapshot: str, place: Path, *, server: int) -> tools.Process:
    arguments = tools.command(
        "pg_dump",
        "--format=directory",
        f"--jobs={tools.jobs()}",
        "--compress=1",
        f"--snapshot={snapshot}",
        f"--file={place}",
        server=server,
    )
    return tools.start(arguments, environment=tools.environment())


def _copy_files(place: Path) -> tuple[int, int]:
    return (0, 0) if files_elsewhere() else contents.copy_tree(Path(settings.MEDIA_ROOT), place)


def _file_names(cursor: Cursor) -> Iterator[str]:
    """Every file that a row names."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:  # noqa: SLF001
            if isinstance(field, FileField):
                column, table = field.column, model._meta.db_table  # noqa: SLF001
                question = sql.SQL("SELECT {0} FROM {1} WHERE {0} <> ''")
                cursor.execute(question.format(sql.Identifier(column), sql.Identifier(table)))
                yield from (name for (name,) in cursor)


def _missing(names: set[str], place: Path) -> list[str]:
    """Files of rows that are not there: erased meanwhile, or lost before."""
    if files_elsewhere():
        return []
    return sorted(name for name in names if not (place / name).is_file())[:MISSING_AT_MOST]


def _copy_key(place: Path) -> bool:
    """The secret key, when it is a file of ours; one that comes from the environment stays there."""
    path = Path(settings.DATA_DIR) / contents.SECRET_KEY
    if os.environ.get("SECRET_KEY") or not path.is_file():
        return False
    shutil.copyfile(path, place / contents.SECRET_KEY)
    return True
