"""Messages that other programs bring, from chats, social networks, LINE or a telephone: all of them
end in one record of the customer, and answers leave the way the question came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from common.outside import check_url
from customers.models import Customer
from customers.services import hold_customer, identify_customer
from integrations.events import CHANNEL_MESSAGE
from integrations.models import (
    Channel,
    ChannelIdentity,
    ChannelMessage,
    ChannelTicket,
    Webhook,
)
from integrations.services import delete_webhook, save_webhook
from sla.models import UNRESOLVED
from tickets.attachments import Upload, gather_uploads, keep_uploads
from tickets.models import Channel as TicketChannel
from tickets.models import Message, Ticket
from tickets.services.opening import Inquiry, open_ticket
from tickets.services.recording import preview_of
from tickets.services.replying import receive_reply

LONGEST_NAME = 200
LONGEST_TEXT = 50_000
LONGEST_SUBJECT = 100


class ChannelError(Exception):
    """The message was not taken; the sentence says why, and `code` says it to programs."""

    code = "refused"


class ChannelOff(ChannelError):
    """Somebody has switched the channel off."""

    code = "channel_off"


class BadMessage(ChannelError):
    """It lacks something, or has too much of it; `field` says of what."""

    code = "bad_message"

    def __init__(self, sentence: str, *, field: str) -> None:
        super().__init__(sentence)
        self.field = field


class NameTaken(ChannelError):
    """Another channel is called like that."""

    field = "name"


class TakenBefore(ChannelError):
    """Somebody else's message came under this name."""

    code = "external_id_taken"


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """What a program brings. `identity` is how it calls the person, and `external_id` the message:
    both for ever, and on this channel alone."""

    identity: str
    text: str
    external_id: str
    name: str = ""
    language: str = ""
    files: Sequence[Upload] = ()
    # Of files that were sent before and wait.
    uploads: Sequence[UUID] = ()


@dataclass(frozen=True)
class Received:
    """What became of it. `is_new`: it had not come before; `opened`: it is a ticket of its own."""

    message: Message
    ticket: Ticket
    is_new: bool
    opened: bool


def receive(channel: Channel, incoming: Incoming, *, now: datetime | None = None) -> Received:
    """Add the message to the open ticket of this person on this channel, or open one. The same
    `external_id` is taken once, and then says what became of it.

    Raises ChannelOff, BadMessage, TakenBefore, and tickets.exceptions.AttachmentRefused.
    """
    if not channel.is_active:
        raise ChannelOff(_("The channel “%(name)s” is switched off.") % {"name": channel.name})
    incoming = _checked(incoming)
    with transaction.atomic():
        _take_turns(channel, incoming)
        if earlier := _received_before(channel, incoming):
            return earlier
        return _receive(channel, incoming, now=now or timezone.now())


@transaction.atomic
def save_channel(channel: Channel, *, values: Mapping[str, Any], url: str, is_silent: bool) -> str:
    """Keep it, new or changed, with where its answers go: to `url`, or, when that is empty, where they
    went before; `is_silent`: nowhere, so that they leave as letters. The secret of a new endpoint in
    the clear, for the only time. Raises NameTaken, and NotAllowed and NotReached (common.outside).
    """
    if url and not is_silent:
        check_url(url)
    for name, value in values.items():
        setattr(channel, name, value)
    try:
        with transaction.atomic():
            channel.save()
    except IntegrityError as error:
        raise NameTaken(_("There is a channel of this name already.")) from error
    webhook = Webhook.objects.filter(channel=channel).first()
    if is_silent:
        if webhook is not None:
            delete_webhook(webhook)
        return ""
    if webhook is None and not url:
        return ""
    told = {"name": channel.name, "events": [CHANNEL_MESSAGE]}
    return save_webhook(webhook or Webhook(channel=channel), values=told, url=url)


def channel_name(ticket: Ticket) -> str:
    """Of the channel of another program by which it came; empty: it came otherwise."""
    if ticket.channel != TicketChannel.API:
        return ""
    came = ChannelTicket.objects.filter(ticket=ticket)
    return came.values_list("identity__channel__name", flat=True).first() or ""


def _checked(incoming: Incoming) -> Incoming:
    for field, longest in (("identity", LONGEST_NAME), ("external_id", LONGEST_NAME)):
        said = getattr(incoming, field)
        if not said.strip() or len(said) > longest or "\0" in said:
            raise BadMessage(
                _("Between 1 and %(longest)s characters are needed.") % {"longest": longest},
                field=field,
            )
    if not incoming.text.strip() and not (incoming.files or incoming.uploads):
        raise BadMessage(_("There is neither text nor a file."), field="text")
    if len(incoming.text) > LONGEST_TEXT or "\0" in incoming.text:
        raise BadMessage(
            _("At most %(longest)s characters are taken.") % {"longest": LONGEST_TEXT}, field="text"
        )
    if "\0" in incoming.name:
        raise BadMessage(_("This name cannot be stored."), field="name")
    return incoming


def _take_turns(channel: Channel, incoming: Incoming) -> None:
    """Messages of one channel under one name, or from one person, wait for each other."""
    keys = sorted({f"channel:{channel.pk}:m:{incoming.external_id}", _key_of(channel, incoming)})
    with connection.cursor() as cursor:
        for key in keys:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])


def _key_of(channel: Channel, incoming: Incoming) -> str:
    return f"channel:{channel.pk}:p:{incoming.identity}"


def _received_before(channel: Channel, incoming: Incoming) -> Received | None:
    came = ChannelMessage.objects.filter(channel=channel, external_id=incoming.external_id)
    earlier = came.select_related("message__ticket").first()
    if earlier is None:
        return None
    ticket = earlier.message.ticket
    theirs = ChannelIdentity.objects.filter(channel=channel, value=incoming.identity)
    if not theirs.filter(channel_tickets__ticket__in=ticket.family()).exists():
        raise TakenBefore(_("Another message came under this name."))
    is_first = not ticket.messages.filter(pk__lt=earlier.message_id).exists()
    return Received(earlier.message, ticket, is_new=False, opened=is_first)


def _receive(channel: Channel, incoming: Incoming, *, now: datetime) -> Received:
    identity = _identity(channel, incoming)
    key = uuid5(NAMESPACE_OID, f"channel:{channel.pk}:{incoming.external_id}")
    keep_uploads(incoming.files, submission_key=key, now=now)
    if incoming.uploads:
        gather_uploads(incoming.uploads, submission_key=key)
    text = incoming.text.strip() or _("A file was sent.")
    ticket = _open_ticket_of(identity)
    opened = ticket is None
    if ticket is None:
        ticket = open_ticket(
            Inquiry(
                subject=preview_of(text)[:LONGEST_SUBJECT],
                body=text,
                channel=TicketChannel.API,
                language=incoming.language or identity.customer.language,
                customer=identity.customer,
                team=channel.team,
                submission_key=key,
                is_answered_by_mail=not Webhook.objects.filter(channel=channel).exists(),
            ),
            now=now,
        ).ticket
        ChannelTicket.objects.create(identity=identity, ticket=ticket)
        message = ticket.messages.get()
    else:
        message = receive_reply(
            ticket, body=text, channel=TicketChannel.API, submission_key=key, now=now
        )
    ChannelMessage.objects.create(
        channel=channel, external_id=incoming.external_id, message=message
    )
    return Received(message, message.ticket, is_new=True, opened=opened)


def _identity(channel: Channel, incoming: Incoming) -> ChannelIdentity:
    known = ChannelIdentity.objects.filter(channel=channel, value=incoming.identity)
    if identity := known.select_related("customer").first():
        return identity
    customer = _new_customer(channel, incoming)
    return ChannelIdentity.objects.create(
        channel=channel, value=incoming.identity, customer=customer
    )


def _new_customer(channel: Channel, incoming: Incoming) -> Customer:
    """Nothing that a program says shows whose record it is: an agent merges what belongs together."""
    language = incoming.language or channel.language
    name = " ".join(incoming.name.split())[:100]
    return hold_customer(identify_customer(email="", name=name, language=language))


def _open_ticket_of(identity: ChannelIdentity) -> Ticket | None:
    """The newest that is not resolved; of one that was merged, the one where it is told on."""
    is_open = Q(ticket__status__in=UNRESOLVED) | Q(ticket__merged_into__status__in=UNRESOLVED)
    theirs = identity.channel_tickets.filter(is_open).select_related("ticket__merged_into")
    newest = theirs.order_by("-pk").first()
    return (newest.ticket.merged_into or newest.ticket) if newest else None
