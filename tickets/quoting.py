"""What a reply has below it: what the customer wrote last, and what was said before that.

Only what the customer may see anyway: no hidden message, nothing that can be taken back yet, and
nothing that is not a Message.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from branding.selectors import brand_name
from mail.letters import one_line, write_words
from mail.models import OutboundEmail
from mail.quoting import Said, at_most
from tickets.models import Message, Ticket

BEFORE = 2
LONGEST_NAME = 100


def history_of(ticket: Ticket, *, now: datetime) -> list[Said]:
    """The newest first, in the customer's language and zone; empty when they never wrote."""
    seen = _seen_by_customer(ticket, now=now)
    newest = seen.filter(direction=Message.Direction.INBOUND).order_by("-sent_at", "-pk").first()
    if newest is None:
        return []
    is_before = Q(sent_at__lt=newest.sent_at) | Q(sent_at=newest.sent_at, pk__lt=newest.pk)
    earlier = seen.filter(is_before).order_by("-sent_at", "-pk")[:BEFORE]
    return at_most([_said(each, ticket) for each in (newest, *earlier)])


def _seen_by_customer(ticket: Ticket, *, now: datetime) -> QuerySet[Message]:
    held_back = OutboundEmail.objects.held_back(now).filter(pk=OuterRef("email"))
    seen = Message.objects.filter(
        ~Exists(held_back),
        ticket__in=ticket.family(),
        sent_at__lte=now,
        is_hidden=False,
        is_auto=False,
        doubt="",
    )
    return seen.select_related("agent", "customer")


def _said(message: Message, ticket: Ticket) -> Said:
    line = write_words(
        "_said",
        language=ticket.language,
        time_zone=ticket.customer.time_zone,
        context={
            "at": message.sent_at,
            "name": one_line(_author(message, ticket))[:LONGEST_NAME],
            "is_ours": not message.is_inbound,
        },
    )
    return Said(line, message.body.replace("\r\n", "\n").strip())


def _author(message: Message, ticket: Ticket) -> str:
    if message.is_inbound:
        return (message.customer or ticket.customer).name or message.from_name
    return message.agent.name if message.agent else brand_name()
