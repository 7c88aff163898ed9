"""Facts and tallies in step with what happens. Triggers note which tickets may have changed; here
they are looked at again.

A batch is one transaction: killed anywhere, nothing is lost or counted twice. What is committed while
a batch is worked off has left its own note, which the batch has not seen and does not take away. One
process at a time does it, so nobody stores what another has already found to be otherwise.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from time import monotonic

import django
from django.db import connection, transaction

from reports import tallying
from reports.facts.finding import find
from reports.facts.gathering import gather, make_room
from reports.facts.judging import judge
from reports.facts.storing import store, store_repeated
from reports.models import Stale
from tickets.yardsticks import measure_all

BATCH = 1000
# A round ends before the next one is asked for.
ROUND_SECONDS = 15
# Any numbers that no other lock of the desk has. The second one is shared by the processes of a rebuild,
# which may outlive the one that began it by a batch.
LOCK, LOCK_OF_BATCH = 7_240_315, 7_240_316


def keep_figures() -> int:
    """Work off what has changed, for a while; return of how many tickets it was."""
    began, kept = monotonic(), 0
    while (number := keep_batch()) and monotonic() - began < ROUND_SECONDS:
        kept += number
    return kept


def keep_all() -> int:
    """Work off all that has changed; return of how many tickets it was."""
    kept = 0
    while number := keep_batch():
        kept += number
    return kept


@transaction.atomic
def keep_batch(size: int = BATCH) -> int:
    """Look at some tickets that may have changed; return how many notes of them there were. None are
    left, or somebody else is at it, when there were none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(%s) AND pg_try_advisory_xact_lock(%s)",
            [LOCK, LOCK_OF_BATCH],
        )
        if not cursor.fetchone()[0]:
            return 0
    oldest = Stale.objects.order_by("pk").select_for_update(skip_locked=True)
    notes = list(oldest.values_list("pk", "ticket")[:size])
    if not notes:
        return 0
    if any(ticket is None for _pk, ticket in notes):
        _end_rebuild()
    tickets = {ticket for _pk, ticket in notes if ticket is not None}
    if tickets:
        look_at(tickets)
        store_repeated()
        tallying.add_changes()
    Stale.objects.filter(pk__in=[pk for pk, _ticket in notes]).delete()
    return len(notes)


def look_at(tickets: Collection[int]) -> None:
    """Find the facts of these tickets, and of those they were merged into, and store what differs.
    What tickets are together is to be found afterwards: `store_repeated`, and the tallies."""
    gather(tickets)
    find()
    judge()
    store(tickets)


def mark_stale(*, since: datetime | None = None) -> int:
    """Note all tickets, or those changed since an instant; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO reports_stale (ticket) SELECT id FROM tickets_ticket"
            " WHERE %(since)s::timestamptz IS NULL OR updated_at >= %(since)s ORDER BY id",
            {"since": since},
        )
        return int(cursor.rowcount)


def rebuild(*, processes: int = 1) -> Iterator[int]:
    """Find all facts and add up all tallies; yields how many tickets have been looked at so far.

    A rebuild that is broken off leaves a note, so that what tickets are together is found again. More
    than one process sees only what is committed.
    """
    with ExitStack() as stack:
        stack.enter_context(_alone())
        Stale.objects.create(ticket=None)
        _remember_notes()
        _forget_deleted()
        measure_all()
        seen = 0
        for number in _each(processes, stack):
            seen += number
            yield seen
        with transaction.atomic():
            _end_rebuild()
            _delete_remembered_notes()


def _each(processes: int, stack: ExitStack) -> Iterable[int]:
    """Look at all batches, here or in other processes, and tell how many tickets were in each."""
    batches = _batches()
    if processes == 1:
        return map(_look_at_batch, batches)
    context = multiprocessing.get_context("spawn")
    pool = stack.enter_context(context.Pool(processes, initializer=django.setup))
    return pool.imap_unordered(_look_at_batch, batches)


def _batches() -> range:
    """The first key of each batch of tickets."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(MIN(id), 1), COALESCE(MAX(id), 0) FROM tickets_ticket")
        first, last = cursor.fetchone()
    return range(first, last + 1, BATCH)


@transaction.atomic
def _look_at_batch(first: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [LOCK_OF_BATCH])
        cursor.execute(
            "SELECT id FROM tickets_ticket WHERE id >= %s AND id < %s", [first, first + BATCH]
        )
        tickets = [pk for (pk,) in cursor.fetchall()]
    if tickets:
        look_at(tickets)
    return len(tickets)


def _end_rebuild() -> None:
    with connection.cursor() as cursor:
        # Each of what follows is one statement over all facts.
        cursor.execute("SET LOCAL statement_timeout = 0")
    make_room()
    store_repeated(of_all=True)
    tallying.add_all()


@contextmanager
def _alone() -> Iterator[None]:
    """While nobody else keeps figures, in this process or another."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _remember_notes() -> None:
    """What has changed until now: a rebuild looks at all of it afterwards."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DROP TABLE IF EXISTS reports_noted;"
            " CREATE TEMP TABLE reports_noted AS SELECT id FROM reports_stale"
        )


def _delete_remembered_notes() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM reports_stale WHERE id IN (SELECT id FROM reports_noted);"
            " DROP TABLE reports_noted"
        )


def _forget_deleted() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM reports_fact AS fact WHERE NOT EXISTS"
            " (SELECT FROM tickets_ticket AS ticket WHERE ticket.id = fact.ticket_id)"
        )
