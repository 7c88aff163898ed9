"""The story of a ticket as the page tells it: what is old is folded, what is new is marked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _

from branding.selectors import brand_name
from desk.mails import MailWords, author_of, mail_words
from desk.third_parties import LetterWords, forward_url, letter_words
from mail.failures import reason_in_words, reason_of
from mail.models import OutboundEmail
from tickets.events import EventKind
from tickets.models import HandOver, Message, Note, ThirdPartyLetter, Ticket
from tickets.selectors import Entry

FOLDED_FROM = 3
# A page of some hundred entries is slow to make, to send and to read.
MOST_EARLIER = 20
MOST_RECENT = 40
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
    EventKind.UNSUBSCRIBED: "mail-x",
    EventKind.PARTICIPANT_ADDED: "user-plus",
    EventKind.PARTICIPANT_INVITED: "user-plus",
    EventKind.PARTICIPANT_JOINED: "user-check",
    EventKind.PARTICIPANT_REMOVED: "user-minus",
    EventKind.RETURNED: "phone-call",
    EventKind.LANGUAGE_CHANGED: "languages",
    EventKind.RATED: "smile",
    EventKind.RECOVERED: "heart-handshake",
    EventKind.MAIL_ACCEPTED: "shield-check",
    EventKind.FLOODED: "layers",
    EventKind.TAKEN_BACK: "undo-2",
    EventKind.SCHEDULED: "calendar-clock",
    EventKind.CALLED_OFF: "calendar-x",
    EventKind.TOPIC_CHANGED: "shapes",
    EventKind.FIELDS_CHANGED: "list-checks",
    EventKind.FORWARDED: "building-2",
    EventKind.HOLD_ENDED: "play",
    EventKind.CHASED: "message-circle-question-mark",
}


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Why a letter did not arrive, in words, and what its server said."""

    reason: str
    details: str


@dataclass(frozen=True, kw_only=True)
class Told:
    """One thing on the page: a message, a note or a fact."""

    kind: str  # inbound, outbound, note, brief, third_party, event
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
    forward_url: str = ""
    mentions: list[str] = field(default_factory=list)
    brief: HandOver | None = None
    is_new: bool = False
    mail: MailWords | None = None
    third_party: LetterWords | None = None
    asks_for_news: bool = False

    @property
    def label(self) -> str:
        """What a mail is when it is not surely from the customer."""
        return _("Mail from somebody else") if self.mail and self.mail.doubt else ""


@dataclass(frozen=True)
class Thread:
    """`earlier` is folded; `recent` begins with the newest words of the customer, unless very much
    came after them. So many entries before both are `left_out`."""

    earlier: list[Told]
    recent: list[Told]
    left_out: int = 0

    @property
    def folded(self) -> int:
        """How many entries are not seen at first."""
        return self.left_out + len(self.earlier)


def thread(
    ticket: Ticket,
    entries: Sequence[Entry],
    *,
    seen_at: datetime | None = None,
    is_whole: bool = False,
) -> Thread:
    """What was said and done, in order; what came after `seen_at` is marked as new. Of a long story
    only the end is told, unless `is_whole`."""
    inbound = [
        number
        for number, entry in enumerate(entries)
        if entry.message is not None and entry.message.is_inbound
    ]
    cut = inbound[-1] if inbound else 0
    if cut < FOLDED_FROM:
        cut = 0
    cut = max(cut, len(entries) - MOST_RECENT)
    left_out = 0 if is_whole else max(0, cut - MOST_EARLIER)
    story = [_told(ticket, entry, seen_at=seen_at) for entry in entries[left_out:]]
    if len(inbound) == 1 and inbound[0] >= left_out:
        # Nothing would be left here.
        only = inbound[0] - left_out
        story[only] = replace(story[only], split_url="")
    split = cut - left_out
    return Thread(earlier=story[:split], recent=story[split:], left_out=left_out)


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
    if entry.letter is not None:
        return _letter(ticket, entry, entry.letter, is_new=is_new)
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
        forward_url=forward_url(ticket, message),
        failure=_failure(email) if email and email.state == OutboundEmail.State.FAILED else None,
        is_waiting=bool(email and email.state in WAITING),
        asks_for_news=message.meaning == Message.Meaning.CHASER,
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
    return message.agent.name if message.agent else message.from_name or brand_name()


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


def _letter(ticket: Ticket, entry: Entry, letter: ThirdPartyLetter, *, is_new: bool) -> Told:
    email = letter.email
    ours = letter.agent.name if letter.agent else _("A former colleague")
    return Told(
        kind="third_party",
        at=letter.sent_at,
        anchor=f"third-party-{letter.pk}",
        author=letter.who if letter.is_inbound else ours,
        body=letter.body,
        attachments=[_file(attachment) for attachment in entry.files],
        forward_url=forward_url(ticket, letter),
        failure=_failure(email) if email and email.state == OutboundEmail.State.FAILED else None,
        is_waiting=bool(email and email.state in WAITING),
        is_new=is_new,
        third_party=letter_words(ticket, letter),
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
