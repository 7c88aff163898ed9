"""Facts and tallies in step with what happens. Triggers note which tickets may have changed; here
they are looked at again.

A batch is one transaction: killed anywhere, nothing is lost or counted twice. What is committed while
a batch is worked off has left its own note, which the batch has not seen and does not take away. One
process at a time does it, so nobody stores what another has already found to be otherwise.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from time import monotonic

from django.db import connection, transaction

from reports import tallying
from reports.facts.finding import find
from reports.facts.gathering import gather
from reports.facts.judging import judge
from reports.facts.storing import store
from reports.models import Stale

BATCH = 1000
# A round ends before the next one is asked for.
ROUND_SECONDS = 15
# Any number that no other lock of the desk has.
LOCK = 7_240_315


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
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
    oldest = Stale.objects.order_by("pk").select_for_update(skip_locked=True)
    notes = list(oldest.values_list("pk", "ticket")[:size])
    if not notes:
        return 0
    if any(ticket is None for _pk, ticket in notes):
        tallying.add_all()
    tickets = {ticket for _pk, ticket in notes if ticket is not None}
    if tickets:
        look_at(tickets)
        tallying.add_changes()
    Stale.objects.filter(pk__in=[pk for pk, _ticket in notes]).delete()
    return len(notes)


def look_at(tickets: Collection[int]) -> None:
    """Find the facts of these tickets, and of those they were merged into, and store what differs.
    Take the changes into the tallies afterwards."""
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


def rebuild() -> Iterator[int]:
    """Find all facts and add up all tallies; yields how many tickets have been looked at so far.

    A rebuild that is broken off leaves a note, so that the tallies are added up again.
    """
    with _alone():
        Stale.objects.create(ticket=None)
        _remember_notes()
        _forget_deleted()
        seen, last = 0, 0
        while batch := _next_tickets(last):
            with transaction.atomic():
                look_at(batch)
            seen, last = seen + len(batch), batch[-1]
            yield seen
        with transaction.atomic():
            tallying.add_all()
            _delete_remembered_notes()


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


def _next_tickets(last: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM tickets_ticket WHERE id > %s ORDER BY id LIMIT %s", [last, BATCH]
        )
        return [pk for (pk,) in cursor.fetchall()]


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
