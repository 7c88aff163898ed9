"""What a queue is cut down to, in words, and what it could be cut down to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Agent
from accounts.selectors import circle_of
from sla.models import Priority, Status
from tickets.models import Channel, Tag
from tickets.queue import FIELD, QueueFilter
from tickets.surroundings import TAGS_SUGGESTED
from topics.inputs import input_of
from topics.models import Field
from topics.selectors import definitions
from topics.values import in_words, read_values

ANY = ("", gettext_lazy("any"))
DUES = {
    "late": gettext_lazy("Late"),
    "broken": gettext_lazy("Promise broken"),
    "asked": gettext_lazy("Customer asks for news"),
    "hour": gettext_lazy("Promised within 1 hour"),
    "four_hours": gettext_lazy("Promised in 1 to 4 hours"),
    "day": gettext_lazy("Promised in 4 to 24 hours"),
    "later": gettext_lazy("Promised for later"),
}


@dataclass(frozen=True)
class Choices:
    """Who and what there is to choose from: names by id, and tags by their folded name."""

    teams: dict[int, str]
    people: dict[int, str]
    tags: dict[str, str]
    led: frozenset[int] = frozenset()

    @classmethod
    def load(cls, agent: Agent) -> Choices:
        """What this agent may choose, in two queries."""
        circle = circle_of(agent)
        tags = Tag.objects.values_list("normalized", "name")[:TAGS_SUGGESTED]
        return cls(teams=circle.teams, people=circle.people, tags=dict(tags), led=circle.led)


@dataclass(frozen=True)
class Part:
    """One thing a queue is cut down by, and the queue without it."""

    label: str
    icon: str
    query_without: str


def parts(chosen: QueueFilter, choices: Choices) -> list[Part]:
    """All that the queue is cut down by."""
    return list(_parts(chosen, choices))


def _parts(chosen: QueueFilter, choices: Choices) -> Iterator[Part]:
    whole = QueueFilter()
    for field in fields(chosen):
        value = getattr(chosen, field.name)
        if field.name == "values":
            yield from _values_in_parts(chosen)
        elif value != getattr(whole, field.name):
            without = replace(chosen, **{field.name: getattr(whole, field.name)})
            label, icon = _in_words(field.name, value, choices)
            yield Part(label=label, icon=icon, query_without=without.query())


def _values_in_parts(chosen: QueueFilter) -> Iterator[Part]:
    typed = dict(chosen.values)
    known = {field.key: field for field in definitions().fields_of(Field.Of.TICKET)}
    for key, value in read_values(known.values(), typed).items():
        words = {"label": known[key].label, "value": in_words(known[key], value)}
        without = tuple((other, text) for other, text in chosen.values if other != key)
        yield Part(
            label=_("%(label)s: %(value)s") % words,
            icon="list-checks",
            query_without=replace(chosen, values=without).query(),
        )


def _in_words(name: str, value: Any, choices: Choices) -> tuple[str, str]:
    words: dict[str, Callable[[], str]] = {
        "scope": lambda: {"mine": _("Mine"), "unassigned": _("Unassigned")}[value],
        "state": lambda: {"resolved": _("Resolved"), "spam": _("Spam")}[value],
        "due": lambda: str(DUES[value]),
        "status": lambda: str(Status(value).label),
        "priority": lambda: _("Priority: %(name)s") % {"name": Priority(value).label},
        "channel": lambda: str(Channel(value).label),
        "assignee": lambda: _name_of(choices.people, value),
        "team": lambda: _name_of(choices.teams, value),
        "tag": lambda: choices.tags.get(value, value),
        "topic": lambda: topic_name(value),
        "care": lambda: _("Handle with care"),
    }
    icons = {
        "scope": "user",
        "state": "archive",
        "due": "clock",
        "status": "circle-dot",
        "priority": "flag",
        "channel": "inbox",
        "assignee": "user",
        "team": "users",
        "tag": "tag",
        "topic": "shapes",
        "care": "heart-handshake",
    }
    return words[name](), icons[name]


def _name_of(names: dict[int, str], pk: int) -> str:
    """Somebody who has left, or whom this reader does not know, has no name here."""
    return names.get(pk) or _("somebody unknown")


def topic_name(pk: int | None) -> str:
    """What a ticket is about, in the active language; empty when nobody has said it."""
    topic = definitions().topic(pk)
    return topic.name if topic else ""


class FilterForm(forms.Form):
    """The queue in fields. Its address is what `QueueFilter.read` reads."""

    assignee = forms.ChoiceField(label=gettext_lazy("Whose"), required=False)
    status = forms.ChoiceField(label=gettext_lazy("State"), required=False)
    priority = forms.ChoiceField(
        label=gettext_lazy("Priority"), required=False, choices=[ANY, *Priority.choices]
    )
    due = forms.ChoiceField(
        label=gettext_lazy("Promised for"), required=False, choices=[ANY, *DUES.items()]
    )
    channel = forms.ChoiceField(
        label=gettext_lazy("Channel"), required=False, choices=[ANY, *Channel.choices]
    )
    team = forms.ChoiceField(label=gettext_lazy("Team"), required=False)
    tag = forms.CharField(
        label=gettext_lazy("Tag"),
        required=False,
        widget=forms.TextInput(attrs={"list": "known-tags", "autocomplete": "off"}),
    )
    topic = forms.ChoiceField(label=gettext_lazy("Topic"), required=False)
    care = forms.ChoiceField(
        label=gettext_lazy("Last time"),
        required=False,
        choices=[ANY, ("yes", gettext_lazy("something fell short"))],
    )

    def __init__(self, chosen: QueueFilter, choices: Choices) -> None:
        owners = {"mine": QueueFilter.ME, "unassigned": QueueFilter.NOBODY}
        super().__init__(
            auto_id="filter_%s",
            initial={
                **{field.name: getattr(chosen, field.name) for field in fields(chosen)},
                "assignee": owners.get(chosen.scope, chosen.assignee),
                "tag": choices.tags.get(chosen.tag, chosen.tag),
                **{f"{FIELD}{key}": text for key, text in chosen.values},
            },
        )
        self._offer(
            "assignee",
            [(QueueFilter.ME, _("Mine")), (QueueFilter.NOBODY, _("Unassigned"))],
            choices.people,
        )
        self._offer("status", [(status.value, status.label) for status in QueueFilter.STATUSES], {})
        self._offer("team", [], choices.teams)
        if len(choices.teams) < 2:
            del self.fields["team"]
        if chosen.state != "open":
            del self.fields["status"]
        known = definitions()
        self._offer("topic", [], {topic.pk: topic.name for topic in known.active_topics})
        if not known.active_topics:
            del self.fields["topic"]
        for field in known.fields_of(Field.Of.TICKET):
            if field.is_active and field.belongs_to(chosen.topic):
                self.fields[f"{FIELD}{field.key}"] = input_of(field, empty=ANY[1])

    def _offer(self, name: str, first: list[tuple[Any, Any]], names: dict[int, str]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [ANY, *first, *names.items()]
