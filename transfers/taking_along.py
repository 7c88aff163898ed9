"""The whole desk as files: JSON Lines for each kind, every file, and a manifest with counts and digests.

All of it is read in one snapshot of the database, a row at a time. docs/import-export.md describes
each file.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

import structlog
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Agent
from common import doorbell
from transfers.kinds import KINDS, Kind
from transfers.models import DeskExport, State

logger = structlog.get_logger(__name__)
FORMAT, VERSION = "yakusoku-desk", 1
TASK = "transfers.tasks.continue_exports"
LEASE = timedelta(hours=2)
MOST_FAILURES = 3
ROWS_AT_ONCE = 500
Open = Callable[[str], AbstractContextManager[IO[bytes]]]


def export_to_folder(folder: Path, *, tell: Callable[[str], None] | None = None) -> None:
    """Write the desk into an empty folder, which is made if there is none. Raises FileExistsError
    when there is something in it."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(folder)

    def opened(name: str) -> IO[bytes]:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("wb")

    _export(opened, tell=tell)


def export_to_zip(target: IO[bytes]) -> None:
    """Write the desk into a zip."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        _export(lambda name: archive.open(name, "w", force_zip64=True))


def _export(opened: Open, *, tell: Callable[[str], None] | None = None) -> None:
    kinds: dict[str, Any] = {}
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute("SET LOCAL TIME ZONE 'UTC'")
        for kind in KINDS:
            kinds[kind.name] = _write_lines(opened, f"{kind.name}.jsonl", lines_of(kind))
            if tell:
                tell(kind.name)
        paths = list(_paths())
        files = _write_lines(opened, "files.jsonl", _copy_all(opened, paths))
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "made_at": timezone.now().isoformat(),
        "kinds": kinds,
        "files": files,
    }
    with opened("manifest.json") as file:
        file.write(json.dumps(manifest, indent=2).encode())


def _write_lines(opened: Open, name: str, lines: Iterable[bytes]) -> dict[str, Any]:
    """How many lines that were, and the digest of them all."""
    number, digest = 0, hashlib.sha256()
    with tempfile.TemporaryFile() as waiting:
        # A zip holds one open file at a time, and these lines may copy other files into it.
        for line in lines:
            waiting.write(line + b"\n")
            digest.update(line + b"\n")
            number += 1
        waiting.seek(0)
        with opened(name) as file:
            while piece := waiting.read(2**20):
                file.write(piece)
    return {"lines": number, "sha256": digest.hexdigest()}


def lines_of(kind: Kind) -> Iterator[bytes]:
    """Every row of a kind as JSON, as PostgreSQL writes it, the oldest first."""
    columns = ", ".join(f'"{column}"' for column in kind.columns)
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            f"SELECT row_to_json(line)::text FROM"  # noqa: S608 - names of our own tables
            f' (SELECT {columns} FROM "{kind.table}" ORDER BY id) AS line'
        )
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            for (line,) in rows:
                yield line.encode()


def _paths() -> Iterator[str]:
    """Of all files that the kinds name."""
    for kind in KINDS:
        for column in kind.files:
            rows = kind.model._default_manager.exclude(**{column: ""}).order_by("pk")  # noqa: SLF001
            yield from dict.fromkeys(rows.values_list(column, flat=True))


def _copy_all(opened: Open, paths: Iterable[str]) -> Iterator[bytes]:
    """Copy each file, and say what it is; of one that is gone, that."""
    for path in paths:
        try:
            source = default_storage.open(path)
        except OSError:
            logger.warning("export.file_missing")
            yield json.dumps({"path": path, "is_missing": True}).encode()
            continue
        with source, opened(f"files/{path}") as target:
            size, digest = 0, hashlib.sha256()
            for piece in source.chunks():
                target.write(piece)
                digest.update(piece)
                size += len(piece)
        told = {"path": path, "size": size, "sha256": digest.hexdigest()}
        yield json.dumps(told).encode()


# As a job of the background ----------------------------------------------------------------------


def ask_for_export(*, by: Agent, now: datetime | None = None) -> DeskExport:
    """Begin one; whoever asks while one is at work has asked once."""
    now = now or timezone.now()
    with transaction.atomic():
        Agent.objects.select_for_update(no_key=True).get(pk=by.pk)
        known = DeskExport.objects.filter(agent=by, state=State.WORKING).first()
        if known is not None:
            return known
        export = DeskExport.objects.create(agent=by, asked_at=now, next_try_at=now)
        doorbell.ring(TASK)
    return export


def continue_exports() -> int:
    """Make those that nobody works on; return how many. One that somebody died over is begun anew."""
    number = 0
    while (export := _take(timezone.now())) is not None:
        try:
            _make(export)
        # Whatever is wrong with one, the others are owed their turn.
        except Exception:
            logger.exception("desk_export.failed", export=export.pk)
            _fail(export)
        number += 1
    return number


def delete_expired(*, now: datetime | None = None) -> int:
    """Delete the files whose days are over; who had them stays on record."""
    over = DeskExport.objects.filter(state=State.DONE, expires_at__lte=now or timezone.now())
    for export in over:
        export.file.delete(save=False)
        DeskExport.objects.filter(pk=export.pk).update(state=State.EXPIRED, file="")
    return len(over)


@transaction.atomic
def _take(now: datetime) -> DeskExport | None:
    waiting = DeskExport.objects.filter(state=State.WORKING, next_try_at__lte=now)
    export = waiting.select_for_update(skip_locked=True).order_by("next_try_at").first()
    if export is not None:
        export.next_try_at = now + LEASE
        export.save(update_fields=["next_try_at"])
    return export


def _make(export: DeskExport) -> None:
    with tempfile.TemporaryFile() as whole:
        export_to_zip(whole)
        size = whole.tell()
        whole.seek(0)
        export.file.save(f"desk-{export.pk}.zip", File(whole), save=False)
    now = timezone.now()
    # A customer may have been erased meanwhile: then nobody gets it.
    done = DeskExport.objects.filter(pk=export.pk, state=State.WORKING).update(
        state=State.DONE,
        file=export.file.name,
        size=size,
        finished_at=now,
        expires_at=now + DeskExport.KEPT_FOR,
    )
    if not done:
        export.file.delete(save=False)


def _fail(export: DeskExport) -> None:
    failures = export.failures + 1
    DeskExport.objects.filter(pk=export.pk, state=State.WORKING).update(
        failures=failures,
        state=State.FAILED if failures >= MOST_FAILURES else State.WORKING,
        next_try_at=timezone.now() + timedelta(minutes=1),
    )
