"""The effort of a ticket in words, from what its page has read anyway."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sla.models import ENDED
from tickets import effort
from tickets.cleanliness import in_words
from tickets.effort import BY_CUSTOMER, Line, Said
from tickets.models import Ticket
from tickets.selectors import Entry
from tickets.surroundings import Surroundings


@dataclass(frozen=True)
class EffortWords:
    """The score, what it is made of, and of a ticket that has ended, where it fell short."""

    score: int
    lines: list[Line]
    is_judged: bool
    shortfalls: str

    @property
    def is_capped(self) -> bool:
        return sum(line.points for line in self.lines) > self.score


def effort_of(
    ticket: Ticket, entries: Iterable[Entry], around: Surroundings, *, now: datetime
) -> EffortWords:
    """What tickets.effort.parts_of would find, without asking for it."""
    told = list(entries)
    messages = [entry.message for entry in told if entry.message]
    parts = effort.counted(
        said=[
            Said(each.channel, each.meaning)
            for each in messages
            if all(getattr(each, name) == value for name, value in BY_CUSTOMER.items())
        ],
        happened=[(entry.event_kind, entry.facts) for entry in told if entry.event_kind],
        asked=around.asked_count,
        promised=around.promised,
        now=now,
    )
    return EffortWords(
        score=effort.score(parts, around.weights),
        lines=effort.lines(parts, around.weights),
        is_judged=ticket.status in ENDED and not ticket.awaits_judgement,
        shortfalls=in_words(ticket.shortfalls),
    )
