"""Which entries may match, the newest first, in bounded time.

Which plan PostgreSQL takes matters as much as the index. Left alone, it walks all entries from the
newest back whenever it believes a word to be common, which takes seconds when it is not. So the
plan is chosen here, and nowhere else:

1. Count the matches of each word up to a cap. Below it, take them all from the index and sort them.
2. At the cap, look through the newest entries only, and stop when there are enough.
3. When these do not hold enough, take all matches from the index after all.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from django.db.backends.utils import CursorWrapper
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from tickets.models import SearchEntry, Ticket
from tickets.searching.query import Term

BATCH = 100
# Fewer matches than this are cheap to take and to sort.
CAP = 2_000
# How many of the newest entries are looked through for what is common.
NEWEST = 100_000
TIME_LIMIT = "2s"
SUBJECTS = -1

# OFFSET 0 keeps PostgreSQL from planning a part together with what is around it.
TAKE_ALL = """
WITH taken AS MATERIALIZED (
    SELECT id, ticket_id, at FROM tickets_searchentry hit WHERE {lead} AND {older} AND {tickets}
)
SELECT ticket_id, at, id FROM (SELECT * FROM taken ORDER BY at DESC, id DESC OFFSET 0) hit
WHERE {checks} ORDER BY at DESC, id DESC LIMIT %s
"""
LOOK_THROUGH = """
SELECT ticket_id, at, id FROM (
    SELECT id, ticket_id, at, kind, tokens FROM tickets_searchentry hit WHERE {older}
    ORDER BY at DESC, id DESC LIMIT %s
) hit
WHERE {lead} AND {checks} ORDER BY at DESC, id DESC LIMIT %s
"""
COUNT = "(SELECT count(*) FROM (SELECT 1 FROM {rows} LIMIT %s) counted)"
ALSO_SAYS = """EXISTS (
    SELECT 1 FROM tickets_searchentry hit_too WHERE hit_too.ticket_id = hit.ticket_id
    AND tokens @@ %s::tsquery AND kind = ANY(%s) OFFSET 0
)"""


class Position(NamedTuple):
    """A place in the order of entries, which is by time."""

    at: datetime
    pk: int


class Hit(NamedTuple):
    ticket_id: int
    position: Position


class Part(NamedTuple):
    """A piece of SQL and its parameters."""

    sql: str
    parameters: list[Any]


ANY = Part("TRUE", [])


class Plan:
    """How the hits of one search are read, a batch at a time.

    The matches of one wanted word, `lead`, order the tickets: of the rarest, unless a page before
    has chosen. Without any wanted word the subjects do. `tickets` None means all there are.
    """

    def __init__(
        self,
        cursor: CursorWrapper,
        wanted: list[Term],
        tickets: QuerySet[Ticket] | None,
        lead: int | None,
    ) -> None:
        """Raises EmptyResultSet when no ticket can be meant."""
        self.cursor = cursor
        self.wanted = wanted
        self.tickets, self.is_one_of_them = ANY, ANY
        if tickets is not None:
            self.tickets = _selected(tickets)
            chosen = _selected(tickets.filter(pk=RawSQL("hit.ticket_id", ())))
            self.is_one_of_them = Part(f"EXISTS ({chosen.sql} OFFSET 0)", chosen.parameters)
        *matches, narrow = self._counts()
        if lead is None:
            lead = matches.index(min(matches)) if matches else SUBJECTS
        self.lead = lead
        self.is_over = 0 in (*matches, narrow)
        self.begins_with_tickets = narrow < CAP
        self.takes_all = self.begins_with_tickets or min(matches, default=CAP) < CAP

    def next_hits(self, after: Position | None) -> list[Hit]:
        """The next batch; afterwards `is_over` says whether it was the last."""
        found = self._take_all(after) if self.takes_all else self._look_through(after)
        is_short = len(found) < BATCH
        self.is_over = self.takes_all and is_short
        self.takes_all = self.takes_all or is_short
        return found

    def _counts(self) -> list[int]:
        """Of each wanted word and of the tickets, up to the cap. From here on the time is limited."""
        rows = [
            Part(f"tickets_searchentry WHERE {p.sql}", p.parameters)
            for p in map(_says, self.wanted)
        ]
        if self.tickets is not ANY:
            rows.append(Part(f"({self.tickets.sql}) narrow", self.tickets.parameters))
        counts = ", ".join(["0", *(COUNT.format(rows=part.sql) for part in rows)])
        parameters = [value for part in rows for value in (*part.parameters, CAP)]
        self.cursor.execute(
            f"SELECT set_config('statement_timeout', %s, true), {counts}",
            [TIME_LIMIT, *parameters],
        )
        found = list(self.cursor.fetchone()[2:])
        return found if self.tickets is not ANY else [*found, CAP]

    def _take_all(self, after: Position | None) -> list[Hit]:
        lead, older = self._lead(), _older(after)
        tickets = ANY
        if self.begins_with_tickets:
            tickets = Part(f"hit.ticket_id IN ({self.tickets.sql})", self.tickets.parameters)
        checks = self._checks(with_tickets=not self.begins_with_tickets)
        return self._read(
            TAKE_ALL.format(lead=lead.sql, older=older.sql, tickets=tickets.sql, checks=checks.sql),
            [*lead.parameters, *older.parameters, *tickets.parameters, *checks.parameters, BATCH],
        )

    def _look_through(self, after: Position | None) -> list[Hit]:
        lead, older, checks = self._lead(), _older(after), self._checks(with_tickets=True)
        return self._read(
            LOOK_THROUGH.format(lead=lead.sql, older=older.sql, checks=checks.sql),
            [*older.parameters, NEWEST, *lead.parameters, *checks.parameters, BATCH],
        )

    def _read(self, sql: str, parameters: list[Any]) -> list[Hit]:
        self.cursor.execute(sql, parameters)
        return [Hit(ticket, Position(at, pk)) for ticket, at, pk in self.cursor.fetchall()]

    def _lead(self) -> Part:
        return (
            Part("kind = 'subject'", []) if self.lead == SUBJECTS else _says(self.wanted[self.lead])
        )

    def _checks(self, *, with_tickets: bool) -> Part:
        """What else holds of the ticket: that it is meant at all, and says the other words."""
        others = [term for number, term in enumerate(self.wanted) if number != self.lead]
        checks = [Part(ALSO_SAYS, [term.index_query, list(term.kinds)]) for term in others]
        if with_tickets:
            checks.insert(0, self.is_one_of_them)
        return Part(
            " AND ".join([ANY.sql, *(check.sql for check in checks)]),
            [value for check in checks for value in check.parameters],
        )


def _says(term: Term) -> Part:
    if len(term.kinds) == len(SearchEntry.Kind):
        return Part("tokens @@ %s::tsquery", [term.index_query])
    return Part("tokens @@ %s::tsquery AND kind = ANY(%s)", [term.index_query, list(term.kinds)])


def _older(after: Position | None) -> Part:
    return Part("(at, id) < (%s, %s)", list(after)) if after else ANY


def _selected(tickets: QuerySet[Ticket]) -> Part:
    sql, parameters = tickets.order_by().values("pk").query.sql_with_params()
    return Part(sql, list(parameters))
