"""What a page tells of a mail beside its words: who wrote it, what is doubtful, what was left out."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.downloads import INLINE_TYPES
from desk.meetings import Meeting, meeting
from mail.reading.limits import Cut
from mail.reading.safe_html import REMOTE
from tickets.models import Attachment, Message, ThirdPartyLetter, Ticket

DOUBTS = {
    Message.Doubt.UNVERIFIED: gettext_lazy(
        "Unverified sender: the check of the address failed, so anybody may have written this."
    ),
    Message.Doubt.STRANGER: gettext_lazy(
        "Not a participant: the mail belongs here, but its sender was not part of this ticket."
    ),
    Message.Doubt.AGENT: gettext_lazy(
        "Claims to be a colleague: it came by mail, and nothing proves who wrote it."
    ),
}
CUTS = {
    Cut.LETTER: gettext_lazy("The mail is too large. Only its beginning was read."),
    Cut.HEADERS: gettext_lazy("Some of its headers are very long and were not read to the end."),
    Cut.PARTS: gettext_lazy("It has very many parts. Only the first ones were read."),
    Cut.DEPTH: gettext_lazy("Parts that are packed into each other too deeply were not read."),
    Cut.ATTACHMENTS: gettext_lazy("It has very many files. Only the first ones were kept."),
    Cut.RECIPIENTS: gettext_lazy("It has very many recipients. Only the first ones were read."),
    Cut.REFERENCES: gettext_lazy("It names very many earlier mails. Only the newest were read."),
    Cut.TEXT: gettext_lazy("Its text is very long. Only the beginning is shown."),
    Cut.HTML: gettext_lazy("Its formatting is very large. Only the beginning was kept."),
}
CID = re.compile(r'src="cid:([^"]*)"')
HELD_BACK = re.compile(rf'{REMOTE}="([^"]*)"')
LARGEST_PICTURES = 8 * 2**20


@dataclass(frozen=True, kw_only=True)
class MailWords:
    """What stands around a message that came as a mail."""

    sender: str = ""
    is_auto: bool = False
    doubt: str = ""
    folded: str = ""
    cuts: Iterable[str] = ()
    meetings: Iterable[Meeting] = ()
    is_hidden: bool = False
    original_url: str = ""
    raw_url: str = ""
    accept_url: str = ""


def mail_words(ticket: Ticket, message: Message) -> MailWords | None:
    """None when it did not come as a mail."""
    if not (message.inbound_id or message.from_email or message.folded):
        return None
    place = [ticket.number, message.pk]
    return MailWords(
        sender=_sender(message),
        is_auto=message.is_auto,
        doubt=str(DOUBTS[Message.Doubt(message.doubt)]) if message.doubt else "",
        folded=message.folded,
        cuts=[str(CUTS[Cut(cut)]) for cut in message.cuts],
        meetings=[meeting(each) for each in message.invitations],
        is_hidden=message.is_hidden,
        original_url=reverse("desk:original", args=place) if message.html else "",
        raw_url=reverse("desk:raw_mail", args=place) if message.inbound_id else "",
        accept_url=reverse("desk:mail_accept", args=place) if message.doubt else "",
    )


def author_of(message: Message) -> str:
    """Who a mail that is not the customer's says it is from."""
    return message.from_name or message.from_email or _("Unknown sender")


def original_document(message: Message | ThirdPartyLetter, *, with_pictures: bool) -> str:
    """The mail as it looked to its sender, as a page of its own.

    Pictures of the mail are part of the page, so that it asks nobody for anything; those of others
    are loaded only `with_pictures`.
    """
    attachments = {each.cid.lower(): each for each in message.attachments.all() if each.cid}
    body = CID.sub(lambda found: _picture(found[1], attachments), message.html)
    if with_pictures:
        body = HELD_BACK.sub(r'src="\1" referrerpolicy="no-referrer"', body)
    return (
        '<!doctype html>\n<html><head><meta charset="utf-8">'
        # Written for white paper: a browser then puts some below it, in the dark too.
        '<meta name="color-scheme" content="light"><meta name="referrer" content="no-referrer">'
        f'<base target="_blank"><title>{html.escape(_("Original formatting"))}</title></head>'
        f"<body>{body}</body></html>"
    )


def has_remote_pictures(message: Message | ThirdPartyLetter) -> bool:
    return HELD_BACK.search(message.html) is not None


def _picture(cid: str, attachments: dict[str, Attachment]) -> str:
    attachment = attachments.get(html.unescape(cid).strip("<> ").lower())
    if attachment is None or attachment.content_type not in INLINE_TYPES:
        return ""
    if attachment.size > LARGEST_PICTURES:
        return ""
    try:
        with attachment.file.open("rb") as file:
            content = base64.b64encode(file.read()).decode("ascii")
    # The disk has lost it; the words are there all the same.
    except FileNotFoundError:
        return ""
    return f'src="data:{attachment.content_type};base64,{content}"'


def _sender(message: Message) -> str:
    if message.from_name and message.from_email:
        return f"{message.from_name} <{message.from_email}>"
    return message.from_email or message.from_name
