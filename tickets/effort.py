"""How much work a ticket was for its customer, without asking them (features.md X7).

Only what happened counts: messages, events, what was asked of the customer, and promises. So the
score can be made again at any time, and every point of it has a line that says what it is for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import ngettext

from sla.engine.commitments import KEPT_BY_PEOPLE
from sla.models import Commitment, Kind
from tickets.events import EventKind
from tickets.models import CustomerTask, EffortWeights, Message, Ticket, TicketEvent

MOST = 100
# The names of what has points: EffortWeights.
WEIGHTS = (
    *("contact", "hand_over", "asked_again", "channel_change", "chaser", "reopen"),
    "hour_late",
)
HOUR = 3600
# What the customer said themselves: no machine's word, and nothing that may be somebody else's.
BY_CUSTOMER: Mapping[str, Any] = {
    "direction": Message.Direction.INBOUND,
    "is_auto": False,
    "is_hidden": False,
}
# The ticket left somebody's hands. An assignment says itself whether anybody had it before.
GIVEN_ON = (EventKind.HANDED_OVER, EventKind.RELEASED, EventKind.WENT_BACK)
COUNTED = (*GIVEN_ON, EventKind.ASSIGNED, EventKind.REOPENED, EventKind.TAKEN_BACK)


@dataclass(frozen=True)
class Parts:
    """What happened on a ticket that was work for its customer.

    `contacts` are their messages beyond the first, but for a bare thanks; `asked_again` is what we
    asked of them beyond the first; `seconds_late` is the sum by which contact came after the time
    that was promised, in wall time.
    """

    contacts: int = 0
    hand_overs: int = 0
    asked_again: int = 0
    channel_changes: int = 0
    chasers: int = 0
    reopens: int = 0
    seconds_late: int = 0
    broken_promises: int = 0

    @property
    def hours_late(self) -> int:
        """Each hour that has begun."""
        return -(-self.seconds_late // HOUR)


class Said(NamedTuple):
    """A message of the customer."""

    channel: str
    meaning: str


class Promised(NamedTuple):
    """A promise of people that was broken or is live."""

    due_at: datetime
    met_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True)
class Line:
    """One thing that counts, in words, and its points."""

    words: str
    points: int


def score(parts: Parts, weights: EffortWeights) -> int:
    """From 0, no more than one message, to 100: the points of all lines, and never more."""
    return min(MOST, sum(_points(parts, weights).values()))


def lines(parts: Parts, weights: EffortWeights) -> list[Line]:
    """What the score is made of, in the active language: a line for each thing that happened."""
    return [
        Line(WORDS[name](getattr(parts, name)) % {"number": getattr(parts, name)}, points)
        for name, points in _points(parts, weights).items()
        if getattr(parts, name)
    ]


def effort_weights() -> EffortWeights:
    """What holds now."""
    return EffortWeights.objects.filter(pk=1).first() or EffortWeights(pk=1)


def parts_of(ticket_ids: Collection[int], *, now: datetime | None = None) -> dict[int, Parts]:
    """The parts of each of these tickets by its key, in five queries. What happened on a ticket that
    was merged counts on the one it went into, and it has none of its own."""
    return parts_of_families(ticket_ids, families_of(ticket_ids), now=now or timezone.now())


def families_of(ticket_ids: Collection[int]) -> dict[int, int]:
    """These tickets and those merged into them, each with the ticket on which it counts."""
    here = Ticket.objects.filter(Q(pk__in=ticket_ids) | Q(merged_into__in=ticket_ids))
    return {pk: into or pk for pk, into in here.values_list("pk", "merged_into")}


def parts_of_families(
    ticket_ids: Collection[int], families: Mapping[int, int], *, now: datetime
) -> dict[int, Parts]:
    """The same in four queries, when the families are known."""
    said, happened = _by_family(_said(families), families), _by_family(_facts(families), families)
    promised = _by_family(_promised(families), families)
    asked: dict[int, int] = defaultdict(int)
    for ticket, number in _asked(families):
        asked[families[ticket]] += number
    return {
        pk: counted(
            said=[Said(*row) for row in said[pk]],
            happened=happened[pk],
            asked=asked[pk],
            promised=[Promised(*row) for row in promised[pk]],
            now=now,
        )
        for pk in ticket_ids
    }


def counted(
    *,
    said: Iterable[Said],
    happened: Iterable[tuple[str, Mapping[str, Any]]],
    asked: int,
    promised: Iterable[Promised],
    now: datetime,
) -> Parts:
    """The parts of what happened on one ticket and on those merged into it, in order.

    `happened` are events as (kind, facts); `asked` is how many things were asked of the customer.
    """
    needed = [each for each in said if each.meaning != Message.Meaning.THANKS]
    channels = [each.channel for each in needed]
    events = list(happened)
    late = [seconds for each in promised if (seconds := seconds_late(each, now=now)) > 0]
    return Parts(
        contacts=max(0, len(needed) - 1),
        hand_overs=sum(is_hand_over(kind, facts) for kind, facts in events),
        asked_again=max(0, asked - 1),
        channel_changes=sum(one != other for one, other in pairwise(channels)),
        chasers=sum(each.meaning == Message.Meaning.CHASER for each in needed),
        reopens=sum(_reopening(kind, facts) for kind, facts in events),
        seconds_late=sum(late),
        broken_promises=len(late),
    )


def is_hand_over(kind: str, facts: Mapping[str, Any]) -> bool:
    """Whether with this event somebody else came to have the ticket, or nobody any more."""
    return bool(facts.get("is_hand_over", kind in GIVEN_ON))


def seconds_late(promise: Promised, *, now: datetime) -> int:
    """How long after the promised time the contact came, or the wait ended; until now, while it
    goes on. Not above zero: it is not broken."""
    until = promise.met_at or promise.ended_at or now
    return int((until - promise.due_at).total_seconds())


def _reopening(kind: str, facts: Mapping[str, Any]) -> int:
    """A reply that reopened a ticket and was taken back never did."""
    if kind == EventKind.TAKEN_BACK:
        return -bool(facts.get("is_reopening"))
    return int(kind == EventKind.REOPENED)


def _points(parts: Parts, weights: EffortWeights) -> dict[str, int]:
    """In the order in which they are told."""
    return {
        "contacts": parts.contacts * weights.contact,
        "hand_overs": parts.hand_overs * weights.hand_over,
        "asked_again": parts.asked_again * weights.asked_again,
        "channel_changes": parts.channel_changes * weights.channel_change,
        "chasers": parts.chasers * weights.chaser,
        "reopens": parts.reopens * weights.reopen,
        "hours_late": parts.hours_late * weights.hour_late,
    }


WORDS: dict[str, Callable[[int], str]] = {
    "contacts": lambda n: ngettext("%(number)s further message", "%(number)s further messages", n),
    "hand_overs": lambda n: ngettext("%(number)s hand-over", "%(number)s hand-overs", n),
    "asked_again": lambda n: ngettext(
        "%(number)s thing asked again", "%(number)s things asked again", n
    ),
    "channel_changes": lambda n: ngettext(
        "%(number)s change of channel", "%(number)s changes of channel", n
    ),
    "chasers": lambda n: ngettext("asked for news once", "asked for news %(number)s times", n),
    "reopens": lambda n: ngettext("reopened once", "reopened %(number)s times", n),
    "hours_late": lambda n: ngettext(
        "%(number)s hour begun beyond what was promised",
        "%(number)s hours begun beyond what was promised",
        n,
    ),
}


# What is read ------------------------------------------------------------------------------------


def _by_family(
    rows: Iterable[tuple[Any, ...]], families: Mapping[int, int]
) -> dict[int, list[Any]]:
    """The rows by the ticket on which they count; each begins with the one they stand on."""
    found: dict[int, list[Any]] = defaultdict(list)
    for ticket, *row in rows:
        found[families[ticket]].append(row)
    return found


def _said(tickets: Iterable[int]) -> QuerySet[Message, tuple[Any, ...]]:
    messages = Message.objects.filter(ticket__in=list(tickets), **BY_CUSTOMER)
    return messages.order_by("sent_at", "pk").values_list("ticket", "channel", "meaning")


def _facts(tickets: Iterable[int]) -> QuerySet[TicketEvent, tuple[Any, ...]]:
    events = TicketEvent.objects.filter(ticket__in=list(tickets), kind__in=COUNTED)
    return events.order_by("at", "pk").values_list("ticket", "kind", "facts")


def _asked(tickets: Iterable[int]) -> QuerySet[CustomerTask, tuple[Any, ...]]:
    asked = CustomerTask.objects.filter(ticket__in=list(tickets)).order_by()
    return asked.values("ticket").values_list("ticket", Count("pk"))


def _promised(tickets: Iterable[int]) -> QuerySet[Commitment, tuple[Any, ...]]:
    promises = broken_or_live().filter(clock__ticket__in=list(tickets))
    return promises.values_list("clock__ticket", "due_at", "met_at", "ended_at")


def broken_or_live() -> QuerySet[Commitment]:
    """The promises that only people keep, and that they did not keep or owe still."""
    of_people = Commitment.objects.filter(kind=Kind.PROMISE, source__in=KEPT_BY_PEOPLE)
    return of_people.filter(Q(state=Commitment.State.BREACHED) | Q(ended_at=None))
