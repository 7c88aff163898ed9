"""The story of a ticket as the page tells it: what is old is folded, what is new is marked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _

from desk.mails import MailWords, author_of, mail_words
from mail.failures import reason_in_words, reason_of
from mail.models import OutboundEmail
from tickets.events import EventKind
from tickets.models import HandOver, Message, Note, Ticket
from tickets.selectors import Entry

FOLDED_FROM = 3
EVENT_TONES = {EventKind.RESOLVED: "kept", EventKind.UNDELIVERED: "late"}
EVENT_ICONS = {
    EventKind.OPENED: "inbox",
    EventKind.ACKNOWLEDGED: "mail-check",
    EventKind.ASSIGNED: "user-check",
    EventKind.RELEASED: "user-x",
    EventKind.HANDED_OVER: "forward",
    EventKind.WENT_BACK: "undo-2",
    EventKind.RESOLVED: "circle-check",
    EventKind.REOPENED: "rotate-ccw",
    EventKind.REMINDED: "mail",
    EventKind.HELD: "hourglass",
    EventKind.CLOSED: "archive",
    EventKind.PRIORITY_CHANGED: "flag",
    EventKind.PUT_ON_HOLD: "pause",
    EventKind.WAITING: "hourglass",
    EventKind.RESUMED: "play",
    EventKind.MARKED_AS_SPAM: "ban",
    EventKind.MERGED_IN: "merge",
    EventKind.SEPARATED: "split",
    EventKind.SPLIT_OFF: "split",
    EventKind.SPLIT_FROM: "split",
    EventKind.LINKED: "link",
    EventKind.UNLINKED: "unlink",
    EventKind.UNDELIVERED: "mail-x",
    EventKind.CALL_MISSED: "phone-missed",
    EventKind.DELAYED: "hourglass",
    EventKind.NOT_IN_CC: "mail-x",
    EventKind.COMPLAINED: "mail-x",
    EventKind.PARTICIPANT_ADDED: "user-plus",
    EventKind.PARTICIPANT_REMOVED: "user-minus",
    EventKind.MAIL_ACCEPTED: "shield-check",
    EventKind.FLOODED: "layers",
    EventKind.TAKEN_BACK: "undo-2",
    EventKind.SCHEDULED: "calendar-clock",
    EventKind.CALLED_OFF: "calendar-x",
}


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Why a letter did not arrive, in words, and what its server said."""

    reason: str
    details: str


@dataclass(frozen=True, kw_only=True)
class Told:
    """One thing on the page: a message, a note or a fact."""

    kind: str  # inbound, outbound, note, brief, event
    at: datetime
    anchor: str = ""
    author: str = ""
    body: str = ""
    language: str = ""
    channel: str = ""
    channel_label: str = ""
    icon: str = ""
    tone: str = ""
    attachments: list[dict[str, str]] = field(default_factory=list)
    failure: Failure | None = None
    is_waiting: bool = False
    undo_url: str = ""
    split_url: str = ""
    mentions: list[str] = field(default_factory=list)
    brief: HandOver | None = None
    is_new: bool = False
    mail: MailWords | None = None

    @property
    def label(self) -> str:
        """What a mail is when it is not surely from the customer."""
        return _("Mail from somebody else") if self.mail and self.mail.doubt else ""


@dataclass(frozen=True)
class Thread:
    """`earlier` is folded; `recent` begins with the newest words of the customer."""

    earlier: list[Told]
    recent: list[Told]


def thread(ticket: Ticket, entries: Iterable[Entry], *, seen_at: datetime | None = None) -> Thread:
    """Everything said and done, in order; what came after `seen_at` is marked as new."""
    story = [_told(ticket, entry, seen_at=seen_at) for entry in entries]
    inbound = [
        number for number, told in enumerate(story) if told.kind == Message.Direction.INBOUND
    ]
    if len(inbound) == 1:
        # Nothing would be left here.
        story[inbound[0]] = replace(story[inbound[0]], split_url="")
    cut = inbound[-1] if inbound else 0
    if cut < FOLDED_FROM:
        cut = 0
    return Thread(earlier=story[:cut], recent=story[cut:])


def open_brief(entries: Iterable[Entry]) -> HandOver | None:
    """What the new holder has to read first, until they have."""
    briefs = [entry.brief for entry in entries if entry.brief]
    return briefs[-1] if briefs and briefs[-1].accepted_at is None else None


def _told(ticket: Ticket, entry: Entry, *, seen_at: datetime | None) -> Told:
    is_new = seen_at is not None and entry.at > seen_at
    if entry.message is not None:
        return _message(ticket, entry.message, is_new=is_new)
    if entry.note is not None:
        return _note(entry.note, is_new=is_new)
    if entry.brief is not None:
        return Told(kind="brief", at=entry.at, brief=entry.brief, is_new=is_new)
    return Told(
        kind="event",
        at=entry.at,
        body=entry.event,
        icon=EVENT_ICONS.get(EventKind(entry.event_kind), "circle"),
        tone=EVENT_TONES.get(EventKind(entry.event_kind), ""),
        undo_url=reverse("desk:separation_create", args=[ticket.number, entry.merge])
        if entry.merge
        else "",
        is_new=is_new,
    )


def _message(ticket: Ticket, message: Message, *, is_new: bool) -> Told:
    email = message.email
    return Told(
        kind=message.direction,
        at=message.sent_at,
        anchor=f"message-{message.pk}",
        author=_author(ticket, message),
        body=message.body,
        language=ticket.language,
        channel=message.channel,
        channel_label=message.get_channel_display(),
        attachments=[_file(attachment) for attachment in message.attachments.all()],
        split_url=reverse("desk:split", args=[ticket.number, message.pk])
        if message.is_inbound
        else "",
        failure=_failure(email) if email and email.state == OutboundEmail.State.FAILED else None,
        is_waiting=bool(email and email.state in WAITING),
        is_new=is_new,
        mail=mail_words(ticket, message),
    )


WAITING = {OutboundEmail.State.QUEUED, OutboundEmail.State.SENDING}


def _author(ticket: Ticket, message: Message) -> str:
    if message.is_inbound and message.from_email and message.customer is None:
        return author_of(message)
    if message.is_inbound:
        customer = message.customer or ticket.customer
        return customer.name or _("Customer without a name")
    return message.agent.name if message.agent else settings.BRAND_NAME


def _note(note: Note, *, is_new: bool) -> Told:
    return Told(
        kind="note",
        at=note.written_at,
        anchor=f"note-{note.pk}",
        author=note.agent.name if note.agent else _("A former colleague"),
        body=note.body,
        mentions=note.mentions,
        is_new=is_new,
    )


def _file(attachment: Any) -> dict[str, str]:
    return {
        "url": reverse("desk:attachment", kwargs={"public_id": attachment.public_id}),
        "name": attachment.name,
        "size_label": filesizeformat(attachment.size),
    }


def _failure(email: OutboundEmail) -> Failure:
    reason = reason_in_words(reason_of(email.last_error), address=email.to)
    return Failure(reason=reason, details=email.last_error)
