"""Mails in mbox files (RFC 4155), as Gmail, Thunderbird and most servers export them.

Mails that answer each other are one ticket. What one of our own addresses sent, those of agents and
mailboxes, is ours; all of it is taken as done.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import IO

from django.utils.translation import gettext as _

from accounts.models import Agent as OurAgent
from common.digests import digest_of
from customers.normalizing import normalize_email
from mail.models import Mailbox
from mail.reading.reading import IncomingMail, read_mail
from sla.models import Priority, Status
from transfers.bundles import Bundle, matching
from transfers.reading.lines import text_lines
from transfers.reading.spool import Spool, spooling
from transfers.reading.values import BadValue, Things, text
from transfers.records import Agent, Attachment, Customer, Fault, Message, Record, Ticket

MOST_OF_A_MAIL = 64 * 2**20
REPLY_MARKS = ("re:", "fwd:", "fw:", "aw:", "返信:", "転送:")


def read(bundle: Bundle) -> Things:
    """First each mail is put aside under what it belongs to, then every thread is told."""
    threads = _Threads()
    with spooling() as spool:
        for name in matching(bundle, "*.mbox", "*.mbx", "mbox", "*.mbox.txt"):
            with bundle.open(name) as file:
                yield from threads.sort(file, name, spool)
        for thread in threads.in_order():
            try:
                yield from list(_told(thread, spool))
            except BadValue as error:
                yield Fault(place=thread, message=str(error))


def _letters(file: IO[bytes]) -> Iterator[tuple[int, bytes | None]]:
    """Each mail with where it begins; None for one that is too large."""
    letter, begins, size = list[bytes](), 0, 0
    at = 0
    for _number, line in text_lines(file):
        length = len(line) if line is not None else 0
        if (
            line is not None
            and line.startswith(b"From ")
            and (not letter or letter[-1].strip() == b"")
        ):
            if letter or size:
                yield begins, b"".join(letter) if size <= MOST_OF_A_MAIL else None
            letter, begins, size = [], at + length, 0
        else:
            size += length or MOST_OF_A_MAIL + 1
            if size <= MOST_OF_A_MAIL and line is not None:
                quoted = line.lstrip(b">").startswith(b"From ") and line.startswith(b">")
                letter.append(line[1:] if quoted else line)
        at += length
    if letter or size:
        yield begins, b"".join(letter) if size <= MOST_OF_A_MAIL else None


@dataclass
class _Threads:
    """Which mail belongs to which, by their Message-IDs: a few letters for each mail in memory."""

    first_of: dict[str, str] = field(default_factory=dict)
    roots: dict[str, None] = field(default_factory=dict)

    def sort(self, file: IO[bytes], name: str, spool: Spool) -> Iterator[Fault]:
        """Put the mails of a file aside."""
        for begins, letter in _letters(file):
            place = f"{name}@{begins}"
            mail = read_mail(letter) if letter else None
            if mail is None or letter is None or mail.error:
                yield Fault(place=place, message=_("This mail cannot be read."))
                continue
            known = mail.message_id or place
            named = [*mail.references, mail.in_reply_to]
            root = next((self.first_of[each] for each in named if each in self.first_of), known)
            for each in (known, *filter(None, named)):
                self.first_of.setdefault(each, root)
            self.roots[root] = None
            spool.keep("mail", root, {"id": known, "letter": letter.decode("latin-1")})

    def in_order(self) -> Iterator[str]:
        """The threads, as they began."""
        yield from self.roots


def _told(thread: str, spool: Spool) -> Iterator[Record]:
    ours = _our_addresses()
    rows = spool.of("mail", thread)
    said: dict[str, tuple[datetime, IncomingMail]] = {}
    for row in rows:
        letter = str(row["letter"]).encode("latin-1")
        said[str(row["id"])] = (_sent_at(letter), read_mail(letter))
    told = sorted(said.items(), key=lambda each: each[1][0])
    asker = next(
        (mail for _id, (_at, mail) in told if normalize_email(mail.from_email) not in ours), None
    )
    first = told[0][1][1]
    if asker is None and first.to:
        customer = Customer(id=_known(first.to[0].email), emails=(first.to[0].email,))
    elif asker is not None:
        customer = Customer(
            id=_known(asker.from_email), name=asker.from_name, emails=(asker.from_email,)
        )
    else:
        raise BadValue(_("Nobody can be told who sent this, and to whom."))
    yield customer
    messages = []
    for known, (at, mail) in told:
        author = _known(mail.from_email)
        is_inbound = normalize_email(mail.from_email) not in ours
        if is_inbound and author != customer.id:
            yield Customer(id=author, name=mail.from_name, emails=(mail.from_email,))
        if not is_inbound:
            yield Agent(id=author, name=mail.from_name, email=mail.from_email)
        messages.append(_message(known, at, mail, author, is_inbound=is_inbound))
    yield Ticket(
        id=digest_of(thread),
        reference="mbox",
        subject=_subject(first.subject),
        status=Status.CLOSED,
        priority=Priority.NORMAL,
        customer=customer.id,
        opened_at=told[0][1][0],
        updated_at=told[-1][1][0],
        messages=tuple(messages),
    )


def _known(address: str) -> str:
    """Nobody is to be read out of what is kept to tell that they came."""
    return digest_of(normalize_email(address))


def _our_addresses() -> set[str]:
    agents = OurAgent.objects.values_list("email", flat=True)
    mailboxes = Mailbox.objects.values_list("address", flat=True)
    return {normalize_email(address) for address in (*agents, *mailboxes)}


def _message(
    known: str, at: datetime, mail: IncomingMail, author: str, *, is_inbound: bool
) -> Message:
    return Message(
        id=known[:200],
        at=at,
        body=text(mail.visible_reply_text or mail.body_text),
        is_inbound=is_inbound,
        author=author,
        author_name=mail.from_name,
        author_email=mail.from_email,
        attachments=tuple(
            Attachment(id=str(number), name=file.name, content=file.content)
            for number, file in enumerate(mail.attachments)
        ),
    )


def _sent_at(letter: bytes) -> datetime:
    head = letter[: letter.find(b"\n\n") if b"\n\n" in letter else 20_000]
    for line in head.split(b"\n"):
        if line.lower().startswith(b"date:"):
            try:
                found = parsedate_to_datetime(line[5:].decode("ascii", "replace").strip())
            except (ValueError, IndexError, TypeError):
                break
            return found if found.tzinfo else found.replace(tzinfo=UTC)
    raise BadValue(_("It does not say when it was sent."))


def _subject(subject: str) -> str:
    plain = subject.strip()
    while plain.lower().startswith(REPLY_MARKS):
        plain = plain.partition(":")[2].strip()
    return plain[:200]
