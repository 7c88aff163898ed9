"""A mail that came in, on its way to a ticket: read, weighed, and not filed yet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from customers.normalizing import normalize_email
from mail.mailboxes import Mailboxes
from mail.models import InboundEmail, Mailbox
from mail.reading.process import ReadLetter
from mail.reading.reading import IncomingMail
from mail.reading.trust import Verdict, arrived_at, verdict
from tickets.models import Attachment

SUBJECT = 200
# Kana are Japanese; so is a text of Chinese characters, on a desk that speaks these two languages.
JAPANESE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uff66-\uff9f]")
LATIN = re.compile(r"[A-Za-z]{2,}")
FORWARD = re.compile(r"(?i)^\s*(?:fwd?|wg|tr|rv|i|転送|fw)\s*[:：]|^\s*転送\s")
# What our servers say is believed for so long: a mail older than this was forged or lost for days.
LONGEST_WAY = timedelta(days=3)
TEXT_CHARACTERS = 500_000


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One mail with all that a decision about it rests on. `arrived_at` is when our first server
    had it: never later than we took it in, and never by the word of its sender."""

    email: InboundEmail
    mail: IncomingMail
    html: str
    mailbox: Mailbox
    mailboxes: Mailboxes
    trust: str
    is_auto: bool
    arrived_at: datetime
    # Mails that came earlier with the same Message-ID or the same words.
    alike: list[InboundEmail] = field(default_factory=list)
    # Files stored on its behalf, which are nobody's should it not be filed after all.
    kept_files: list[Attachment] = field(default_factory=list)

    @property
    def sender(self) -> str:
        """The address in From, in its usual spelling."""
        return normalize_email(self.mail.from_email)

    @property
    def is_verified(self) -> bool:
        return self.trust == InboundEmail.Trust.VERIFIED

    @property
    def is_forged(self) -> bool:
        return self.trust == InboundEmail.Trust.FAILED

    @property
    def is_forward(self) -> bool:
        return FORWARD.match(self.mail.subject) is not None

    @property
    def answers(self) -> list[str]:
        """The Message-IDs it answers, the nearest first."""
        nearest = [self.mail.in_reply_to, *reversed(self.mail.references)]
        return list(dict.fromkeys(each for each in nearest if each))

    @property
    def addressed_to(self) -> Iterator[str]:
        """Every address it was sent to, as far as anybody says."""
        yield from self.email.envelope_to
        yield from self.mail.delivered_to
        yield from (address.email for address in (*self.mail.to, *self.mail.cc))

    @property
    def body(self) -> str:
        return self.mail.visible_reply_text[:TEXT_CHARACTERS]

    @property
    def folded(self) -> str:
        """The signature and the quoted letter, as they stood below."""
        below = (self.mail.signature_text, self.mail.quoted_text)
        return "\n\n".join(part for part in below if part)[:TEXT_CHARACTERS]

    @property
    def language(self) -> str:
        """The language it is written in; the mailbox's own where that cannot be told."""
        text = f"{self.mail.subject} {self.body[:2000]}"
        if JAPANESE.search(text):
            return "ja"
        return "en" if len(LATIN.findall(text)) >= 4 else self.mailbox.language

    @property
    def subject(self) -> str:
        """The subject as that of a ticket."""
        with translation.override(self.language):
            return self.mail.subject[:SUBJECT].strip() or _("(no subject)")

    @property
    def message_ids(self) -> tuple[str, ...]:
        """What an answer refers to: what this mail answers, and the mail itself."""
        return (*self.mail.references, *([self.mail.message_id] if self.mail.message_id else []))

    @property
    def invitations(self) -> list[dict[str, object]]:
        """The meetings it invites to, as a message keeps them."""
        return [asdict(each) for each in self.mail.invitations]

    @property
    def message_fields(self) -> dict[str, Any]:
        """What a message on a ticket keeps of it."""
        return {
            "inbound": self.email,
            "body": self.body,
            "folded": self.folded,
            "html": self.html,
            "from_email": self.mail.from_email[:320],
            "from_name": self.mail.from_name[:200],
            "cuts": [str(cut) for cut in self.mail.cuts],
            "is_auto": self.is_auto,
        }


def weigh(email: InboundEmail, read: ReadLetter, *, mailboxes: Mailboxes) -> Letter:
    """Find out which mailbox it is for, whether it is from whom it says, and when it arrived."""
    mail = read.mail
    to = [*email.envelope_to, *mail.delivered_to, *(each.email for each in (*mail.to, *mail.cc))]
    mailbox = mailboxes.numbered(email.mailbox_id) or email.mailbox or mailboxes.addressed(to)
    servers = mailbox.trusted_servers
    arrived = arrived_at(mail.trace, servers=servers) or email.received_at
    return Letter(
        email=email,
        mail=mail,
        html=read.html,
        mailbox=mailbox,
        mailboxes=mailboxes,
        trust=_trust(email, mail, servers),
        # The empty sender is that of reports and answering machines, who want no answer.
        is_auto=mail.is_auto or email.envelope_from == "",
        arrived_at=max(min(arrived, email.received_at), email.received_at - LONGEST_WAY),
    )


def _trust(email: InboundEmail, mail: IncomingMail, servers: list[str]) -> str:
    """Nothing can be known of a sender who gives two names."""
    if mail.is_sender_ambiguous:
        return Verdict.FAILED
    return email.trust or verdict(mail.trace, servers=servers, sender=mail.from_email)


def is_own(letter: Letter) -> bool:
    """Whether a letter of ours came back to us, whichever way."""
    if settings.MAIL_HOST.lower() in {each.lower() for each in letter.mail.loops}:
        return True
    return letter.mailboxes.is_ours(letter.sender)
