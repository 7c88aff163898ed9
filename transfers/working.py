"""The work on imports: a batch at a time, by any process, and each record once.

A batch is one transaction with how far the import is. Whoever dies in between has done nothing; the
next one reads from the beginning and passes over what is done. Whatever was written is known by its
id in the other desk, too, so that even a file that was handed in twice comes once.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import IO, Any

import structlog
from django.core.files import File
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import Agent, Team
from common import doorbell
from transfers.bundles import Bundle, BundleError, Zipped, opened
from transfers.filing import Batch
from transfers.models import ImportFault, ImportJob, Source, State
from transfers.reading import customers, freescout, freshdesk, mbox, osticket, zammad, zendesk
from transfers.reading.values import Things
from transfers.records import Fault, Record
from transfers.writing import Duplicates, Writer

logger = structlog.get_logger(__name__)
TASK = "transfers.tasks.continue_imports"
BATCH = 500
LEASE = timedelta(minutes=10)
WAITS_FOR = timedelta(days=1)
MOST_FAILURES = 3
# Well below the time limit of a task.
WORKS_FOR_SECONDS = 60
# Whoever hands in something that is no export at all needs no million sentences.
MOST_FAULTS = 10_000
READERS: Mapping[str, Callable[[Bundle], Things]] = {
    Source.ZENDESK: zendesk.read,
    Source.ZAMMAD: zammad.read,
    Source.FRESHDESK: freshdesk.read,
    Source.FREESCOUT: freescout.read,
    Source.OSTICKET: osticket.read,
    Source.MBOX: mbox.read,
}


class LostJob(RuntimeError):
    """Somebody else works on it by now."""


def ask_for_import(  # noqa: PLR0913 - all of it is what an import is
    *,
    by: Agent | None,
    source: str,
    name: str,
    file: File[Any] | None = None,
    path: str = "",
    options: Mapping[str, Any] | None = None,
    is_dry_run: bool = False,
    waits: bool = False,
    now: datetime | None = None,
) -> ImportJob:
    """Begin one, of an uploaded file or of what lies on the server. Ring for it after that, or work
    on it at once. One that `waits` is not begun before somebody says so."""
    now = now or timezone.now()
    job = ImportJob(
        agent=by,
        source=source,
        path=path,
        name=name[:200],
        options=dict(options or {}),
        is_dry_run=is_dry_run,
        state=State.ASKED if waits else State.WORKING,
        language=by.language if by else translation.get_language()[:2],
        asked_at=now,
        next_try_at=now,
    )
    if file is not None:
        job.file.save(f"import-{now:%Y%m%d%H%M%S}", file, save=False)
    job.save()
    return job


@transaction.atomic
def begin(job: ImportJob, *, options: Mapping[str, Any], is_dry_run: bool) -> bool:
    """Have one that waits be worked on; False when it does not wait any more."""
    won = ImportJob.objects.filter(pk=job.pk, state=State.ASKED).update(
        state=State.WORKING,
        options=dict(options),
        is_dry_run=is_dry_run,
        next_try_at=timezone.now(),
    )
    ring()
    return bool(won)


def ring() -> None:
    """Have a worker go on."""
    doorbell.ring(TASK)


def forget_waiting(*, now: datetime | None = None) -> int:
    """Delete what was uploaded and not begun within a day; return how many."""
    over = (now or timezone.now()) - WAITS_FOR
    forgotten = list(ImportJob.objects.filter(state=State.ASKED, asked_at__lte=over))
    for job in forgotten:
        job.file.delete(save=False)
        job.delete()
    return len(forgotten)


def continue_imports(*, seconds: float = WORKS_FOR_SECONDS) -> int:
    """Work on what waits, for so long; return how many imports that were."""
    until, number = time.monotonic() + seconds, 0
    while time.monotonic() < until and (job := _take()) is not None:
        work_on(job, until=until)
        number += 1
    return number


def work_on(
    job: ImportJob, *, until: float | None = None, tell: Callable[[ImportJob], None] | None = None
) -> None:
    """Go on with this one, which the caller has, to its end or until then (time.monotonic)."""
    try:
        with translation.override(job.language), _bundle(job) as bundle:
            _work(job, bundle, until=until, tell=tell)
    except LostJob:
        return
    except BundleError as error:
        _end(job, State.FAILED, error=str(error))
    # Whatever is wrong with one, the others are owed their turn.
    except Exception:
        logger.exception("import.failed", job=job.pk)
        _fail(job)


def take(job: ImportJob) -> ImportJob:
    """Have it for oneself. Raises LostJob when somebody works on it, or it has ended."""
    taken = _take(job.pk)
    if taken is None:
        raise LostJob
    return taken


@transaction.atomic
def _take(pk: int | None = None) -> ImportJob | None:
    now = timezone.now()
    waiting = ImportJob.objects.filter(state=State.WORKING, next_try_at__lte=now)
    if pk is not None:
        waiting = waiting.filter(pk=pk)
    job = waiting.select_for_update(skip_locked=True).order_by("next_try_at").first()
    if job is not None:
        job.next_try_at = now + LEASE
        job.save(update_fields=["next_try_at"])
    return job


@contextmanager
def _bundle(job: ImportJob) -> Iterator[Bundle]:
    if job.path:
        with opened(Path(job.path)) as bundle:
            yield bundle
        return
    try:
        file = job.file.open("rb")
    except OSError:
        raise BundleError(_("The file that was uploaded is gone. Upload it again.")) from None
    with file:
        yield Zipped(file) if _is_zip(file) else _Single(job.name, file)


def _is_zip(file: IO[bytes]) -> bool:
    head = file.read(4)
    file.seek(0)
    return head == b"PK\x03\x04"


class _Single:
    """One file that was uploaded."""

    def __init__(self, name: str, file: IO[bytes]) -> None:
        self.name, self.file = name, file

    def names(self) -> list[str]:
        return [self.name]

    def open(self, name: str) -> IO[bytes]:
        if name != self.name:
            raise BundleError(_("There is no file “%(name)s”.") % {"name": name})
        self.file.seek(0)
        return _Kept(self.file)


class _Kept(File):  # type: ignore[type-arg]
    """A file that is read again later: whoever closes it has only done with it."""

    def close(self) -> None:
        pass


def records_of(job: ImportJob, bundle: Bundle) -> Things:
    """What is in it, in the order in which it is written."""
    if job.source == Source.CUSTOMERS:
        known = {key: job.options[key] for key in customers.OPTIONS if key in job.options}
        return customers.read(bundle, known, prefix=str(job.pk))
    return READERS[job.source](bundle)


def _work(
    job: ImportJob,
    bundle: Bundle,
    *,
    until: float | None,
    tell: Callable[[ImportJob], None] | None,
) -> None:
    writer = Writer(
        source=job.source,
        bundle=bundle,
        now=job.asked_at,
        team=Team.objects.filter(pk=job.options.get("team")).first(),
        duplicates=job.options.get("duplicates", Duplicates.SKIP),
        keeps_files=not job.is_dry_run,
    )
    things = iter(records_of(job, bundle))
    if job.is_dry_run:
        _try(job, writer, things)
        return
    for thing in islice(things, job.seen):
        writer.meet(thing)
    while records := list(islice(things, BATCH)):
        _write(job, writer, records)
        if tell:
            tell(job)
        if until is not None and time.monotonic() > until:
            ImportJob.objects.filter(pk=job.pk).update(next_try_at=timezone.now())
            doorbell.ring(TASK)
            return
    if not job.seen:
        raise BundleError(_("There is nothing in it that this import knows."))
    _end(job, State.DONE)


@transaction.atomic
def _write(job: ImportJob, writer: Writer, records: list[Record | Fault]) -> None:
    mine, job.next_try_at = job.next_try_at, timezone.now() + LEASE
    for record in records:
        writer.meet(record)
    _note(job, writer.write(records), len(records))
    _store(job, mine)


def _try(job: ImportJob, writer: Writer, things: Iterator[Record | Fault]) -> None:
    """See what would come, in a transaction that is taken back as a whole."""
    faults: list[Fault] = []
    with transaction.atomic():
        while records := list(islice(things, BATCH)):
            for record in records:
                writer.meet(record)
            faults += _note(job, writer.write(records), len(records), keep=False)
        transaction.set_rollback(True)
    with transaction.atomic():
        _keep_faults(job, faults)
        _store(job, job.next_try_at)
    if not job.seen:
        raise BundleError(_("There is nothing in it that this import knows."))
    _end(job, State.DONE)


def _note(job: ImportJob, batch: Batch, number: int, *, keep: bool = True) -> list[Fault]:
    """Add what a batch came to."""
    counts = {kind: Counter(found) for kind, found in job.counts.items()}
    for kind, found in batch.counts.items():
        counts[kind] = counts.get(kind, Counter()) + found
    job.counts = {kind: dict(found) for kind, found in counts.items()}
    job.seen += number
    room = max(0, MOST_FAULTS - job.fault_count)
    job.fault_count += len(batch.faults)
    if keep:
        _keep_faults(job, batch.faults[:room])
    return batch.faults[:room]


def _keep_faults(job: ImportJob, faults: list[Fault]) -> None:
    ImportFault.objects.bulk_create(
        ImportFault(
            job=job,
            place=fault.place[:300],
            message=fault.message[:500],
            original=fault.original,
        )
        for fault in faults
    )


def _store(job: ImportJob, mine: datetime) -> None:
    won = ImportJob.objects.filter(pk=job.pk, state=State.WORKING, next_try_at=mine).update(
        seen=job.seen,
        counts=job.counts,
        fault_count=job.fault_count,
        failures=0,
        next_try_at=job.next_try_at,
    )
    if not won:
        raise LostJob


def _fail(job: ImportJob) -> None:
    job.refresh_from_db()
    if job.failures + 1 < MOST_FAILURES:
        ImportJob.objects.filter(pk=job.pk, state=State.WORKING).update(
            failures=job.failures + 1, next_try_at=timezone.now()
        )
        return
    with translation.override(job.language):
        error = _("Something went wrong three times at the same place. The log says more.")
    _end(job, State.FAILED, error=error)


def _end(job: ImportJob, state: str, *, error: str = "") -> None:
    """Over; what was uploaded is not kept."""
    job.state, job.finished_at, job.error = state, timezone.now(), error
    if job.file:
        job.file.delete(save=False)
    ImportJob.objects.filter(pk=job.pk, state=State.WORKING).update(
        state=state, finished_at=job.finished_at, error=error[:500], file=""
    )
