"""Tickets by the hundred thousand, in the shape of a desk in use, by COPY.

One ticket in twelve is open, and one open promise in eight is broken. Half of the customers write
Japanese. They go to all teams and topics there are; of those that are solved some were given on,
asked after, reopened and rated, and one promise in ten was not kept. The same seed makes the same
tickets, relative to the moment they are made.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from io import StringIO
from random import Random
from typing import Any

from django.db import connection, models, transaction

from accounts.models import Agent, Team
from common.tokens import tokens
from customers.models import ContactPoint, Customer
from helpdesk.load.words import ENGLISH, JAPANESE, MARKED, NEWS, Language
from sla.models import Clock, ClockEvent, Commitment, PolicyVersion, Priority, Status
from sla.working_time import epoch_seconds
from tickets.models import (
    Channel,
    CustomerTask,
    Message,
    Note,
    Rating,
    SearchEntry,
    Ticket,
    TicketEvent,
)
from tickets.services.recording import preview_of
from topics.models import Topic

DIGIT = re.compile("[0-9]")
# Tickets in one transaction: foreign keys are checked at its end, and remembered until then.
BATCH = 10_000
TICKETS_OF_A_CUSTOMER = 4
# From here on it pays to build the index of tokens anew instead of adding to it.
MANY = 50_000
COLUMNS: dict[type[models.Model], str] = {
    Customer: "id name language time_zone created_at",
    ContactPoint: "id customer_id kind value normalized created_at",
    Clock: "id customer_id team_id owner_id policy_version_id priority status label path",
    ClockEvent: "id clock_id at type data",
    Commitment: "id clock_id kind cycle state source policy_version_id started_at due_at met_at"
    " breached_at detected_at ended_at end_reason schedule next_check_at failures used_seconds",
    Ticket: "id number customer_id clock_id team_id assignee_id status priority channel subject"
    " reply_address language next_due_at next_due_kind next_contact_at opened_at updated_at"
    " resolved_at preview is_last_word_ours reopen_count revision entry_count topic_id"
    " chaser_count hand_over_count",
    TicketEvent: "id ticket_id kind at agent_id facts",
    Message: "id ticket_id direction channel customer_id agent_id body sent_at meaning",
    CustomerTask: "id ticket_id thing asked_at ended_at ending reminders",
    Rating: "id ticket_id kind value comment asked_at answered_at recovery_words",
    Note: "id ticket_id agent_id body written_at",
    SearchEntry: "id ticket_id kind at source_id text tokens",
}
STATUSES = [Status.NEW, Status.OPEN, Status.OPEN, Status.PENDING_CUSTOMER, Status.ON_HOLD]
CHANNELS = [Channel.WEB] * 5 + [Channel.EMAIL] * 4 + [Channel.PHONE]
PRIORITIES = [Priority.NORMAL] * 8 + [Priority.HIGH, Priority.LOW]


def generate_load(count: int, *, seed: int, now: datetime) -> None:
    """Add `count` tickets with all that belongs to them, and bring statistics up to date."""
    generator = _Generator(Random(seed), now=now)  # noqa: S311 - it must be repeatable
    index = next(index for index in SearchEntry._meta.indexes if index.name == "search_tokens")  # noqa: SLF001
    is_large = count >= MANY
    if is_large:
        with connection.schema_editor() as editor:
            editor.remove_index(SearchEntry, index)
    try:
        for start in range(0, count, BATCH):
            generator.write(min(BATCH, count - start))
    finally:
        if is_large:
            _build(index)
    _analyze()


@transaction.atomic
def _analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("ANALYZE")


@transaction.atomic
def _build(index: models.Index) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
    with connection.schema_editor() as editor:
        editor.add_index(SearchEntry, index)


@dataclass(frozen=True)
class _Person:
    pk: int
    language: Language
    name: str
    email: str


@dataclass(frozen=True)
class _Place:
    """A team with whoever works in it, by key and name, and what is asked there."""

    team: int
    agents: Sequence[tuple[int | None, str]]
    topics: Sequence[int | None]


def _places() -> list[_Place]:
    """All teams that have somebody in them; if there is none, the one that gets what is nobody's."""
    places = []
    for team in Team.objects.order_by("-is_default", "pk"):
        agents = Agent.objects.filter(memberships__team=team, is_active=True).order_by("pk")
        topics = Topic.objects.filter(team=team, is_active=True).values_list("pk", flat=True)
        found = list(agents.values_list("pk", "name"))
        if found or team.is_default:
            places.append(_Place(team.pk, found or [(None, "")], list(topics) or [None]))
    return [place for place in places if place.agents[0][0]] or places[:1]


@dataclass
class _Generator:
    """Rows are collected as the text that COPY reads, then written table by table."""

    random: Random
    now: datetime
    places: list[_Place] = field(default_factory=_places)
    rows: dict[type[models.Model], list[str]] = field(default_factory=dict)
    next_ids: dict[type[models.Model], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.policy = PolicyVersion.objects.filter(policy__is_default=True).latest("pk").pk

    def write(self, count: int) -> None:
        """Add so many tickets in one transaction."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
            self.rows = {model: [] for model in COLUMNS}
            self.next_ids = {model: _next_id(cursor, model) for model in COLUMNS}
            cursor.execute("SELECT nextval('ticket_number')")
            first = cursor.fetchone()[0]
            people = [self._person() for _ in range(-(-count // TICKETS_OF_A_CUSTOMER))]
            for number in range(first, first + count):
                self._ticket(number, self.random.choice(people))
            cursor.execute("SELECT setval('ticket_number', %s)", [first + count])
            for model, lines in self.rows.items():
                _copy(cursor, model, lines)
                if lines:
                    _set_sequence(cursor, model, self.next_ids[model])

    def _person(self) -> _Person:
        choose = self.random.choice
        language = choose([JAPANESE, ENGLISH])
        name = language.name(choose(language.family_names), choose(language.given_names))
        pk = self.next_ids[Customer]
        person = _Person(pk, language, name, f"customer{pk}@mail{pk % 97}.example")
        code = "ja" if language is JAPANESE else "en"
        self._add(Customer, name, code, "Asia/Tokyo", self.now)
        self._add(ContactPoint, pk, "email", person.email, person.email, self.now)
        return person

    def _ticket(self, number: int, person: _Person) -> None:
        random, choose = self.random, self.random.choice
        is_open = random.random() < 1 / 12
        # What is open is recent; the rest lies anywhere in two years.
        hours = random.uniform(1, 14 * 24) if is_open else random.uniform(24, 730 * 24)
        opened_at = self.now - timedelta(seconds=int(hours * 3600))
        status = choose(STATUSES) if is_open else Status.RESOLVED
        place = choose(self.places)
        agent, name = (None, "") if status == Status.NEW else choose(place.agents)
        due_at, priority, channel = self._due_at(is_open), choose(PRIORITIES), choose(CHANNELS)
        subject = choose(person.language.subjects).format(thing=choose(person.language.things))
        ticket, clock = self.next_ids[Ticket], self.next_ids[Clock]
        self._add(
            Clock, person.pk, place.team, agent, self.policy, priority, status,
            f"#{number} {subject}", f"/desk/tickets/{number}/",
        )  # fmt: skip
        said, chasers = self._conversation(ticket, person, agent, status, opened_at, channel)
        ended_at = None if is_open else said[-1][1]
        self._log(clock, status, priority, opened_at, due_at, said)
        self._promise(clock, opened_at, due_at, ended_at, said)
        hand_overs, reopens = 0, 0
        if ended_at:
            hand_overs = self._hand_overs(ticket, place, agent, name, opened_at)
            reopens = self._later(ticket, person.language, opened_at, ended_at, said)
        self._index(ticket, "subject", opened_at, None, [subject], subject)
        customer = f"{person.name}\n{person.email}"
        self._index(ticket, "customer", opened_at, None, customer.split("\n"), customer)
        self._add(
            Ticket, number, person.pk, clock, place.team, agent, status, priority, channel,
            subject, person.email, "ja" if person.language is JAPANESE else "en", due_at,
            "promise" if is_open else "", due_at, opened_at, said[-1][1], ended_at,
            preview_of(said[-1][2]), len(said) > 1 and status != Status.OPEN, reopens, 1, len(said),
            choose(place.topics), chasers, hand_overs,
        )  # fmt: skip

    def _due_at(self, is_open: bool) -> datetime | None:
        """The live promise: one in eight is past, the others lie within two days."""
        if not is_open:
            return None
        minutes = self.random.randint(10, 2 * 24 * 60)
        is_broken = self.random.random() < 1 / 8
        return self.now + timedelta(minutes=-minutes if is_broken else minutes)

    def _conversation(
        self, ticket: int, person: _Person, agent: int | None, status: str, opened_at: datetime,
        channel: str,
    ) -> tuple[list[tuple[int, datetime, str]], int]:  # fmt: skip
        """Messages in turn and sometimes a note: (id, instant, text) of each message, and how many
        of them only ask for news."""
        length = 1 if status == Status.NEW else self._length(is_ours_last=status != Status.OPEN)
        step = min(timedelta(hours=5), (self.now - opened_at) / (length + 1))
        said, chasers, meaning = [], 0, ""
        for turn in range(length):
            is_inbound = turn % 2 == 0
            at = (opened_at + step * turn).replace(microsecond=0)
            if turn and is_inbound and turn < length - 1 and self.random.random() < 0.15:
                sentences, meaning = [NEWS[person.language is ENGLISH]], Message.Meaning.CHASER
                self._add(TicketEvent, ticket, "chased", at, None, '{"is_late": false}')
                chasers += 1
            else:
                sentences = self._sentences(person.language, is_inbound=is_inbound)
                meaning = ""
                if turn and is_inbound and self.random.random() < 0.1:
                    channel = self.random.choice(CHANNELS)
            body, pk = "\n".join(sentences), self.next_ids[Message]
            self._add(
                Message, ticket, "inbound" if is_inbound else "outbound", channel,
                person.pk if is_inbound else None, None if is_inbound else agent, body, at, meaning,
            )  # fmt: skip
            self._index(ticket, "message", at, pk, sentences)
            said.append((pk, at, body))
        if agent and self.random.random() < 0.25:
            self._note(ticket, person.language, agent, said[-1][1])
        return said, chasers

    def _length(self, *, is_ours_last: bool) -> int:
        """Two to eight messages, most often two to four; even when the last word is ours."""
        turns = self.random.choice([1, 1, 1, 2, 2, 3, 4])
        return 2 * turns if is_ours_last else 2 * min(turns, 3) + 1

    def _note(self, ticket: int, language: Language, agent: int, at: datetime) -> None:
        text = self._filled(language, language.notes)
        self._index(ticket, "note", at, self.next_ids[Note], [text])
        self._add(Note, ticket, agent, text, at)

    def _sentences(self, language: Language, *, is_inbound: bool) -> list[str]:
        choose, random = self.random.choice, self.random.random
        if not is_inbound:
            return [self._filled(language, language.answers) for _ in range(3)]
        sentences = [
            choose(language.greetings),
            self._filled(language, language.asks),
            *self.random.sample(language.details, 3),
        ]
        if random() < 0.3:
            order = f"{choose(['AB', 'QX', 'ZR'])}-{self.random.randint(100_000, 999_999)}"
            sentences.append(language.order.format(order=order))
        sentences += [
            said[language is ENGLISH] for rate, said in MARKED.items() if random() < 2 / rate
        ]
        return sentences

    def _filled(self, language: Language, sentences: Sequence[str]) -> str:
        return self.random.choice(sentences).format(thing=self.random.choice(language.things))

    def _log(
        self, clock: int, status: str, priority: str, opened_at: datetime,
        due_at: datetime | None, said: list[tuple[int, datetime, str]],
    ) -> None:  # fmt: skip
        """Enough of a log for the clock to go on from where it stands."""
        begun = {"policy": str(self.policy), "priority": priority, "origin": "customer"}
        self._add(ClockEvent, clock, opened_at, "create", json.dumps(begun))
        self._add(ClockEvent, clock, opened_at, "ack_sent", "{}")
        if status == Status.NEW:
            return
        pk, at, _text = said[1]
        promise = {"promise_at": epoch_seconds(due_at)} if due_at else {}
        answered = {"id": pk, "status_after": status, **promise}
        self._add(ClockEvent, clock, at, "outgoing", json.dumps(answered))

    def _promise(
        self, clock: int, opened_at: datetime, due_at: datetime | None, ended_at: datetime | None,
        said: list[tuple[int, datetime, str]],
    ) -> None:  # fmt: skip
        """Live, live and broken, or ended: kept, most often; and what was owed as a first reply."""
        state: tuple[object, ...]
        if len(said) > 1:
            self._first_reply(clock, opened_at, said[1][1])
        if due_at is None:
            self._ended_promises(clock, opened_at, ended_at or opened_at, said[1][1])
            return
        if due_at < self.now:
            state = ("breached", due_at, None, due_at, due_at, None, "", "[]", None)
        else:
            second = epoch_seconds(due_at) + 1
            steps = [[second, "breach", 0], [second, "escalate", 1], [second + 900, "escalate", 2]]
            check_at = due_at + timedelta(seconds=1)
            state = ("active", due_at, None, None, None, None, "", json.dumps(steps), check_at)
        word, *rest = state
        self._owe(clock, "promise", 1, word, opened_at, *rest)

    def _ended_promises(
        self, clock: int, opened_at: datetime, ended_at: datetime, answered_at: datetime
    ) -> None:
        """One in ten is broken, and one in four of those without a word; one in seven is renewed."""
        chance = self.random.random()
        if chance < 0.1 and ended_at - opened_at > timedelta(minutes=2):
            due_at = (opened_at + (ended_at - opened_at) * self.random.uniform(0.5, 0.99)).replace(
                microsecond=0
            )
            met_at, why = (None, "status") if chance < 0.025 else (ended_at, "met")
            broken = ("breached", opened_at, due_at, met_at, due_at, due_at, ended_at, why)
            self._owe(clock, "promise", 1, *broken, "[]", None)
            return
        cycle, since = 1, opened_at
        if chance > 0.85 and answered_at < ended_at:
            due_at = answered_at + timedelta(hours=1)
            kept = ("met", since, due_at, answered_at, None, None, answered_at, "met", "[]", None)
            self._owe(clock, "promise", 1, *kept)
            cycle, since = 2, answered_at
        due_at = ended_at + timedelta(hours=1)
        kept = ("met", since, due_at, ended_at, None, None, ended_at, "met", "[]", None)
        self._owe(clock, "promise", cycle, *kept)

    def _first_reply(self, clock: int, opened_at: datetime, answered_at: datetime) -> None:
        due_at = opened_at + timedelta(hours=self.random.randint(4, 24))
        is_late = due_at < answered_at
        broken_at = due_at if is_late else None
        word = "breached" if is_late else "met"
        used = int((answered_at - opened_at).total_seconds()) // 3
        times = (opened_at, due_at, answered_at, broken_at, broken_at, answered_at)
        self._owe(clock, "first_reply", 1, word, *times, "met", "[]", None, used=used)

    def _owe(
        self, clock: int, kind: str, cycle: int, state: object, *rest: object,
        used: int | None = None,
    ) -> None:  # fmt: skip
        """A commitment; the rest is when it began, was due and so on, as COLUMNS has it."""
        began, *later = rest
        source = "agent" if kind == "promise" else ""
        self._add(
            Commitment, clock, kind, cycle, state, source, self.policy, began, *later, 0, used
        )

    def _hand_overs(
        self, ticket: int, place: _Place, agent: int | None, name: str, opened_at: datetime
    ) -> int:
        """One ticket in eight is given on, one of four of these twice."""
        chance = self.random.random()
        number = 0 if chance > 0.12 else 1 + (chance < 0.03)
        for turn in range(number):
            giver, _name = self.random.choice(place.agents)
            facts = {"from": giver, "to": agent, "team": place.team, "to_name": name}
            at = opened_at + timedelta(minutes=2 + turn)
            told = json.dumps({**facts, "is_hand_over": True})
            self._add(TicketEvent, ticket, "handed_over", at, giver, told)
        return number

    def _later(
        self, ticket: int, language: Language, opened_at: datetime, ended_at: datetime,
        said: list[tuple[int, datetime, str]],
    ) -> int:  # fmt: skip
        """What else there is of one that is solved; how often it was reopened."""
        self._tasks(ticket, language, opened_at, ended_at)
        self._rating(ticket, ended_at)
        return self._reopening(ticket, said)

    def _reopening(self, ticket: int, said: list[tuple[int, datetime, str]]) -> int:
        """One in 25 of those with a second question was solved once before."""
        if len(said) < 4 or self.random.random() > 0.04:
            return 0
        self._add(TicketEvent, ticket, "reopened", said[2][1], None, "{}")
        return 1

    def _tasks(
        self, ticket: int, language: Language, opened_at: datetime, ended_at: datetime
    ) -> None:
        """Of one customer in twelve something was asked, of some of them a second time."""
        chance = self.random.random()
        number = 0 if chance > 0.08 else 1 + (chance < 0.03)
        for turn in range(number):
            at = opened_at + (ended_at - opened_at) / 3 * (turn + 1)
            thing = self.random.choice(language.things)
            self._add(CustomerTask, ticket, thing, at, at, "answered", 0)

    def _rating(self, ticket: int, ended_at: datetime) -> None:
        """One in six says how it was; most are content."""
        chance = self.random.random()
        if chance > 0.16:
            return
        kind, value = (
            ("csat", int(chance < 0.1))
            if chance < 0.12
            else ("effort", self.random.choice([1, 2, 3, 4, 4, 5, 5, 5]))
        )
        at = min(self.now, ended_at + timedelta(hours=2))
        self._add(Rating, ticket, kind, value, "", ended_at, at, "")

    def _index(
        self, ticket: int, kind: str, at: datetime, source: int | None,
        sentences: Sequence[str], text: str = "",
    ) -> None:  # fmt: skip
        """Sentences stand on lines of their own, so their tokens are those of the whole."""
        held = dict.fromkeys(token for sentence in sentences for token in _tokens(sentence))
        self._add(SearchEntry, ticket, kind, at, source, text, " ".join(held))

    def _add(self, model: type[models.Model], *values: Any) -> None:
        pk = self.next_ids[model]
        self.next_ids[model] = pk + 1
        self.rows[model].append("\t".join([str(pk), *map(_copied, values)]))


def _quoted(text: str) -> list[str]:
    """The tokens as PostgreSQL reads them."""
    return [f"'{token}'" for token in tokens(text)]


_quoted_before = cache(_quoted)


def _tokens(text: str) -> Sequence[str]:
    """Most sentences come again and again; those with a number do not."""
    return (_quoted if DIGIT.search(text) else _quoted_before)(text)


def _copied(value: Any) -> str:
    if value is None:
        return r"\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    text = str(value)
    if "\\" in text or "\n" in text or "\t" in text:
        text = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
    return text


def _copy(cursor: Any, model: type[models.Model], lines: list[str]) -> None:
    columns = ", ".join(COLUMNS[model].split())
    cursor.copy_expert(
        f'COPY "{model._meta.db_table}" ({columns}) FROM STDIN',  # noqa: SLF001
        StringIO("\n".join(lines) + "\n" if lines else ""),
    )


def _next_id(cursor: Any, model: type[models.Model]) -> int:
    cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [model._meta.db_table])  # noqa: SLF001
    return int(cursor.fetchone()[0])


def _set_sequence(cursor: Any, model: type[models.Model], next_id: int) -> None:
    table = model._meta.db_table  # noqa: SLF001
    cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, next_id - 1])
