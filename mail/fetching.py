"""Mail is fetched from a mailbox: what is new by its number, each kept before anything is moved."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError
from django.db.models import F
from django.utils import timezone
from imap_tools import BaseMailBox
from imap_tools.errors import MailboxMoveError, UnexpectedCommandStatusError

from common import doorbell
from mail.connecting import connected
from mail.models import MailboxSource
from mail.reading.limits import LIMITS
from mail.receiving import take_in
from mail.secret_fields import known_secrets
from mail.troubles import NotKept, Trouble, said_by, trouble_of

logger = structlog.get_logger(__name__)
EVERY = timedelta(seconds=60)
LONGEST_PAUSE = timedelta(minutes=15)
# Counted anew after each mail: longer than a slow server needs for the largest one.
LEASE = timedelta(minutes=3)
# One look takes in no more than this and ends after so many wall seconds; the rest comes next.
MAILS_A_LOOK = 500
SECONDS_A_LOOK = 45.0
# Of a mail that is too big, this much is fetched: one byte more than is read, so that it is seen to
# be too big, is not taken apart, and the agents are told.
MOST_BYTES = LIMITS.letter_bytes + 1
LEFT_AT_MOST = 500
FETCHES = "mail.tasks.fetch_mailbox"


class LeaseLost(Exception):
    """Somebody else has taken the mailbox meanwhile, or its settings have changed."""


def ring_for_due() -> int:
    """Have each mailbox whose time has come looked into by a worker of its own; return how many."""
    due = list(MailboxSource.objects.due(timezone.now()).values_list("pk", flat=True))
    for pk in due:
        doorbell.ring(FETCHES, pk)
    return len(due)


def fetch_due() -> int:
    """Look into every mailbox whose time has come, one after the other; return how many mails."""
    due = list(MailboxSource.objects.due(timezone.now()).values_list("pk", flat=True))
    return sum(fetch(pk) for pk in due)


def fetch(source_id: int) -> int:
    """Take in what is new in this mailbox if nobody else is at it; return how many mails."""
    source = _claim(source_id, now=timezone.now())
    if source is None:
        return 0
    pass_ = _Pass(source)
    try:
        with connected(source) as box:
            pass_.run(box)
    except LeaseLost:
        logger.info("mail.fetch_lease_lost", source=source.pk)
    except (OperationalError, InterfaceError):
        # PostgreSQL is away; the lease runs out by itself.
        raise
    # Whatever it is, it is this mailbox's trouble alone.
    except Exception as error:
        _write_failure(source, error)
    else:
        _write_success(source, more=pass_.more)
    return pass_.taken


class _Pass:
    """One look into a mailbox."""

    def __init__(self, source: MailboxSource) -> None:
        self.source = source
        self.taken = 0
        self.more = 0
        self.not_moved: MailboxMoveError | None = None
        self.until = time.monotonic() + SECONDS_A_LOOK

    def run(self, box: BaseMailBox) -> None:
        """Take in what is new. Raises MailboxMoveError after all of it when it could not be moved."""
        self._take_all(box)
        if self.not_moved is not None:
            raise self.not_moved

    def _take_all(self, box: BaseMailBox) -> None:
        source = self.source
        self._find_the_place(box)
        box.folder.set(source.folder)
        uids = self._new_uids(box, start=source.last_uid)
        left, batch = list(source.left_uids), uids[:MAILS_A_LOOK]
        for number, uid in enumerate(batch):
            if time.monotonic() > self.until:
                self.more = len(uids) - number
                return
            is_here = self._take(box, uid)
            left = [each for each in left if each != uid] + ([] if is_here else [uid])
            self._note(last_uid=max(source.last_uid, uid), left_uids=left[-LEFT_AT_MOST:])
        self.more = len(uids) - len(batch)

    def _find_the_place(self, box: BaseMailBox) -> None:
        """Where to begin: after the last one, or anew when the server counts anew."""
        source = self.source
        status = box.folder.status(source.folder, ("UIDVALIDITY", "UIDNEXT"))
        validity = status.get("UIDVALIDITY", 0)
        if source.uid_validity is None:
            start = 0 if source.takes_what_is_there else status.get("UIDNEXT", 1) - 1
            self._note(
                uid_validity=validity,
                last_uid=start,
                left_uids=[],
                first_look_at=timezone.now(),
            )
        elif source.uid_validity != validity:
            logger.warning("mail.uid_validity_changed", source=source.pk)
            self._note(uid_validity=validity, last_uid=0, left_uids=[])

    def _new_uids(self, box: BaseMailBox, *, start: int) -> list[int]:
        source = self.source
        criteria = f"UID {start + 1}:*"
        if start == 0 and not source.takes_what_is_there and source.first_look_at:
            # What lay there before the first look stays out when everything is counted anew, too.
            since = source.first_look_at - timedelta(days=1)
            criteria += f" SINCE {since.day}-{MONTHS[since.month - 1]}-{since.year}"
        # "5:*" is never empty: when there is none from 5 on, it is the last one (RFC 3501 6.4.8).
        found = {int(uid) for uid in box.uids(criteria, None) if int(uid) > start}
        return sorted(found | set(source.left_uids))

    def _take(self, box: BaseMailBox, uid: int) -> bool:
        """Keep one mail and then move it; False when the server does not hand it over."""
        try:
            raw = _raw(box, uid)
        except box.client.abort:
            raise
        # The server has trouble with this one; the others must not wait for it.
        except (UnexpectedCommandStatusError, box.client.error) as error:
            logger.warning(
                "mail.not_handed_over", source=self.source.pk, error=type(error).__name__
            )
            return False
        if raw is not None:
            self._keep(raw)
            self._move(box, uid)
        return True

    def _keep(self, raw: bytes) -> None:
        try:
            take_in(
                raw,
                mailbox=self.source.mailbox,
                source="imap",
                envelope_from=None,
                envelope_to=[],
            )
        except (OperationalError, InterfaceError):
            raise
        except OSError as error:
            raise NotKept(type(error).__name__) from None
        self.taken += 1

    def _move(self, box: BaseMailBox, uid: int) -> None:
        source = self.source
        moves = source.after_fetch == MailboxSource.AfterFetch.MOVE and source.moves_to
        if not moves or self.not_moved is not None:
            return
        if not box.folder.exists(source.moves_to):
            with suppress(UnexpectedCommandStatusError):
                box.folder.create(source.moves_to)
        try:
            _move(box, str(uid), source.moves_to)
        # It is taken in; that it stays where it is must hold up no other mail.
        except UnexpectedCommandStatusError as error:
            self.not_moved = MailboxMoveError(error.command_result, error.expected)

    def _note(self, **fields: Any) -> None:
        """Write down how far it is, and hold the mailbox for another while. Raises LeaseLost."""
        if not _mine(self.source).update(**fields, next_fetch_at=timezone.now() + LEASE):
            raise LeaseLost
        for name, value in fields.items():
            setattr(self.source, name, value)


def _claim(source_id: int, *, now: datetime) -> MailboxSource | None:
    """Take the mailbox for LEASE: one conditional update, so one taker."""
    due = MailboxSource.objects.due(now).filter(pk=source_id).order_by()
    won = MailboxSource.objects.filter(pk__in=due.values("pk"), next_fetch_at__lte=now).update(
        fetches=F("fetches") + 1, next_fetch_at=now + LEASE
    )
    if not won:
        return None
    return MailboxSource.objects.select_related("mailbox").get(pk=source_id)


def _mine(source: MailboxSource) -> Any:
    return MailboxSource.objects.filter(pk=source.pk, fetches=source.fetches)


def _write_success(source: MailboxSource, *, more: int) -> None:
    now = timezone.now()
    _mine(source).update(
        last_success_at=now,
        last_error="",
        last_error_said="",
        failures=0,
        alerted_at=None,
        waiting_on_server=more + len(source.left_uids),
        next_fetch_at=now if more else now + EVERY,
    )


def _write_failure(source: MailboxSource, error: Exception) -> None:
    now, trouble = timezone.now(), trouble_of(error)
    logger.warning("mail.fetch_failed", source=source.pk, trouble=str(trouble))
    said = "" if trouble == Trouble.ODD else said_by(error, secrets=known_secrets(source))
    pause = min(EVERY * 2 ** min(source.failures, 10), LONGEST_PAUSE)
    _mine(source).update(
        last_error=trouble,
        last_error_said=said,
        last_error_at=now,
        failures=F("failures") + 1,
        next_fetch_at=now + pause,
    )


def _raw(box: BaseMailBox, uid: int) -> bytes | None:
    """The bytes of a mail, without marking it as read; None when it is gone meanwhile."""
    client = box.client
    what = "(BODY.PEEK[])"
    if _size(box, uid) > LIMITS.letter_bytes:
        what = f"(BODY.PEEK[]<0.{MOST_BYTES}>)"
    status, data = client.uid("FETCH", str(uid), what)
    if status != "OK":
        raise client.error(f"FETCH: {status}")
    return next((bytes(part[1]) for part in data or [] if isinstance(part, tuple)), None)


def _size(box: BaseMailBox, uid: int) -> int:
    status, data = box.client.uid("FETCH", str(uid), "(RFC822.SIZE)")
    if status != "OK":
        raise box.client.error(f"FETCH: {status}")
    for part in data or []:
        line = part[0] if isinstance(part, tuple) else part
        words = (line or b"").replace(b"(", b" ").replace(b")", b" ").split()
        if b"RFC822.SIZE" in words:
            return int(words[words.index(b"RFC822.SIZE") + 1])
    return 0


def _move(box: BaseMailBox, uid: str, folder: str) -> None:
    """Move one mail, and nothing else that somebody has marked as deleted."""
    if "MOVE" in box.client.capabilities:
        box.move(uid, folder)
        return
    box.copy(uid, folder)
    box.client.uid("STORE", uid, "+FLAGS", r"(\Deleted)")
    if "UIDPLUS" in box.client.capabilities:
        box.client.uid("EXPUNGE", uid)


# As IMAP writes them (RFC 3501 9), whatever the locale.
MONTHS: Sequence[str] = [
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
]
