"""Which topics and fields there are: asked on every page of a ticket, and seldom changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from common.remembered import Remembered
from topics.models import Field, Topic
from topics.values import Value, as_typed

# Names the state of the definitions; whoever changes them takes it away.
VERSION = "topics:version"


@dataclass(frozen=True)
class Definitions:
    """All topics and fields in their order, also those that are switched off. Nobody writes to
    them: every thread of the process shares them."""

    topics: Sequence[Topic]
    fields: Sequence[Field]

    @property
    def active_topics(self) -> list[Topic]:
        """What a ticket can be about."""
        return [topic for topic in self.topics if topic.is_active]

    def topic(self, pk: int | None) -> Topic | None:
        """The topic of this key."""
        return next((topic for topic in self.topics if topic.pk == pk), None)

    def fields_of(self, of: str) -> list[Field]:
        """Those of tickets or of customers, old ones too."""
        return [field for field in self.fields if field.of == of]

    def ticket_fields(self, topic_id: int | None, values: Mapping[str, Value]) -> list[Field]:
        """What a ticket of this topic is asked while its fields say this."""
        fields = self.fields_of(Field.Of.TICKET)
        offered = [field for field in fields if field.is_active and field.belongs_to(topic_id)]
        return asked_among(offered, values)

    def customer_questions(self, topic_id: int | None, values: Mapping[str, Value]) -> list[Field]:
        """What a customer is asked who writes about this topic and has said this so far."""
        fields = [each for each in self.fields_of(Field.Of.TICKET) if each.is_for_customers]
        offered = [field for field in fields if field.is_active and field.belongs_to(topic_id)]
        return asked_among(offered, values)

    def customer_fields(self, values: Mapping[str, Value]) -> list[Field]:
        """What a customer's record is asked while its fields say this."""
        fields = [field for field in self.fields_of(Field.Of.CUSTOMER) if field.is_active]
        return asked_among(fields, values)


def asked_among(offered: Sequence[Field], values: Mapping[str, Value]) -> list[Field]:
    """Those of the offered fields that depend on nothing, or whose other field is asked, too, and
    says what they wait for."""
    by_pk = {field.pk: field for field in offered}

    def is_asked(field: Field, *, depth: int = 0) -> bool:
        if field.depends_on_id is None:
            return True
        other = by_pk.get(field.depends_on_id)
        says_so = other is not None and as_typed(values.get(other.key)) == field.depends_value
        # Nobody can save a circle; two who save at once might.
        return says_so and depth < len(offered) and is_asked(other, depth=depth + 1)  # type: ignore[arg-type]

    return [field for field in offered if is_asked(field)]


def definitions() -> Definitions:
    """Remembered by each process for as long as nobody changes them; else in two queries."""
    return _definitions.get()


def forget_definitions() -> None:
    """Every process reads them anew. Call it when they have changed, and when that is committed."""
    _definitions.forget()


def _read() -> Definitions:
    """Only what no other setting changes: a team or an agent is read anew by whoever needs it."""
    chosen = Field.topics.through.objects.filter(field=OuterRef("pk"))
    fields = list(Field.objects.annotate(chosen=ArraySubquery(chosen.values("topic"))))
    for field in fields:
        field.topic_ids = frozenset(field.chosen)
    return Definitions(list(Topic.objects.all()), fields)


_definitions = Remembered(VERSION, _read)
