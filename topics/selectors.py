"""Which topics and fields there are: asked on every page of a ticket, and seldom changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from common.remembered import Remembered
from topics.models import Field, Topic

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

    def ticket_fields(self, topic_id: int | None) -> list[Field]:
        """What a ticket of this topic is asked."""
        fields = self.fields_of(Field.Of.TICKET)
        return [field for field in fields if field.is_active and field.belongs_to(topic_id)]

    @property
    def customer_fields(self) -> list[Field]:
        """What a customer's record is asked."""
        return [field for field in self.fields_of(Field.Of.CUSTOMER) if field.is_active]


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
