"""The tray of mail that came in: each is read, and filed in a transaction of its own.

Whatever is wrong with one, it stays in the house, is tried again, and never holds up the others.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Agent, Notification
from accounts.notifying import Notice
from accounts.selectors import mail_keeper_ids
from accounts.services import notify_agents
from common import doorbell
from common.prepared import prepared
from mail.limited import TOO_HEAVY, reader
from mail.mailboxes import Mailboxes
from mail.models import UNDECIDED, InboundEmail
from mail.reading.process import ReadLetter
from mail.receiving import FILES_MAIL
from tickets.attachments import discard_files
from tickets.exceptions import AlreadyFiled
from tickets.incoming import Letter, weigh
from tickets.models import MAIL_THREAD, Ticket
from tickets.services.receiving import open_from, receive

logger = structlog.get_logger(__name__)
State, Outcome, Reason = InboundEmail.State, InboundEmail.Outcome, InboundEmail.Reason
# Longer than reading and filing the worst mail takes.
LEASE = timedelta(seconds=90)
TRIES = 3
# Somebody took it so often and was never heard of again: it breaks whoever takes it.
CLAIMS = 6
PAUSES = [timedelta(minutes=1), timedelta(minutes=5)]
PASS_SECONDS = 30.0
BATCH = 20
WAITS_TOO_LONG = timedelta(minutes=15)
DESK = "/desk/mail/"
Act = Callable[..., None]
# What filing notes on the row of a mail.
WRITTEN = [
    *("state", "outcome", "reason", "last_error", "next_try_at", "filed_at", "mailbox", "thread"),
    *("message_id", "digest", "from_email", "from_name", "subject", "trust", "is_auto"),
    *("is_bounce", "duplicate_of"),
]
# Why a mail that was read cannot be filed; everything else that `read_mail` tells is a cut.
NOT_READ = "The letter is too big"


def file_waiting_mail(*, now: datetime | None = None, limit: int = 1000) -> int:
    """File what waits, the longest waiting first, and return how many mails were taken.

    Any number of processes may do it: each mail is taken by one of them.
    """
    until = time.monotonic() + PASS_SECONDS
    taken = 0
    while taken < limit and time.monotonic() < until:
        waiting = InboundEmail.objects.filter(next_try_at__lte=now or timezone.now())
        batch = list(waiting.order_by("next_try_at", "pk")[: min(BATCH, limit - taken)])
        mailboxes = Mailboxes()
        done = sum(
            file_inbound_email(email, mailboxes=mailboxes, now=now)
            for email in batch
            if time.monotonic() < until
        )
        if not done:
            break
        taken += done
    return taken


def file_inbound_email(
    email: InboundEmail, *, mailboxes: Mailboxes | None = None, now: datetime | None = None
) -> bool:
    """File one mail, unless somebody else has it or it is done; whether it was taken."""
    if not _claim(email, now=now or timezone.now()):
        return False
    try:
        read = reader.read(_raw(email))
        _file(email, read, receive, mailboxes=mailboxes or Mailboxes(), now=now or timezone.now())
    # The mail's lease runs out by itself, and it was not its fault.
    except (OperationalError, InterfaceError):
        raise
    # Whatever nobody foresaw in this mail, the others are owed their turn.
    except Exception as error:
        logger.exception("mail.not_filed", email=email.pk)
        _put_off(email, error, now=now or timezone.now())
    return True


def process_again(email: InboundEmail, *, now: datetime | None = None) -> None:
    """A person asks for another try. Raises AlreadyFiled."""
    now = now or timezone.now()
    again = InboundEmail.objects.undecided().filter(pk=email.pk)
    if not again.update(state=State.NEW, reason="", attempts=0, next_try_at=now, digest=""):
        raise AlreadyFiled.told()
    doorbell.ring(FILES_MAIL)


def open_as_ticket(email: InboundEmail, *, by: Agent, now: datetime | None = None) -> Ticket | None:
    """A person takes it for an inquiry, whatever is doubtful about it; the ticket, if the mail is
    not a copy of one that has been filed. Raises AlreadyFiled."""
    now = now or timezone.now()
    opened: list[Ticket] = []

    def act(letter: Letter, *, now: datetime) -> None:
        opened.append(open_from(letter, maybe=_named(letter.email), now=now))

    logger.info("mail.opened_by_hand", email=email.pk, agent=by.pk)
    if email.state not in UNDECIDED:
        raise AlreadyFiled.told()
    if not _file(email, reader.read(_raw(email)), act, mailboxes=Mailboxes(), now=now):
        raise AlreadyFiled.told()
    return opened[0] if opened else None


def discard(email: InboundEmail, *, by: Agent, now: datetime | None = None) -> None:
    """A person has looked at it and wants nothing done. It is kept. Raises AlreadyFiled."""
    now = now or timezone.now()
    looked_at = InboundEmail.objects.undecided().filter(pk=email.pk)
    if not looked_at.update(state=State.DONE, outcome=Outcome.DISCARDED, filed_at=now):
        raise AlreadyFiled.told()
    logger.info("mail.discarded", email=email.pk, agent=by.pk)


def tell_of_waiting_mail(*, now: datetime | None = None) -> int:
    """Tell who looks after mail, once, of what could not be filed in a quarter of an hour."""
    now = now or timezone.now()
    late = InboundEmail.objects.filter(
        state__in=[State.NEW, State.FAILED], received_at__lte=now - WAITS_TOO_LONG, alerted_at=None
    )
    ids = list(late.order_by("pk").values_list("pk", flat=True)[:500])
    if not ids:
        return 0
    with transaction.atomic():
        first = InboundEmail.objects.select_for_update().get(pk=ids[0])
        told = InboundEmail.objects.filter(pk__in=ids, alerted_at=None).update(alerted_at=now)
        if told:
            _tell_keepers(first, now=now)
    return told


def _claim(email: InboundEmail, *, now: datetime) -> bool:
    """Take the mail for LEASE: one conditional update, so one taker."""
    mine = InboundEmail.objects.filter(
        pk=email.pk, state=State.NEW, attempts=email.attempts, next_try_at__lte=now
    )
    if not mine.update(attempts=email.attempts + 1, next_try_at=now + LEASE):
        return False
    email.attempts += 1
    if email.attempts > CLAIMS:
        _give_up(email, Reason.TROUBLE, "It was taken several times and never came back.")
        return False
    return True


def _raw(email: InboundEmail) -> bytes:
    with email.raw.open("rb") as file:
        raw: bytes = file.read()
    return raw


def _file(
    email: InboundEmail, read: ReadLetter, act: Act, *, mailboxes: Mailboxes, now: datetime
) -> bool:
    """Everything that a mail brings about, in one transaction with its row; False when somebody
    else has seen to it meanwhile."""
    letter = weigh(email, read, mailboxes=mailboxes)
    before = {"state": email.state, "attempts": email.attempts}
    try:
        with transaction.atomic():
            _describe(letter)
            _decide(letter, act, is_by_hand=before["state"] != State.NEW, now=now)
            email.next_try_at = None
            email.filed_at = now if email.state == State.DONE else None
            mine = InboundEmail.objects.filter(pk=email.pk, **before)
            is_filed = mine.update(**{name: getattr(email, name) for name in WRITTEN}) == 1
            transaction.set_rollback(not is_filed)
    except BaseException:
        discard_files(letter.kept_files)
        raise
    if not is_filed:
        discard_files(letter.kept_files)
    return is_filed


def _describe(letter: Letter) -> None:
    """Note on the row what the mail says."""
    email, mail = letter.email, letter.mail
    email.state, email.reason, email.last_error = State.DONE, "", mail.error
    email.mailbox = letter.mailbox
    email.message_id = mail.message_id[:500]
    email.digest = mail.digest
    email.from_email, email.from_name = letter.sender[:320], mail.from_name[:200]
    email.subject = mail.subject[:400]
    email.trust = letter.trust
    email.is_auto, email.is_bounce = letter.is_auto, mail.is_bounce


def _decide(letter: Letter, act: Act, *, is_by_hand: bool, now: datetime) -> None:
    email, error = letter.email, letter.mail.error
    if error and not error.startswith(NOT_READ) and not is_by_hand:
        email.state = State.FAILED
        is_heavy = error == TOO_HEAVY or error.startswith("MemoryError")
        email.reason = Reason.TOO_HEAVY if is_heavy else Reason.UNREADABLE
    elif (original := _filed_before(letter)) is not None:
        email.outcome, email.duplicate_of = Outcome.DUPLICATE, original
    else:
        act(letter, now=now)


def _filed_before(letter: Letter) -> InboundEmail | None:
    """The same mail in a mailbox of the same team, which makes this one a copy.

    Two copies take turns, by a lock on what they say; the constraint on the table is the proof.
    """
    email = letter.email
    if not email.digest:
        return None
    with connection.cursor() as cursor:
        key = email.message_id or email.digest
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
    letter.alike.extend(_alike(email.pk, digest=email.digest, message_id=email.message_id))
    for each in letter.alike:
        is_same = (each.message_id, each.digest) == (email.message_id, email.digest)
        if is_same and each.mailbox and each.mailbox.team_id == letter.mailbox.team_id:
            return each
    return None


@prepared
def _alike(pk: int, *, digest: str, message_id: str) -> QuerySet[InboundEmail]:
    """Other mails of the same content, or of the same Message-ID if it has one."""
    same = Q(digest=digest) | (Q(message_id=message_id) & ~Q(message_id=""))
    others = InboundEmail.objects.filter(same, duplicate_of=None).exclude(pk=pk)
    return others.select_related("mailbox").order_by("pk")[:50]


def _named(email: InboundEmail) -> Ticket | None:
    """The ticket for which a mail was held back."""
    number = email.thread.removeprefix(MAIL_THREAD)
    return Ticket.objects.filter(pk=int(number)).first() if number.isdigit() else None


def _put_off(email: InboundEmail, error: Exception, *, now: datetime) -> None:
    reason = f"{type(error).__name__}: {error}"[:2000]
    if email.attempts >= TRIES:
        _give_up(email, Reason.TROUBLE, reason)
        return
    mine = InboundEmail.objects.filter(pk=email.pk, state=State.NEW, attempts=email.attempts)
    mine.update(next_try_at=now + PAUSES[email.attempts - 1], last_error=reason)


def _give_up(email: InboundEmail, reason: str, error: str) -> None:
    """A person must look at it, who should at least see who wrote about what."""
    mine = InboundEmail.objects.filter(pk=email.pk, state=State.NEW, attempts=email.attempts)
    told = {name: getattr(email, name) for name in ("from_email", "from_name", "subject")}
    mine.update(state=State.FAILED, reason=reason, next_try_at=None, last_error=error, **told)


def _tell_keepers(email: InboundEmail, *, now: datetime) -> None:
    notify_agents(
        [
            Notice(
                agent_id=agent_id,
                kind=Notification.Kind.MAIL_WAITS,
                label=email.subject or email.from_email or f"#{email.pk}",
                path=DESK,
                dedupe_key=f"mail_waits:{email.pk}:{agent_id}",
                mail_after=now,
            )
            for agent_id in mail_keeper_ids()
        ],
        now=now,
    )
