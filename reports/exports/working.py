"""The work on exports: some thousand rows at a time, by any worker, and each row exactly once.

A batch is one transaction: its rows as a piece, and how far the export is. Whoever dies in between
has done nothing; the next one goes on behind the last piece. Of all the rows that there are, one
batch is in memory.
"""

from __future__ import annotations

import tempfile
import time
import zlib
from datetime import datetime, timedelta
from typing import IO

import structlog
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import Agent
from accounts.permissions import Permission
from common import doorbell
from common.spreadsheets import Cell, Encoding, csv_rows, mark_of
from reports.exports.models import Export, ExportDownload, ExportPiece
from reports.exports.sheets import SHEETS, cells, headings

logger = structlog.get_logger(__name__)
BATCH = 2000
KEPT_FOR = timedelta(days=7)
MOST_FAILURES = 3
# Well below the time limit of a task.
WORKS_FOR_SECONDS = 60
TASK = "reports.tasks.continue_exports"


def ask_for_export(
    *, agent: Agent, kind: str, query: str, encoding: str, now: datetime | None = None
) -> Export:
    """Begin one; whoever asks twice for the same while it is at work has asked once."""
    with transaction.atomic():
        # One at a time of each person: two clicks are two requests.
        Agent.objects.select_for_update(no_key=True).get(pk=agent.pk)
        same = {"agent": agent, "kind": kind, "query": query, "encoding": encoding}
        known = Export.objects.filter(state=Export.State.WORKING, **same).first()
        if known is not None:
            return known
        export = Export.objects.create(
            language=agent.language,
            time_zone=agent.time_zone,
            asked_at=now or timezone.now(),
            **same,
        )
        doorbell.ring(TASK)
    return export


def export_at_once(*, agent: Agent, kind: str, query: str, encoding: str, now: datetime) -> Export:
    """One that is small enough to be made here and now; call it in a transaction."""
    export = Export.objects.create(
        agent=agent,
        kind=kind,
        query=query,
        encoding=encoding,
        language=agent.language,
        time_zone=agent.time_zone,
        asked_at=now,
    )
    while export.is_working:
        _go_on(export, now=now)
        export.refresh_from_db(fields=["state"])
    return export


def cancel_export(export: Export, *, now: datetime | None = None) -> bool:
    """Stop the work, and forget what there is of it; False when it had ended."""
    return _end(export, Export.State.CANCELLED, now=now or timezone.now())


def record_download(export: Export, *, by: Agent, now: datetime | None = None) -> None:
    """Say for ever who fetched it, and when."""
    ExportDownload.objects.create(export=export, agent=by, at=now or timezone.now())


def continue_exports(*, seconds: float = WORKS_FOR_SECONDS) -> None:
    """Work on what there is, and have somebody go on after that time."""
    until = time.monotonic() + seconds
    while continue_export():
        if time.monotonic() > until:
            doorbell.ring(TASK)
            return


def continue_export(*, now: datetime | None = None) -> bool:
    """The next batch of the export that has come least far; False when there is nothing to do.

    Any number of processes may call it: an export is with one of them at a time.
    """
    at = now or timezone.now()
    with transaction.atomic():
        waiting = Export.objects.filter(state=Export.State.WORKING).order_by("rows_done", "pk")
        export = waiting.select_for_update(skip_locked=True).first()
        if export is None:
            return False
        try:
            with transaction.atomic():
                _go_on(export, now=at)
        # Whatever is wrong with one export, the others are owed their turn.
        except Exception:
            logger.exception("export.batch_failed", export=export.pk)
            _fail(export, now=at)
    return True


def delete_expired(*, now: datetime | None = None) -> int:
    """Delete the files whose week is over; say how many. What they were, and who had them, stays."""
    over = Export.objects.filter(
        state=Export.State.DONE, expires_at__lte=now or timezone.now()
    ).order_by("expires_at")
    number = 0
    for export in over[:100]:
        export.file.delete(save=False)
        number += Export.objects.filter(pk=export.pk).update(state=Export.State.EXPIRED, file="")
    return number


def _go_on(export: Export, *, now: datetime) -> None:
    if not (export.agent.is_active and export.agent.may(Permission.EXPORT)):
        # They may no longer read what they asked for.
        _end(export, Export.State.CANCELLED, now=now)
        return
    with translation.override(export.language), timezone.override(export.time_zone):
        is_more = _write_batch(export)
    if not is_more:
        _finish(export, now=now)


def _write_batch(export: Export) -> bool:
    """The rows behind the last ones; False when there are none."""
    sheet, encoding = SHEETS[export.kind], Encoding(export.encoding)
    lines: list[list[Cell]] = []
    if export.rows_total is None:
        export.rows_total = sheet.rows(export).count()
        lines = [headings(sheet, time_zone=export.time_zone)]
    rows = list(sheet.rows(export).filter(pk__gt=export.last_key).order_by("pk")[:BATCH])
    if lines or rows:
        written = csv_rows([*lines, *(cells(sheet, row) for row in rows)], encoding)
        mark = mark_of(encoding) if lines else b""
        content = zlib.compress(mark + written.content)
        ExportPiece.objects.create(export=export, after=export.last_key, content=content)
        export.last_key = rows[-1]["pk"] if rows else export.last_key
        export.rows_done += len(rows)
        export.replaced += written.replaced
    export.failures = 0
    export.save(update_fields=["rows_total", "last_key", "rows_done", "replaced", "failures"])
    return len(rows) == BATCH


def _finish(export: Export, *, now: datetime) -> None:
    """All pieces become one file; one of that name is what somebody left who died here."""
    with tempfile.TemporaryFile() as whole:
        export.size = _put_together(export, whole)
        whole.seek(0)
        name = f"export-{export.pk}.csv"
        default_storage.delete(f"{Export.FOLDER}{name}")
        export.file.save(name, File(whole), save=False)
    export.pieces.all().delete()
    export.state, export.finished_at, export.expires_at = Export.State.DONE, now, now + KEPT_FOR
    export.save(update_fields=["state", "finished_at", "expires_at", "file", "size"])


def _put_together(export: Export, whole: IO[bytes]) -> int:
    # By a cursor of the server: all pieces together are as large as the file.
    contents = export.pieces.order_by("after").values_list("content", flat=True)
    return sum(whole.write(zlib.decompress(each)) for each in contents.iterator(chunk_size=1))


def _fail(export: Export, *, now: datetime) -> None:
    export.refresh_from_db()
    if export.failures + 1 < MOST_FAILURES:
        Export.objects.filter(pk=export.pk).update(failures=export.failures + 1)
        return
    with translation.override(export.language):
        error = _(
            "Something went wrong three times. Ask for it again; if that does not help either, ask for fewer rows."
        )
    _end(export, Export.State.FAILED, now=now, error=error)


def _end(export: Export, state: str, *, now: datetime, error: str = "") -> bool:
    with transaction.atomic():
        working = Export.objects.filter(pk=export.pk, state=Export.State.WORKING)
        won = working.update(state=state, finished_at=now, error=error)
        if won:
            export.pieces.all().delete()
    return bool(won)
