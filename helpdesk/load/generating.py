"""Tickets by the hundred thousand, in the shape of a desk in use, by COPY.

One ticket in twelve is open, and one open promise in eight is broken. Half of the customers write
Japanese. The same seed makes the same tickets, relative to the moment they are made.
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
from accounts.selectors import default_team
from common.tokens import tokens
from customers.models import ContactPoint, Customer
from helpdesk.load.words import ENGLISH, JAPANESE, MARKED, Language
from sla.models import Clock, ClockEvent, Commitment, PolicyVersion, Priority, Status
from sla.working_time import epoch_seconds
from tickets.models import Channel, Message, Note, SearchEntry, Ticket
from tickets.services.recording import preview_of

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
    " breached_at detected_at ended_at end_reason schedule next_check_at failures",
    Ticket: "id number customer_id clock_id team_id assignee_id status priority channel subject"
    " reply_address language next_due_at next_due_kind next_contact_at opened_at updated_at"
    " resolved_at preview is_last_word_ours reopen_count revision entry_count",
    Message: "id ticket_id direction channel customer_id agent_id body sent_at",
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
    with connection.cursor() as cursor:
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


@dataclass
class _Generator:
    """Rows are collected as the text that COPY reads, then written table by table."""

    random: Random
    now: datetime
    team: Team = field(default_factory=default_team)
    rows: dict[type[models.Model], list[str]] = field(default_factory=dict)
    next_ids: dict[type[models.Model], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.policy = PolicyVersion.objects.filter(policy__is_default=True).latest("pk").pk
        agents = Agent.objects.filter(memberships__team=self.team, is_active=True).order_by("pk")
        self.agents: list[int | None] = list(agents.values_list("pk", flat=True)) or [None]

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
        agent = None if status == Status.NEW else choose(self.agents)
        due_at = self._due_at() if is_open else None
        priority, channel = choose(PRIORITIES), choose(CHANNELS)
        subject = choose(person.language.subjects).format(thing=choose(person.language.things))
        ticket, clock = self.next_ids[Ticket], self.next_ids[Clock]
        self._add(
            Clock, person.pk, self.team.pk, agent, self.policy, priority, status,
            f"#{number} {subject}", f"/desk/tickets/{number}/",
        )  # fmt: skip
        said = self._conversation(ticket, person, agent, status, opened_at)
        ended_at = None if is_open else said[-1][1]
        self._log(clock, status, priority, opened_at, due_at, said)
        self._promise(clock, opened_at, due_at, ended_at)
        self._index(ticket, "subject", opened_at, None, [subject], subject)
        customer = f"{person.name}\n{person.email}"
        self._index(ticket, "customer", opened_at, None, customer.split("\n"), customer)
        self._add(
            Ticket, number, person.pk, clock, self.team.pk, agent, status, priority, channel,
            subject, person.email, "ja" if person.language is JAPANESE else "en", due_at,
            "promise" if is_open else "", due_at, opened_at, said[-1][1], ended_at,
            preview_of(said[-1][2]), len(said) > 1 and status != Status.OPEN, 0, 1, len(said),
        )  # fmt: skip

    def _due_at(self) -> datetime:
        """The promise: one in eight is past, the others lie within two days."""
        minutes = self.random.randint(10, 2 * 24 * 60)
        is_broken = self.random.random() < 1 / 8
        return self.now + timedelta(minutes=-minutes if is_broken else minutes)

    def _conversation(
        self, ticket: int, person: _Person, agent: int | None, status: str, opened_at: datetime
    ) -> list[tuple[int, datetime, str]]:
        """Messages in turn and sometimes a note: (id, instant, text) of each message."""
        length = 1 if status == Status.NEW else self._length(is_ours_last=status != Status.OPEN)
        step = min(timedelta(hours=5), (self.now - opened_at) / (length + 1))
        said = []
        for turn in range(length):
            is_inbound = turn % 2 == 0
            at = (opened_at + step * turn).replace(microsecond=0)
            sentences = self._sentences(person.language, is_inbound=is_inbound)
            body, pk = "\n".join(sentences), self.next_ids[Message]
            self._add(
                Message, ticket, "inbound" if is_inbound else "outbound", "web",
                person.pk if is_inbound else None, None if is_inbound else agent, body, at,
            )  # fmt: skip
            self._index(ticket, "message", at, pk, sentences)
            said.append((pk, at, body))
        if agent and self.random.random() < 0.25:
            self._note(ticket, person.language, agent, said[-1][1])
        return said

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
        self, clock: int, opened_at: datetime, due_at: datetime | None, ended_at: datetime | None
    ) -> None:
        """Live, live and broken, or kept."""
        state: tuple[object, ...]
        if due_at is None:
            due_at = (ended_at or opened_at) + timedelta(hours=1)
            state = ("met", due_at, ended_at, None, None, ended_at, "met", "[]", None)
        elif due_at < self.now:
            state = ("breached", due_at, None, due_at, due_at, None, "", "[]", None)
        else:
            second = epoch_seconds(due_at) + 1
            steps = [[second, "breach", 0], [second, "escalate", 1], [second + 900, "escalate", 2]]
            check_at = due_at + timedelta(seconds=1)
            state = ("active", due_at, None, None, None, None, "", json.dumps(steps), check_at)
        word, *rest = state
        self._add(Commitment, clock, "promise", 1, word, "agent", self.policy, opened_at, *rest, 0)

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
