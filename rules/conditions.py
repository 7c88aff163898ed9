"""What a rule may ask of a ticket: each thing as a condition for the database, and in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent, Team
from common.numbers import whole_number
from customers.models import Organization
from rules.exceptions import BadRule
from sla.models import UNRESOLVED, Commitment, Priority, Status
from tickets.models import Channel, Message, Ticket
from tickets.tags import fold
from topics.models import Field
from topics.selectors import definitions
from topics.values import in_words

Words = str | Promise
Condition = Mapping[str, str]
NOBODY = "nobody"
FIELD = "field."
MOST_CONDITIONS = 10
LONGEST_VALUE = 200

IS, IS_NOT, HAS, LACKS, AT_LEAST, YES, NO = (
    *("is", "is_not", "has", "lacks", "at_least", "yes", "no"),
)
NEGATED = {IS_NOT, LACKS, NO}
WAYS: Mapping[str, Words] = {
    IS: _("is"),
    IS_NOT: _("is not"),
    HAS: _("contains"),
    LACKS: _("does not contain"),
    AT_LEAST: _("is at least"),
    YES: _("is so"),
    NO: _("is not so"),
}
# What each says of a thing and a value; of what is so or not: rules.sentences.
SAID: Mapping[str, Words] = {
    IS: _("%(what)s is “%(value)s”"),
    IS_NOT: _("%(what)s is not “%(value)s”"),
    HAS: _("%(what)s contains “%(value)s”"),
    LACKS: _("%(what)s does not contain “%(value)s”"),
    AT_LEAST: _("%(what)s is at least %(value)s"),
}


@dataclass(frozen=True)
class Asked:
    """One thing that may be asked of a ticket.

    `q` is the condition that it is, contains or is at least this value, or that it is so. With
    `choices` the value is one of their keys, without it is typed. What is so or not is `said` in
    two sentences.
    """

    label: Words
    ways: tuple[str, ...]
    q: Callable[[str], Q]
    choices: Callable[[], Mapping[str, str]] | None = None
    said: tuple[Words, Words] | None = None

    @property
    def is_number(self) -> bool:
        return self.ways == (AT_LEAST,)

    def in_words(self, way: str, value: str) -> str:
        """The condition as a part of a sentence, in the active language."""
        if self.said is not None:
            return str(self.said[way == NO])
        shown = self.choices().get(value, gettext("(no longer there)")) if self.choices else value
        return str(SAID[way]) % {"what": self.label, "value": shown}


def all_asked() -> dict[str, Asked]:
    """Everything that may be asked, by its key, in the order in which it is offered."""
    own = definitions().fields_of(Field.Of.TICKET)
    return {**ASKED, **{f"{FIELD}{field.key}": _of_field(field) for field in own}}


def check(conditions: Sequence[Condition]) -> None:
    """Raises BadRule for what cannot be asked."""
    if len(conditions) > MOST_CONDITIONS:
        raise BadRule(
            gettext("A rule has at most %(most)s conditions.") % {"most": MOST_CONDITIONS},
            field="conditions",
        )
    known = all_asked()
    for condition in conditions:
        asked, way, value = known.get(condition["of"]), condition["way"], condition["value"]
        if asked is None or way not in asked.ways:
            raise BadRule(gettext("Choose what is asked of the ticket."), field="conditions")
        if asked.choices and value not in asked.choices():
            raise BadRule(_say(asked, gettext("Choose one from the list.")), field="conditions")
        if asked.is_number and whole_number(value) is None:
            raise BadRule(_say(asked, gettext("Enter a whole number.")), field="conditions")
        if not asked.said and not 0 < len(value.strip()) <= LONGEST_VALUE:
            raise BadRule(_say(asked, gettext("Say what it is compared with.")), field="conditions")


def _say(asked: Asked, sentence: str) -> str:
    return f"{capfirst(str(asked.label))}: {sentence}"


def condition_of(conditions: Sequence[Condition], *, needs_all: bool) -> Q:
    """All of them, or one of them, for a query of tickets; what is no longer known is never met."""
    known = all_asked()
    met: list[Q] = []
    for condition in conditions:
        asked = known.get(condition["of"])
        if asked is None or _is_gone(asked, condition["value"]):
            met.append(Q(pk=None))
            continue
        wanted = asked.q(condition["value"])
        met.append(_not(wanted) if condition["way"] in NEGATED else wanted)
    together = Q()
    for one in met:
        together = together & one if needs_all else together | one
    return together


def _not(wanted: Q) -> Q:
    """Also of what is empty: to the database nothing is unlike anything."""
    return Q(~Exists(Ticket.objects.filter(pk=OuterRef("pk")).filter(wanted)))


def _is_gone(asked: Asked, value: str) -> bool:
    return asked.choices is not None and value not in asked.choices()


# What there is --------------------------------------------------------------------------------


def _column(name: str) -> Callable[[str], Q]:
    return lambda value: Q(**{name: value})


def _at_least(name: str) -> Callable[[str], Q]:
    return lambda value: Q(**{f"{name}__gte": int(value)})


def _assignee(value: str) -> Q:
    return Q(assignee=None) if value == NOBODY else Q(assignee=value)


def _tagged(value: str) -> Q:
    labels = Ticket.tags.through.objects.filter(ticket=OuterRef("pk"))
    return Q(Exists(labels.filter(tag__normalized=fold(value))))


def _said_by_customer(value: str) -> Q:
    said = Message.objects.filter(ticket=OuterRef("pk"), direction=Message.Direction.INBOUND)
    return Q(Exists(said.filter(body__icontains=value)))


def _promise_broken(_value: str) -> Q:
    promises = Commitment.objects.promises().filter(clock=OuterRef("clock"))
    return Q(Exists(promises.filter(state=Commitment.State.BREACHED)))


def _came_before(_value: str) -> Q:
    others = Ticket.objects.filter(customer=OuterRef("customer"), number__lt=OuterRef("number"))
    return Q(Exists(others.exclude(status__in=[Status.SPAM, Status.MERGED])))


def teams() -> dict[str, str]:
    """Every team by its key, as a text."""
    return {str(pk): name for pk, name in Team.objects.order_by("name").values_list("pk", "name")}


def people() -> dict[str, str]:
    """Everybody who works here by their key, as a text."""
    rows = Agent.objects.filter(is_active=True).order_by("name").values_list("pk", "name")
    return {str(pk): name for pk, name in rows}


def _assignees() -> dict[str, str]:
    return {NOBODY: gettext("nobody"), **people()}


def _topics() -> dict[str, str]:
    return {str(topic.pk): topic.name for topic in definitions().topics}


def _organizations() -> dict[str, str]:
    rows = Organization.objects.order_by("name").values_list("pk", "name")
    return {str(pk): name for pk, name in rows}


def _of(choices: Any) -> Callable[[], dict[str, str]]:
    return lambda: {str(value): str(label) for value, label in choices}


def _of_field(field: Field) -> Asked:
    if field.kind == Field.Kind.YES_NO:
        said = (gettext("%(what)s: yes"), gettext("%(what)s: no"))
        return Asked(
            field.label,
            FLAG,
            lambda _value: Q(fields__contains={field.key: True}),
            said=(said[0] % {"what": field.label}, said[1] % {"what": field.label}),
        )
    if field.kind == Field.Kind.CHOICE:
        keys = [choice["key"] for choice in field.choices]
        return Asked(
            field.label,
            BOTH,
            lambda value: Q(fields__contains={field.key: value}),
            lambda: {key: in_words(field, key) for key in keys},
        )
    return Asked(field.label, TEXT, lambda value: Q(**{f"fields__{field.key}__icontains": value}))


BOTH = (IS, IS_NOT)
TEXT = (HAS, LACKS)
FLAG = (YES, NO)
ASKED: Mapping[str, Asked] = {
    "status": Asked(
        _("the state"),
        BOTH,
        _column("status"),
        _of((status.value, status.label) for status in (*UNRESOLVED, Status.RESOLVED)),
    ),
    "priority": Asked(_("the priority"), BOTH, _column("priority"), _of(Priority.choices)),
    "channel": Asked(_("the channel"), BOTH, _column("channel"), _of(Channel.choices)),
    "topic": Asked(_("the topic"), BOTH, _column("topic"), _topics),
    "team": Asked(_("the team"), BOTH, _column("team"), teams),
    "assignee": Asked(_("the assignee"), BOTH, _assignee, _assignees),
    "language": Asked(
        _("the customer's language"), BOTH, _column("language"), _of(settings.LANGUAGES)
    ),
    "organization": Asked(
        _("the customer's organisation"),
        BOTH,
        _column("customer__organization"),
        _organizations,
    ),
    "tag": Asked(_("the list of tags"), TEXT, _tagged),
    "subject": Asked(_("the subject"), TEXT, lambda value: Q(subject__icontains=value)),
    "said": Asked(_("what the customer wrote"), TEXT, _said_by_customer),
    "vip": Asked(
        _("important customer"),
        FLAG,
        lambda _value: Q(customer__is_vip=True),
        said=(_("the customer is important"), _("the customer is not marked as important")),
    ),
    "known": Asked(
        _("customer we know"),
        FLAG,
        _came_before,
        said=(_("the customer has asked us before"), _("it is the customer's first inquiry")),
    ),
    "broken": Asked(
        _("broken promise"),
        FLAG,
        _promise_broken,
        said=(_("a promise was broken"), _("no promise was broken")),
    ),
    "care": Asked(
        _("let down last time"),
        FLAG,
        lambda _value: Q(let_down_before__isnull=False),
        said=(_("we fell short last time"), _("we did not fall short last time")),
    ),
    "chasers": Asked(
        _("how often the customer asked for news"), (AT_LEAST,), _at_least("chaser_count")
    ),
    "hand_overs": Asked(_("the number of hand-overs"), (AT_LEAST,), _at_least("hand_over_count")),
    "reopened": Asked(_("how often it was reopened"), (AT_LEAST,), _at_least("reopen_count")),
}
