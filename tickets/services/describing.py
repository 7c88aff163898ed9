"""What a ticket is about, and what is known of the matter."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Agent
from customers.models import Customer
from tickets.events import EventKind
from tickets.exceptions import FieldsMissing, UnknownTopic
from tickets.models import Ticket, TicketEvent
from tickets.searching.index import index_details
from tickets.services.recording import lock_ticket, save_change
from topics.models import Field, Topic
from topics.selectors import definitions
from topics.values import Value, in_both_languages, merged, read_values


@transaction.atomic
def set_topic(
    ticket: Ticket, *, topic: Topic | None, by: Agent | None, now: datetime | None = None
) -> Ticket:
    """What the ticket is about; None: nothing that has a name. No clock moves, and it stays where
    it is. Raises UnknownTopic for one that is switched off."""
    ticket = lock_ticket(ticket)
    pk = topic.pk if topic else None
    if ticket.topic_id == pk:
        return ticket
    known = definitions()
    before, after = known.topic(ticket.topic_id), known.topic(pk)
    if topic is not None and not (after and after.is_active):
        raise UnknownTopic(_("This topic is no longer offered. Choose another one."))
    ticket.topic_id = pk
    facts = {"topic": after.names if after else None, "before": before.names if before else None}
    _tell(ticket, EventKind.TOPIC_CHANGED, facts, by=by, now=now or timezone.now())
    return ticket


@transaction.atomic
def set_fields(
    ticket: Ticket,
    *,
    values: Mapping[str, str],
    by: Agent | None,
    now: datetime | None = None,
) -> Ticket:
    """What these fields say, as it was typed, by their keys; the others stay. No clock moves.

    Raises topics.exceptions.BadValues when one of them does not take it.
    """
    ticket = lock_ticket(ticket)
    fields = definitions().fields_of(Field.Of.TICKET)
    new = read_values(fields, values)
    changes = [
        {
            "label": field.labels,
            "before": in_both_languages(field, ticket.fields.get(field.key)),
            "after": in_both_languages(field, new[field.key]),
        }
        for field in fields
        if field.key in new and new[field.key] != ticket.fields.get(field.key)
    ]
    if not changes:
        return ticket
    ticket.fields = merged(ticket.fields, new)
    _tell(ticket, EventKind.FIELDS_CHANGED, {"changes": changes}, by=by, now=now or timezone.now())
    return ticket


def check_is_described(topic_id: int | None, values: Mapping[str, Value]) -> None:
    """Raises FieldsMissing, which names them, when a ticket of this topic cannot be resolved by us
    yet. Customers and the clock may always end it."""
    missing = missing_fields(topic_id, values)
    if missing:
        labels = _(", ").join(field.label for field in missing)
        raise FieldsMissing(_("Fill in before this is resolved: %(fields)s.") % {"fields": labels})


def missing_fields(topic_id: int | None, values: Mapping[str, Value]) -> list[Field]:
    """What must be known of a ticket of this topic before it is resolved, and is not."""
    asked = definitions().ticket_fields(topic_id, values)
    return [field for field in asked if field.is_required_to_solve and field.key not in values]


def is_used(field: Field) -> bool:
    """Whether a ticket, or a customer's record, has a value for it."""
    if field.of == Field.Of.CUSTOMER:
        return Customer.objects.filter(fields__has_key=field.key).exists()
    return Ticket.objects.filter(fields__has_key=field.key).exists()


def _tell(
    ticket: Ticket, kind: EventKind, facts: dict[str, Any], *, by: Agent | None, now: datetime
) -> None:
    TicketEvent.objects.create(ticket=ticket, kind=kind, at=now, agent=by, facts=facts)
    index_details(ticket)
    save_change(ticket, now=now)
