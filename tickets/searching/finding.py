"""Tickets that say what was asked for, the newest match first.

The index knows pairs of characters and beginnings of words; whether a text really says a word is
compared here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg2.errors import QueryCanceled

from accounts.models import Agent
from common.tokens import fold
from tickets.models import Ticket
from tickets.searching.plans import SUBJECTS, Hit, Plan, Position
from tickets.searching.query import Query

PAGE = 25
MOST_BATCHES = 2

SAID = """
SELECT entry.ticket_id, entry.at, entry.id, entry.kind,
  coalesce(message.body, note.body, letter.body, entry.text)
FROM tickets_searchentry entry
LEFT JOIN tickets_message message ON entry.kind = 'message' AND message.id = entry.source_id
LEFT JOIN tickets_note note ON entry.kind = 'note' AND note.id = entry.source_id
LEFT JOIN tickets_thirdpartyletter letter ON entry.kind = 'outside' AND letter.id = entry.source_id
WHERE entry.ticket_id = ANY(%s) AND (entry.tokens @@ %s::tsquery OR entry.kind = 'subject')
ORDER BY entry.at DESC, entry.id DESC
"""


@dataclass(frozen=True)
class Match:
    """A ticket that says what was asked for, and where it says so last."""

    ticket_id: int
    position: Position
    kind: str
    text: str


@dataclass(frozen=True)
class Found:
    """A page of matches. `older` is where the next one begins; empty on the last.

    `is_cut` says that the time was up, and that there may be more.
    """

    matches: list[Match]
    older: str = ""
    is_cut: bool = False


class Entry(NamedTuple):
    """One thing that a ticket says."""

    position: Position
    kind: str
    text: str
    folded: str


def find(query: Query, *, agent: Agent, now: datetime, after: str = "") -> Found:
    """One page of the tickets this agent may see.

    `after` is the `older` of the page before; anything unreadable means the first page.
    """
    search = _Search(query, after)
    if query.is_empty:
        return Found([])
    try:
        # The time limit ends with the transaction.
        with transaction.atomic(), connection.cursor() as cursor:
            search.run(cursor, agent, now=now)
    except EmptyResultSet:
        return Found([])
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        return Found(search.matches[:PAGE], is_cut=True)
    return search.found()


class _Search:
    """One search while it runs, so that what was found is there when the time is up."""

    def __init__(self, query: Query, after: str) -> None:
        self.query = query
        self.lead, self.position = _read(after, words=len(query.wanted))
        self.is_over = False
        self.matches: list[Match] = []

    def run(self, cursor: CursorWrapper, agent: Agent, *, now: datetime) -> None:
        tickets = Ticket.objects.visible_to(agent).filter(self.query.condition(agent, now=now))
        is_narrow = self.query.has_conditions or not agent.sees_everything
        plan = Plan(cursor, self.query.wanted, tickets if is_narrow else None, self.lead)
        self.lead, self.is_over = plan.lead, plan.is_over
        for _ in range(MOST_BATCHES):
            if self.is_over or len(self.matches) > PAGE:
                break
            hits = plan.next_hits(self.position)
            self.matches += self._confirmed(cursor, hits)
            self.is_over = plan.is_over
            if hits:
                self.position = hits[-1].position

    def found(self) -> Found:
        """A page that is full ends with its last ticket, another where the looking ended."""
        if len(self.matches) > PAGE:
            older = _written(self.lead, self.matches[PAGE - 1].position)
            return Found(self.matches[:PAGE], older=older)
        return Found(self.matches, "" if self.is_over else _written(self.lead, self.position))

    def _confirmed(self, cursor: CursorWrapper, hits: Sequence[Hit]) -> list[Match]:
        """The tickets that really say all that is wanted, and nothing unwanted.

        Each stands at the newest entry that says the leading word, and so on one page only.
        """
        said = self._said(cursor, list({hit.ticket_id for hit in hits}))
        matches = []
        for hit in hits:
            entries = said[hit.ticket_id]
            newest = next((each for each in entries if self._leads(each)), None)
            if newest and newest.position == hit.position and self._holds(entries):
                matches.append(Match(hit.ticket_id, hit.position, newest.kind, newest.text))
        return matches

    def _said(self, cursor: CursorWrapper, ticket_ids: list[int]) -> dict[int, list[Entry]]:
        """What may matter of what these tickets say, the newest first."""
        said: dict[int, list[Entry]] = defaultdict(list)
        if ticket_ids:
            any_word = " | ".join(f"({term.index_query})" for term in self.query.terms)
            cursor.execute(SAID, [ticket_ids, any_word])
            for ticket_id, at, pk, kind, text in cursor.fetchall():
                said[ticket_id].append(Entry(Position(at, pk), kind, text, fold(text)))
        return said

    def _leads(self, entry: Entry) -> bool:
        if self.lead == SUBJECTS:
            return entry.kind == "subject"
        return self.query.wanted[self.lead or 0].is_in(entry.folded, entry.kind)

    def _holds(self, entries: list[Entry]) -> bool:
        return all(
            term.is_excluded != any(term.is_in(entry.folded, entry.kind) for entry in entries)
            for term in self.query.terms
        )


def _written(lead: int | None, position: Position | None) -> str:
    return f"{lead}_{position.at.isoformat()}_{position.pk}" if position else ""


def _read(after: str, *, words: int) -> tuple[int | None, Position | None]:
    try:
        lead, at, pk = after.split("_")
        position = Position(datetime.fromisoformat(at), int(pk))
        is_known = (0 <= int(lead) < words) if words else int(lead) == SUBJECTS
    except ValueError:
        return None, None
    return (int(lead), position) if is_known and position.at.tzinfo else (None, None)
