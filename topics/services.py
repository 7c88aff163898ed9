"""The only writers of topics and fields."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max, ProtectedError, QuerySet
from django.utils.text import slugify
from django.utils.translation import gettext as _

from common.positions import move_within, place_behind
from topics.exceptions import TopicError
from topics.models import Choice, Field, Topic, both, in_this_language
from topics.selectors import forget_definitions
from topics.values import NO, YES

MOST = 100
MOST_CHOICES = 100
KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")


@transaction.atomic
def save_topic(topic: Topic, *, values: Mapping[str, Any]) -> Topic:
    """Keep a topic with these values; a new one comes last. Raises TopicError without a name, and
    for an agent who is not in the team."""
    for name, value in values.items():
        setattr(topic, name, value)
    if not (topic.name_ja or topic.name_en):
        raise TopicError(_("Give it a name in at least one language."), field="name_ja")
    if topic.agent and not topic.agent.memberships.filter(team=topic.team_id).exists():
        raise TopicError(
            _("%(name)s is not in this team.") % {"name": topic.agent.name}, field="agent"
        )
    if not topic.pk:
        topic.position = _place_of_new(Topic.objects.all())
    topic.save()
    _tell_everybody()
    return topic


@transaction.atomic
def delete_topic(topic: Topic) -> None:
    """For good. Raises TopicError when a ticket or a field has it: then it can be switched off."""
    if topic.fields.exists():
        raise TopicError(_("Fields belong to this topic. Take it from them first."))
    try:
        topic.delete()
    except ProtectedError as error:
        raise TopicError(_("Tickets have this topic. Switch it off instead.")) from error
    _tell_everybody()


@transaction.atomic
def save_field(field: Field, *, values: Mapping[str, Any], topics: Collection[Topic] = ()) -> Field:
    """Keep a field with these values; a new one comes last. What it is of, its key and its kind
    never change, and a choice that was offered once is only switched off.

    Raises TopicError without a label, for a bad key, for a choice without choices, and when it
    depends on what cannot be asked before it.
    """
    fixed = {name: getattr(field, name) for name in FIXED} if field.pk else {}
    for name, value in {**values, **fixed}.items():
        setattr(field, name, value)
    if not (field.label_ja or field.label_en):
        raise TopicError(_("Give it a name in at least one language."), field="label_ja")
    if field.of != Field.Of.TICKET:
        field.is_required_to_solve, topics = False, ()
    if not field.is_for_customers:
        field.is_required_for_customers = False
    field.choices = _choices(field) if field.kind == Field.Kind.CHOICE else []
    _check_dependence(field)
    if not field.pk:
        field.key = _key(field)
        field.position = _place_of_new(Field.objects.filter(of=field.of))
    try:
        with transaction.atomic():
            field.save()
    except IntegrityError as error:
        raise TopicError(
            _("There is a field with the key “%(key)s” already.") % {"key": field.key}, field="key"
        ) from error
    field.topics.set(topics)
    _tell_everybody()
    return field


@transaction.atomic
def delete_field(field: Field, *, is_used: bool) -> None:
    """For good. Raises TopicError when somebody has a value for it: then it can be switched off."""
    if is_used:
        raise TopicError(_("This field has been filled in. Switch it off instead."))
    if field.dependents.exists():
        raise TopicError(_("Other fields depend on this one. Change them first."))
    field.delete()
    _tell_everybody()


@transaction.atomic
def move_topic(topic: Topic, *, by: int) -> None:
    """One place up (-1) or down (1)."""
    move_within(Topic.objects.all(), topic, by=by)
    _tell_everybody()


@transaction.atomic
def move_field(field: Field, *, by: int) -> None:
    """One place up (-1) or down (1) among those of tickets, or of customers."""
    move_within(Field.objects.filter(of=field.of), field, by=by)
    _tell_everybody()


FIXED = ("of", "key", "kind")


def _place_of_new(rows: QuerySet[Any]) -> int:
    if rows.count() >= MOST:
        raise TopicError(_("There are %(most)s already. Delete one first.") % {"most": MOST})
    return place_behind(rows)


def _check_dependence(field: Field) -> None:
    """Only on a choice, or a yes or no, of the same kind of thing, and never in a circle."""
    other = field.depends_on
    if other is None:
        field.depends_value = ""
        return
    if other.of != field.of or field.depends_value not in waited_for(other):
        raise TopicError(
            _("Choose a field of the same kind and one of its answers."), field=DEPENDS
        )
    for _step in range(MOST):
        if other is None:
            return
        if other.pk == field.pk:
            raise TopicError(_("These fields would wait for each other."), field=DEPENDS)
        other = other.depends_on


DEPENDS = "depends"


def waited_for(field: Field) -> dict[str, str]:
    """The answers another field can wait for, and how they read; none: it has no such answers."""
    if field.kind == Field.Kind.CHOICE:
        return {
            each["key"]: in_this_language(both(each["ja"], each["en"])) for each in field.choices
        }
    return {YES: _("Yes"), NO: _("No")} if field.kind == Field.Kind.YES_NO else {}


def _key(field: Field) -> str:
    """As it was typed; or made of the English name, or of a number."""
    key = field.key or slugify(field.label_en).replace("-", "_")[:40]
    if field.key and not KEY.fullmatch(key):
        raise TopicError(
            _("A key begins with a small Latin letter; letters, digits and _ follow."), field="key"
        )
    last = Field.objects.aggregate(last=Max("pk"))["last"] or 0
    return key if KEY.fullmatch(key) else f"field_{last + 1}"


def _choices(field: Field) -> list[Choice]:
    """Each with a key of its own: those that are new get one."""
    chosen: Sequence[Choice] = [each for each in field.choices if each["ja"] or each["en"]]
    if not chosen:
        raise TopicError(_("Say what there is to choose from."), field="choices")
    if len(chosen) > MOST_CHOICES:
        raise TopicError(_("A field has at most 100 choices."), field="choices")
    taken = {each["key"] for each in chosen}
    free = (key for key in map("c{}".format, range(1, 2 * MOST_CHOICES + 2)) if key not in taken)
    return [
        Choice(key=each["key"] or next(free), ja=each["ja"], en=each["en"], is_off=each["is_off"])
        for each in chosen
    ]


def _tell_everybody() -> None:
    """Now, for whoever goes on in this transaction, and once more when others can see the change."""
    forget_definitions()
    transaction.on_commit(forget_definitions)
