"""What is told of a thing: facts for programs, times in UTC. docs/webhooks.md says what each means."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from accounts.models import Agent, Team
from customers.models import Customer
from integrations.events import VERSION
from integrations.models import ChannelTicket
from sla.models import Commitment
from tickets.models import Message, Note, Rating, Ticket, TicketEvent


def envelope(event: str, data: Mapping[str, Any], *, at: datetime) -> dict[str, Any]:
    """The whole body, as Standard Webhooks has it."""
    return {"type": event, "version": VERSION, "timestamp": instant(at), "data": data}


def instant(at: datetime | None) -> str | None:
    """ISO 8601, in UTC, to the millisecond."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def of_ticket(ticket: Ticket) -> dict[str, Any]:
    """The ticket as it is now."""
    told = ChannelTicket.objects.filter(ticket=ticket).select_related("identity__channel").first()
    return {
        "id": ticket.pk,
        "number": ticket.number,
        "url": url_of(ticket),
        "subject": ticket.subject,
        "status": ticket.status,
        "priority": ticket.priority,
        "channel": ticket.channel,
        "channel_name": told.identity.channel.name if told else None,
        "language": ticket.language,
        "team": of_team(ticket.team),
        "assignee": of_agent(ticket.assignee),
        "customer": {"id": ticket.customer_id, "name": ticket.customer.name},
        "topic": ticket.topic_id,
        "fields": ticket.fields,
        "tags": sorted(ticket.tags.values_list("name", flat=True)),
        "next_contact_at": instant(ticket.next_contact_at),
        "next_due_at": instant(ticket.next_due_at),
        "opened_at": instant(ticket.opened_at),
        "resolved_at": instant(ticket.resolved_at),
        "merged_into": ticket.merged_into.number if ticket.merged_into else None,
    }


def url_of(ticket: Ticket) -> str:
    """Its page in the desk."""
    return f"{settings.BASE_URL}/desk/tickets/{ticket.number}/"


def of_team(team: Team) -> dict[str, Any]:
    """Which team it is."""
    return {"id": team.pk, "name": team.name}


def of_agent(agent: Agent | None) -> dict[str, Any] | None:
    """Which of us it is; None: nobody."""
    return {"id": agent.pk, "name": agent.name} if agent else None


def of_message(message: Message) -> dict[str, Any]:
    """What was said, as plain text, and which files came with it."""
    return {
        "id": message.pk,
        "direction": message.direction,
        "channel": message.channel,
        "body": message.body,
        "agent": of_agent(message.agent),
        "sent_at": instant(message.sent_at),
        "is_automatic": message.is_auto,
        "doubt": message.doubt or None,
        "files": [
            {"id": str(each.public_id), "name": each.name, "type": each.content_type}
            | {"size": each.size}
            for each in message.attachments.all()
        ],
    }


def of_note(note: Note, *, tells_text: bool) -> dict[str, Any]:
    """That there is a note; what it says, only to whom it is to be told."""
    said = {"body": note.body} if tells_text else {}
    return {
        "id": note.pk,
        "agent": of_agent(note.agent),
        "written_at": instant(note.written_at),
        **said,
    }


def of_promise(promise: Commitment) -> dict[str, Any]:
    """When the customer was to hear from us, and how that ended."""
    return {
        "id": promise.pk,
        "due_at": instant(promise.due_at),
        "made_at": instant(promise.started_at),
        "kept_at": instant(promise.met_at),
        "broken_at": instant(promise.breached_at),
    }


def of_rating(rating: Rating) -> dict[str, Any]:
    """What the customer said of our work."""
    return {
        "kind": rating.kind,
        "value": rating.value,
        "comment": rating.comment,
        "answered_at": instant(rating.answered_at),
    }


def of_customer(customer: Customer) -> dict[str, Any]:
    """The record as it is now."""
    organization = customer.organization
    return {
        "id": customer.pk,
        "name": customer.name,
        "organization": {"id": organization.pk, "name": organization.name}
        if organization
        else None,
        "language": customer.language,
        "time_zone": customer.time_zone,
        "is_vip": customer.is_vip,
        "fields": customer.fields,
        "contact_points": [
            {"kind": point.kind, "value": point.value} for point in customer.contact_points.all()
        ],
        "merged_into": customer.merged_into_id,
        "created_at": instant(customer.created_at),
    }


def of_event(event: TicketEvent) -> dict[str, Any]:
    """Who did it; nobody: the customer, or the desk by itself."""
    more = {}
    if event.kind == "priority_changed":
        more = {"before": event.facts.get("from"), "after": event.facts.get("to")}
    elif event.kind == "merged_in":
        more = {"merged": event.facts.get("number")}
    return {"by": of_agent(event.agent), **more}
