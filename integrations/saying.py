"""What is said of one thing that happened: to a program as facts, to a chat as a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone, translation

from common.templatetags.ui import instant
from customers.models import Customer
from integrations import bodies
from integrations.chats import Line, as_chat
from integrations.events import ALL, CHANNEL_MESSAGE, OF_OCCURRENCES, PING, RULE_ACTED
from integrations.models import ChannelTicket, Occurrence, Webhook
from sla.models import Commitment, Priority, Status
from tickets.models import Message, Note, Rating, Ticket, TicketEvent

Kind = Webhook.Kind


@dataclass(frozen=True, kw_only=True)
class Said:
    """A thing that happened, by the name of integrations.events, with all there is to say of it."""

    name: str
    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)
    ticket: Ticket | None = None
    customer: Customer | None = None
    # For the sentence in a chat: asked when its language is known.
    what: Callable[[], str] = str
    note: Note | None = None
    # The message, when it is an answer on a channel of the API.
    answer: ChannelTicket | None = None

    def is_answer_on(self, channel_id: int) -> bool:
        """Whether it must leave by this channel."""
        return self.answer is not None and self.answer.identity.channel_id == channel_id

    def name_for(self, webhook: Webhook) -> str:
        """How this endpoint knows it."""
        return self.name if webhook.channel_id is None else CHANNEL_MESSAGE


@dataclass(frozen=True)
class Matter:
    """The ticket that something happened on, as it is now, and what is told of it; or none."""

    ticket: Ticket | None = None
    data: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, ticket_id: int | None) -> Matter | None:
        """Read once for all that happened on it; None when the ticket is gone."""
        if ticket_id is None:
            return cls()
        related = ("customer", "team", "assignee", "merged_into")
        ticket = Ticket.objects.select_related(*related).filter(pk=ticket_id).first()
        return cls(ticket, {"ticket": bodies.of_ticket(ticket)}) if ticket else None


def said_of(occurrence: Occurrence, matter: Matter) -> Said | None:
    """What there is to say; None when the thing is not there any more, or has changed since."""
    said = Said(
        name=OF_OCCURRENCES[occurrence.kind],
        at=occurrence.at,
        ticket=matter.ticket,
        data=matter.data,
    )
    return READERS[said.name.split(".")[0]](said, occurrence)


def body_for(webhook: Webhook, said: Said) -> dict[str, Any]:
    """The body of the request to this endpoint."""
    if webhook.kind != Kind.GENERIC:
        return _in_a_chat(webhook, said)
    data = dict(said.data)
    if said.note is not None:
        data["note"] = bodies.of_note(said.note, tells_text=webhook.tells_notes)
    if webhook.channel_id is not None and said.answer is not None:
        identity = said.answer.identity
        channel = {"id": identity.channel_id, "name": identity.channel.name}
        data = {"channel": channel, "identity": identity.value, **data}
    return bodies.envelope(said.name_for(webhook), data, at=said.at)


def ping(*, at: datetime) -> Said:
    """What the test says."""
    return Said(name=PING, at=at, data={"url": settings.BASE_URL})


def by_rule(ticket: Ticket, *, rule: str, at: datetime) -> Said:
    """What a rule of this name says of a ticket."""
    data = {"ticket": bodies.of_ticket(ticket), "rule": {"name": rule}}
    return Said(name=RULE_ACTED, at=at, ticket=ticket, data=data, what=lambda: rule)


def _in_a_chat(webhook: Webhook, said: Said) -> dict[str, Any]:
    with translation.override(webhook.language), timezone.override(settings.TIME_ZONE):
        event = ALL[said.name]
        text = str(event.sentence) % {"what": said.what()}
        return as_chat(webhook.kind, Line(_title(said), text, _url(said)))


def _title(said: Said) -> str:
    if said.ticket is not None:
        name = said.ticket.customer.name
        return f"#{said.ticket.number} {said.ticket.subject}" + (f" – {name}" if name else "")
    return str(said.customer) if said.customer is not None else settings.BRAND_NAME


def _url(said: Said) -> str:
    if said.ticket is not None:
        return bodies.url_of(said.ticket)
    path = f"customers/{said.customer.pk}/" if said.customer is not None else ""
    return f"{settings.BASE_URL}/desk/{path}"


def _of_ticket(said: Said, occurrence: Occurrence) -> Said | None:
    assert said.ticket is not None, "what happens on a ticket has one"  # noqa: S101
    if said.name == "ticket.status_changed":
        change = {key: occurrence.facts[key] for key in ("before", "after")}
        return _more(said, change, what=lambda: str(Status(change["after"]).label))
    event = TicketEvent.objects.select_related("agent").filter(pk=occurrence.thing).first()
    if event is None:
        return None
    more = bodies.of_event(event)
    if said.name == "ticket.priority_changed":
        return _more(said, more, what=lambda: str(Priority(more["after"]).label))
    if said.name == "ticket.rated":
        rating = Rating.objects.filter(ticket=said.ticket).first()
        return _more(said, {"rating": bodies.of_rating(rating)}) if rating else None
    holder = said.ticket.assignee or said.ticket.team
    return _more(said, more, what=lambda: holder.name)


def _of_message(said: Said, occurrence: Occurrence) -> Said | None:
    message = Message.objects.select_related("agent").filter(pk=occurrence.thing).first()
    if message is None or said.ticket is None:
        return None
    agent = message.agent
    said = _more(
        said, {"message": bodies.of_message(message)}, what=lambda: agent.name if agent else "–"
    )
    if message.is_inbound or message.is_hidden:
        return said
    told = ChannelTicket.objects.filter(
        Q(ticket=said.ticket) | Q(ticket__merged_into=said.ticket)
    ).select_related("identity__channel")
    return replace(said, answer=told.order_by("-pk").first())


def _of_note(said: Said, occurrence: Occurrence) -> Said | None:
    note = Note.objects.select_related("agent").filter(pk=occurrence.thing).first()
    if note is None:
        return None
    agent = note.agent
    return replace(said, note=note, what=lambda: agent.name if agent else "–")


def _of_promise(said: Said, occurrence: Occurrence) -> Said | None:
    promise = Commitment.objects.filter(pk=occurrence.thing).first()
    if promise is None or promise.end_reason == Commitment.WITHDRAWN or said.ticket is None:
        return None
    if said.name == "promise.made" and _follows_another(promise):
        said = replace(said, name="promise.renewed")
    if (said.name == "promise.kept" and promise.met_at is None) or (
        said.name == "promise.broken" and promise.breached_at is None
    ):
        return None
    due = promise.due_at
    return _more(said, {"promise": bodies.of_promise(promise)}, what=lambda: instant(due))


def _follows_another(promise: Commitment) -> bool:
    """Whether it took the place of one that ended as this one was made."""
    before = Commitment.objects.promises().filter(
        clock=promise.clock_id, pk__lt=promise.pk, ended_at=promise.started_at
    )
    return before.exists()


def _of_customer(said: Said, occurrence: Occurrence) -> Said | None:
    customer = Customer.objects.select_related("organization").filter(pk=occurrence.thing).first()
    if customer is None:
        return None
    said = replace(said, customer=customer)
    return _more(said, {"customer": bodies.of_customer(customer)})


def _more(said: Said, more: Mapping[str, Any], *, what: Callable[[], str] = str) -> Said:
    return replace(said, data={**said.data, **more}, what=what)


READERS: Mapping[str, Callable[[Said, Occurrence], Said | None]] = {
    "ticket": _of_ticket,
    "message": _of_message,
    "note": _of_note,
    "promise": _of_promise,
    "customer": _of_customer,
}
