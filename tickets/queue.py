"""The queue: which tickets a list shows, in which order, and where one stands in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Value

from accounts.models import Agent
from common.keyset import Order, Page, Place, page_of
from common.numbers import whole_number
from common.prepared import prepared
from sla.models import ENDED, UNRESOLVED, Priority, Status
from tickets.models import Channel, ReadMark, Tag, Ticket
from tickets.tags import FOLDED_LENGTH, fold
from topics.exceptions import BadValues
from topics.models import Field
from topics.selectors import definitions
from topics.values import as_typed, read_values

PAGE = 50
NEXT_DUE = Order(("next_due_at",), is_ascending=True)
NEWEST_RESOLVED = Order(("resolved_at",), is_ascending=False)
# Where counting ends.
COUNTED = 1000
# Hours from now until the promised contact: from, before.
PROMISE_WINDOWS: dict[str, tuple[int, int | None]] = {
    "hour": (0, 1),
    "four_hours": (1, 4),
    "day": (4, 24),
    "later": (24, None),
}
# A longer address is nobody's.
LONGEST_QUERY = 600
# How fields are called in an address, and how long what is asked of them may be there: the rest of
# the address must fit beside it.
FIELD = "field."
LONGEST_VALUES = 300


@dataclass(frozen=True)
class QueueFilter:
    """Which tickets a queue shows. It is also its address: see `query`.

    Empty means any; `assignee`, `team` and `topic` are ids, `tag` is a name however it is written.
    `values` are the keys of fields and what they must say, as it is typed.
    """

    scope: str = "team"  # team, mine, unassigned
    state: str = "open"  # open, resolved, spam
    # late (any commitment, or news is asked for), broken (the promise), asked (for news), or a
    # window it is promised for.
    due: str = ""
    status: str = ""  # of open tickets only
    priority: str = ""
    channel: str = ""
    assignee: int | None = None
    team: int | None = None
    tag: str = ""
    topic: int | None = None
    care: str = ""  # yes: only of customers whom we let down last time
    values: tuple[tuple[str, str], ...] = ()

    SCOPES: ClassVar = ("team", "mine", "unassigned")
    STATES: ClassVar = ("open", "resolved", "spam")
    DUES: ClassVar = ("late", "broken", "asked", *PROMISE_WINDOWS)
    # How a form says in one field whose tickets it wants.
    ME: ClassVar = "me"
    NOBODY: ClassVar = "nobody"
    STATUSES: ClassVar = (Status.NEW, Status.OPEN, Status.PENDING_CUSTOMER, Status.ON_HOLD)

    @classmethod
    def read(cls, query: Mapping[str, Any]) -> QueueFilter:
        """From a query string; what is not known falls back to the whole open queue."""
        owners = {cls.ME: "mine", cls.NOBODY: "unassigned"}
        scope = owners.get(query.get("assignee", "")) or _one_of(cls.SCOPES, query.get("scope"))
        scope = scope or "team"
        state = _one_of(cls.STATES, query.get("state")) or "open"
        return cls(
            scope=scope,
            state=state,
            due=_one_of(cls.DUES, query.get("due")),
            status=_one_of(cls.STATUSES, query.get("status")) if state == "open" else "",
            priority=_one_of(Priority.values, query.get("priority")),
            channel=_one_of(Channel.values, query.get("channel")),
            # Only the whole queue can be cut down to somebody: "mine" says already whose.
            assignee=_id(query.get("assignee")) if scope == "team" else None,
            team=_id(query.get("team")),
            tag=_tag(query.get("tag")),
            topic=_topic(query.get("topic")),
            care=_one_of(("yes",), query.get("care")),
            values=_values(query),
        )

    @classmethod
    def parse(cls, address: str) -> QueueFilter:
        """From a query string as text, such as a saved view's or the list's one came from."""
        return cls.read(read_query(address))

    def query(self) -> str:
        """The filter as a query string, for links that keep it."""
        parts = {each.name: getattr(self, each.name) for each in fields(self)}
        said = {f"{FIELD}{key}": text for key, text in parts.pop("values")}
        return urlencode({name: value for name, value in (parts | said).items() if value})

    @property
    def is_cut_down(self) -> bool:
        """By more than whose, which and when."""
        return self != QueueFilter(scope=self.scope, state=self.state, due=self.due)

    def tickets(self, agent: Agent, *, now: datetime) -> QuerySet[Ticket]:
        """The tickets, in no order yet."""
        return Ticket.objects.visible_to(agent).filter(self.condition(agent, now=now))

    def condition(self, agent: Agent, *, now: datetime) -> Q:
        """What is asked of a ticket this agent may see."""
        asked = self.state_condition() & self.due_condition(now)
        if self.scope == "mine":
            asked &= Q(assignee=agent)
        elif self.scope == "unassigned":
            asked &= Q(assignee=None)
        for name in ("status", "priority", "channel", "assignee", "team", "topic"):
            if value := getattr(self, name):
                asked &= Q(**{name: value})
        if self.care:
            asked &= Q(let_down_before__isnull=False)
        if self.tag:
            labels = Ticket.tags.through.objects.filter(ticket=OuterRef("pk"))
            asked &= Q(Exists(labels.filter(tag__normalized=self.tag)))
        if self.values:
            # All of them in one question, which the index of the fields answers.
            said = read_values(definitions().fields_of(Field.Of.TICKET), dict(self.values))
            asked &= Q(fields__contains=said)
        return asked

    def state_condition(self) -> Q:
        """In the words of the indexes, which know of unresolved or not."""
        if self.state == "open":
            return Q(status__in=UNRESOLVED)
        hidden = {"resolved": [Status.SPAM, Status.MERGED], "spam": [*ENDED, Status.MERGED]}
        return ~Q(status__in=UNRESOLVED) & ~Q(status__in=hidden[self.state])

    def due_condition(self, now: datetime) -> Q:
        """Late is what is past its whole second: sla.md 2.9."""
        second = now.replace(microsecond=0)
        if self.due == "late":
            return Q(next_due_at__lt=second)
        if self.due == "broken":
            # What is due first is due no later than the promise: said for the index.
            return Q(next_contact_at__lt=second, next_due_at__lt=second)
        if self.due == "asked":
            return Q(chased_at__isnull=False)
        if self.due not in PROMISE_WINDOWS:
            return Q()
        start, end = PROMISE_WINDOWS[self.due]
        window = Q(next_contact_at__gte=second + timedelta(hours=start))
        return (
            window if end is None else window & Q(next_contact_at__lt=second + timedelta(hours=end))
        )


def read_query(address: str) -> dict[str, str]:
    """A query string taken apart; an overlong one counts as empty."""
    return dict(parse_qsl(address)) if len(address) <= LONGEST_QUERY else {}


def _one_of(known: Any, value: object) -> str:
    return str(value) if value in known else ""


def _tag(text: object) -> str:
    tag = fold(text) if isinstance(text, str) else ""
    return tag if len(tag) <= FOLDED_LENGTH else ""


def _id(text: object) -> int | None:
    """A positive id in plain digits; anything else means any."""
    return whole_number(text) or None


def _topic(text: object) -> int | None:
    pk = _id(text)
    return pk if pk and definitions().topic(pk) else None


def _values(query: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What is asked of the fields there are, each value written in one way. What a field does not
    take, and what an address has no room for, is asked of nobody."""
    found: dict[str, str] = {}
    for field in definitions().fields_of(Field.Of.TICKET) if _asks_fields(query) else ():
        typed = query.get(f"{FIELD}{field.key}", "")
        try:
            value = read_values([field], {field.key: typed})[field.key]
        except BadValues:
            continue
        more = found | {field.key: as_typed(value)}
        if value is not None and len(urlencode(more)) <= LONGEST_VALUES:
            found = more
    return tuple(found.items())


def _asks_fields(query: Mapping[str, Any]) -> bool:
    return any(name.startswith(FIELD) for name in query)


# A page of it ---------------------------------------------------------------------------------


ROW_FIELDS = (
    *("pk", "number", "subject", "status", "priority", "channel", "preview", "is_last_word_ours"),
    *("next_due_at", "next_due_kind", "next_contact_at", "updated_at", "resolved_at", "revision"),
    *("customer__name", "customer_id", "customer__organization__name", "customer__is_vip"),
    *("chased_at", "let_down_before_id"),
    *("assignee__name", "assignee_id", "team__name", "unanswered_since"),
)


def queue_page(
    chosen: QueueFilter, *, agent: Agent, now: datetime, after: str = ""
) -> Page[dict[str, Any]]:
    """One page of the queue by keyset, in one query: due first, or newest resolved first.

    Which rows they are is found in the index alone. Asked for all of them at once, PostgreSQL, which
    cannot know that what is due first goes with the promise, expects a few and sorts thousands.
    """
    order = order_of(chosen)
    place = order.read(after)
    found = chosen.tickets(agent, now=now).filter(order.beyond(place) if place else Q())
    keys = found.order_by(*order.forward).values("pk")[: PAGE + 1]
    rows = Ticket.objects.filter(pk__in=keys).values(
        *ROW_FIELDS, tag_names=_tag_names(), is_unread=_is_unread(agent)
    )
    return page_of(rows, order, after=after, size=PAGE)


def order_of(chosen: QueueFilter) -> Order:
    """What is due next first; of what is done, the newest first."""
    return NEXT_DUE if chosen.state == "open" else NEWEST_RESOLVED


def _tag_names() -> ArraySubquery:
    """In the same query as the rows: fifty rows ask no fifty questions."""
    return ArraySubquery(Tag.objects.filter(tickets=OuterRef("pk")).order_by("name").values("name"))


def _is_unread(agent: Agent) -> Q:
    """Something was said since this agent opened the ticket, or they never have."""
    seen = ReadMark.objects.filter(
        ticket=OuterRef("pk"), agent=agent, entry_count__gte=OuterRef("entry_count")
    )
    return Q(~Exists(seen))


class _NumberOf(Subquery):
    """How many rows a query finds."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) found)"
    output_field = IntegerField()
    empty_result_set_value = 0


def queue_counts(
    agent: Agent, *, now: datetime, filters: Iterable[QueueFilter]
) -> dict[QueueFilter, int]:
    """How many tickets each of these queues shows, in one query; COUNTED means so many or more.

    Nobody works off a thousand, and to tell a thousand from ten would read all open tickets at each
    look. Of open tickets only: what is done grows for ever, and nobody waits for its number.
    """
    counted = [chosen for chosen in dict.fromkeys(filters) if chosen.state == "open"]
    # In order, so that the index of the queue is read and never the table from its start.
    found = [
        chosen.tickets(agent, now=now).order_by(*order_of(chosen).forward).values("pk")[:COUNTED]
        for chosen in counted
    ]
    numbers = Agent.objects.filter(pk=agent.pk).values_list(*map(_NumberOf, found)).get()
    return dict(zip(counted, numbers, strict=True))


def next_in_queue(
    chosen: QueueFilter, *, agent: Agent, now: datetime, without: str = ""
) -> Ticket | None:
    """What is due next, other than the ticket of the number `without`."""
    tickets = chosen.tickets(agent, now=now).order_by("next_due_at", "pk")
    if (number := whole_number(without)) is not None:
        tickets = tickets.exclude(number=number)
    return tickets.first()


@dataclass(frozen=True)
class Neighbours:
    """The numbers of the tickets before and after one in a list."""

    previous: int | None
    following: int | None


def neighbours(chosen: QueueFilter, ticket: Ticket, *, agent: Agent, now: datetime) -> Neighbours:
    """What stands beside a ticket, in one query; beside one that has left the list, its start."""
    order = order_of(chosen)
    place = order.place_of(ticket)
    if None in place:
        others = chosen.tickets(agent, now=now).order_by(*order.forward).exclude(pk=ticket.pk)
        return Neighbours(previous=None, following=others.values_list("number", flat=True).first())
    if chosen == QueueFilter():
        teams = None if agent.sees_everything else agent.team_ids
        found = dict(_beside_in_all(teams, *place))
    else:
        found = dict(_beside(chosen.tickets(agent, now=now), order, place))
    return Neighbours(previous=found.get("previous"), following=found.get("following"))


@prepared
def _beside_in_all(
    teams: tuple[int, ...] | None, at: datetime, pk: int
) -> QuerySet[Ticket, tuple[str, int]]:
    """In the list that everybody works from."""
    tickets = Ticket.objects.unresolved()
    seen = tickets if teams is None else tickets.filter(team__in=teams)
    return _beside(seen, NEXT_DUE, (at, pk))


def _beside(
    tickets: QuerySet[Ticket], order: Order, place: Place
) -> QuerySet[Ticket, tuple[str, int]]:
    before = tickets.order_by(*order.reversed.forward).filter(order.reversed.beyond(place))
    after = tickets.order_by(*order.forward).filter(order.beyond(place))
    return _first(before, "previous").union(_first(after, "following"), all=True)


def _first(tickets: QuerySet[Ticket], side: str) -> QuerySet[Ticket, tuple[str, int]]:
    return tickets.annotate(side=Value(side)).values_list("side", "number")[:1]
