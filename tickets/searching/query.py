"""What an agent types into the search box, read: words, phrases, what to leave out, operators."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cached_property

from django.conf import settings
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from common.tokens import fold, index_query, pattern
from sla.models import UNRESOLVED, Status
from tickets.models import SearchEntry, Ticket
from tickets.tags import fold as fold_tag
from topics.selectors import definitions

LONGEST = 200
MOST_TERMS = 8
LARGEST_NUMBER = 2**63 - 1
EVERYWHERE = tuple(SearchEntry.Kind.values)

# An address on the web is no operator.
PART = re.compile(r'(-)?(?:([a-z]+):(?!//))?(?:["“”]([^"“”]*)["“”]?|([^\s"“”]+))')
NUMBER = re.compile(r"#?([0-9]{1,19})")


@dataclass(frozen=True)
class Term:
    """A folded word or phrase that a ticket has to say somewhere, or must not."""

    text: str
    kinds: tuple[str, ...] = EVERYWHERE
    is_excluded: bool = False

    @cached_property
    def index_query(self) -> str:
        return index_query(self.text)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return pattern(self.text)

    def is_in(self, folded: str, kind: str) -> bool:
        """Whether a folded text of this kind says it."""
        return kind in self.kinds and self.pattern.search(folded) is not None


@dataclass
class Query:
    """All conditions hold together; several statuses are either or."""

    text: str
    terms: list[Term] = field(default_factory=list)
    statuses: set[str] = field(default_factory=set)
    hidden_statuses: set[str] = field(default_factory=set)
    assignees: list[str] = field(default_factory=list)
    dues: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    # Operators that nobody knows, as typed: sought as words.
    unknown: list[str] = field(default_factory=list)

    @property
    def wanted(self) -> list[Term]:
        return [term for term in self.terms if not term.is_excluded]

    @property
    def unwanted(self) -> list[Term]:
        return [term for term in self.terms if term.is_excluded]

    @property
    def is_empty(self) -> bool:
        return not (self.wanted or self.unwanted or self.has_conditions)

    @property
    def has_conditions(self) -> bool:
        """Whether something is asked of the tickets themselves, not of what they say."""
        asked = (
            self.statuses,
            self.hidden_statuses,
            self.assignees,
            self.dues,
            self.tags,
            self.topics,
            self.numbers,
        )
        return any(asked)

    def condition(self, agent: Agent, *, now: datetime) -> Q:
        """What is asked of the tickets themselves."""
        condition = Q()
        if self.statuses:
            condition &= Q(status__in=sorted(self.statuses))
        if self.hidden_statuses:
            condition &= ~Q(status__in=sorted(self.hidden_statuses))
        if self.numbers:
            condition &= Q(number__in=self.numbers)
        for name in self.assignees:
            condition &= _assigned_to(name, agent)
        for due in self.dues:
            condition &= _due(due, now)
        for tag in self.tags:
            condition &= Q(
                pk__in=Ticket.tags.through.objects.filter(tag__normalized=fold_tag(tag)).values(
                    "ticket"
                )
            )
        for name in self.topics:
            condition &= _about(name)
        return condition


def read_query(text: str) -> Query:
    """Any text is a query: what makes no sense as an operator is sought as words."""
    # Half a character cannot be shown, nor NUL be stored.
    text = text.encode(errors="ignore").decode().replace("\x00", " ").strip()[:LONGEST]
    query = Query(text)
    for minus, typed, phrase, word in PART.findall(fold(text)):
        value, is_excluded = (phrase or word).strip(), bool(minus)
        is_number = value.startswith("#") and NUMBER.fullmatch(value) is not None
        operator = "number" if is_number and not typed else typed
        read = OPERATORS.get(operator)
        if read is not None and read(query, value, is_excluded):
            continue
        if operator:
            query.unknown.append(f"{operator}:{value}")
        for each in (operator, value) if read is None else (value,):
            _add_term(query, each, EVERYWHERE, is_excluded=is_excluded)
    return query


def statuses_by_name() -> dict[str, str]:
    """The statuses that tickets can be found by, by value and by name in every language."""
    found = {}
    for status in Status:
        if status != Status.MERGED:
            names = [status.value, *_in_all_languages(status.label)]
            found.update({_plain(name): status.value for name in names})
    return found


def _read_from(query: Query, value: str, is_excluded: bool) -> bool:
    return _add_term(query, value, (SearchEntry.Kind.CUSTOMER,), is_excluded=is_excluded)


def _read_status(query: Query, value: str, is_excluded: bool) -> bool:
    status = statuses_by_name().get(_plain(value))
    if status:
        (query.hidden_statuses if is_excluded else query.statuses).add(status)
    return bool(status)


def _read_assignee(query: Query, value: str, is_excluded: bool) -> bool:
    if value and not is_excluded:
        query.assignees.append(value)
    return bool(value) and not is_excluded


def _read_due(query: Query, value: str, is_excluded: bool) -> bool:
    words = {
        "late": _in_all_languages(_("Late")),
        "today": _in_all_languages(_("Today")),
        "hour": [],
    }
    due = next((due for due, names in words.items() if _plain(value) in {due, *names}), "")
    if due and not is_excluded:
        query.dues.append(due)
    return bool(due) and not is_excluded


def _read_tag(query: Query, value: str, is_excluded: bool) -> bool:
    if value and not is_excluded:
        query.tags.append(value)
    return bool(value) and not is_excluded


def _read_topic(query: Query, value: str, is_excluded: bool) -> bool:
    if value and not is_excluded:
        query.topics.append(value)
    return bool(value) and not is_excluded


def _read_number(query: Query, value: str, is_excluded: bool) -> bool:
    number = NUMBER.fullmatch(value)
    if number is None or is_excluded or int(number[1]) > LARGEST_NUMBER:
        return False
    query.numbers.append(int(number[1]))
    return True


OPERATORS: dict[str, Callable[[Query, str, bool], bool]] = {
    "from": _read_from,
    "status": _read_status,
    "assignee": _read_assignee,
    "due": _read_due,
    "tag": _read_tag,
    "topic": _read_topic,
    "number": _read_number,
}


def _add_term(query: Query, text: str, kinds: tuple[str, ...], *, is_excluded: bool) -> bool:
    """Say whether the text is something that can be sought: punctuation alone is in no index."""
    term = Term(text, kinds, is_excluded)
    if term.index_query and term not in query.terms and len(query.terms) < MOST_TERMS:
        query.terms.append(term)
    return bool(term.index_query)


def _in_all_languages(words: object) -> list[str]:
    names = []
    for language in dict(settings.LANGUAGES):
        with translation.override(language):
            names.append(_plain(str(words)))
    return names


def _plain(name: str) -> str:
    """On hold, on-hold and on_hold are one name."""
    return re.sub(r"[\s_-]", "", fold(name))


def _assigned_to(name: str, agent: Agent) -> Q:
    if name in {"me", "自分"}:
        return Q(assignee=agent)
    if name in {"none", "なし"}:
        return Q(assignee=None)
    agents = Agent.objects.values_list("pk", "name", "email")
    return Q(assignee__in=[pk for pk, *words in agents if name in fold(" ".join(words))])


def _about(name: str) -> Q:
    """A part of the topic's name in either language will do."""
    if name in {"none", "なし"}:
        return Q(topic=None)
    topics = definitions().topics
    return Q(topic__in=[t.pk for t in topics if name in fold(" ".join(t.names.values()))])


def _due(due: str, now: datetime) -> Q:
    """Of what is unresolved; late is what is past its whole second: sla.md 2.9."""
    second = now.replace(microsecond=0)
    midnight = datetime.combine(
        timezone.localdate(now) + timedelta(days=1), time(), timezone.get_current_timezone()
    )
    window = {
        "late": Q(next_due_at__lt=second),
        "today": Q(next_due_at__gte=second, next_due_at__lt=midnight),
        "hour": Q(next_due_at__gte=second, next_due_at__lt=second + timedelta(hours=1)),
    }[due]
    return window & Q(status__in=UNRESOLVED)
