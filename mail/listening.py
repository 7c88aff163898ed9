"""New mail is heard of at once (IMAP IDLE, RFC 2177): no more than a wake-up for the look that would
find it anyway. Whatever goes wrong here, that look goes on and tells of it."""

from __future__ import annotations

import time
from threading import Event, Thread

import structlog
from django.db import connection
from django.utils import timezone
from imap_tools import BaseMailBox

from common import doorbell
from mail.connecting import connected
from mail.fetching import EVERY, FETCHES
from mail.models import MailboxSource

logger = structlog.get_logger(__name__)
# Seconds: a server may hang up after 30 minutes, and who was told to stop shall do so.
ONE_WAIT = 60.0
# What was heard while somebody is looking already is told again when they have finished.
SOON = 2.0
# After an end of any kind; until then mail is found by looking.
REST = 300.0
ATTEND_EVERY = 10.0
PLACE = (
    *("host", "port", "security", "user", "folder", "auth", "provider"),
    *("secret", "signed_in_at"),
)


class Listeners:
    """One thread for each mailbox that wants to be listened to."""

    def __init__(self) -> None:
        self.ears: dict[int, Ear] = {}
        self.resting: dict[int, float] = {}

    def attend(self) -> float:
        """Begin and end listening as the mailboxes now want it; return the seconds to the next
        time."""
        wanted = {source.pk: source for source in MailboxSource.objects.listening()}
        for pk, ear in list(self.ears.items()):
            if not ear.is_alive():
                self.resting[pk] = time.monotonic() + REST
                del self.ears[pk]
            elif pk not in wanted or ear.place != _place(wanted[pk]):
                ear.stopping.set()
                del self.ears[pk]
        for pk, source in wanted.items():
            if pk not in self.ears and time.monotonic() > self.resting.get(pk, 0):
                self.ears[pk] = Ear(source)
                self.ears[pk].start()
        return ATTEND_EVERY


class Ear(Thread):
    """Listens to one mailbox until it is told to stop or the connection ends."""

    def __init__(self, source: MailboxSource) -> None:
        super().__init__(name=f"listening to {source.pk}", daemon=True)
        self.source, self.place = source, _place(source)
        self.stopping = Event()

    def run(self) -> None:
        try:
            self._listen()
        # Its kind says nothing: looking for mail goes on, and tells what is wrong.
        except Exception as error:
            logger.info("mail.listening_ended", source=self.source.pk, error=type(error).__name__)
        finally:
            connection.close()

    def _listen(self) -> None:
        has_heard = False
        with connected(self.source) as box:
            if "IDLE" not in box.client.capabilities:
                return
            box.folder.set(self.source.folder)
            _late_news(box)
            while not self.stopping.is_set():
                has_heard = _hear(box, seconds=SOON if has_heard else ONE_WAIT) or has_heard
                if has_heard and wake(self.source.pk):
                    has_heard = False
                # Most of the time there is nothing to ask the database.
                connection.close()


def wake(source_id: int) -> bool:
    """Have the mailbox looked into now; False while somebody is at it."""
    now = timezone.now()
    # Who is looking holds it for longer than the pause between two looks.
    free = MailboxSource.objects.filter(pk=source_id, next_fetch_at__lte=now + EVERY)
    if not free.update(next_fetch_at=now):
        return False
    doorbell.ring(FETCHES, source_id)
    return True


def _hear(box: BaseMailBox, *, seconds: float) -> bool:
    """Whether there is more in the folder than before; that mail was moved away is no news."""
    said = box.idle.wait(timeout=seconds)
    is_late = _late_news(box)
    return is_late or any(b"EXISTS" in line.upper() for line in said)


def _late_news(box: BaseMailBox) -> bool:
    """What the server said between two waits; imaplib keeps it."""
    return bool(box.client.untagged_responses.pop("EXISTS", None))


def _place(source: MailboxSource) -> tuple[object, ...]:
    return tuple(getattr(source, name) for name in PLACE)
