"""The second pair of hands: sweeps and delivers with nothing but PostgreSQL."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from functools import partial
from threading import Thread
from typing import Any

import structlog
from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError, close_old_connections
from django.utils import timezone

from audit.services import seal_changes
from integrations.delivering import deliver_due as deliver_webhooks
from integrations.telling import tell_waiting
from mail.delivery import deliver_due
from mail.fetching import fetch_due
from mail.listening import ATTEND_EVERY, Listeners
from mail.mailbox_editing import tell_of_silent_mailboxes
from mail.notifying import mail_notifications
from rules.recurring import open_due
from rules.running import run_on_occurrences, run_on_time
from sla.sweep import seconds_to_next, sweep_due
from tickets.services.acknowledging import note_acknowledgements
from tickets.services.bulk import continue_bulk_changes
from tickets.services.digesting import send_due_digests
from tickets.services.distributing import hand_out_waiting, take_back_idle
from tickets.services.filing import file_waiting_mail, tell_of_waiting_mail
from tickets.services.holding import hold_due_promises
from tickets.services.rematching import continue_rematch
from tickets.services.scheduling import send_scheduled
from tickets.services.undelivered import take_up_failures
from tickets.services.waiting import fire_due_waits
from transfers.working import continue_imports

logger = structlog.get_logger(__name__)
# A worker usually takes a letter within milliseconds; the pump looks for those it did not take.
ERRANDS_EVERY = 2.0
FETCH_EVERY = 15.0
LETTERS_A_PASS = 10
MAILS_A_PASS = 50
# Letters wait meanwhile.
IMPORTS_SECONDS = 2.0
# What is due and still there after a sweep is held by somebody at work; look again, but not madly.
SHORTEST_PAUSE = 0.1
LONGEST_PAUSE = 1.0
PATIENCE_WITH_A_LETTER = 4.0
Pass = Callable[[], float]


class Command(BaseCommand):
    help = "Sweep commitments, mail notifications and deliver letters, without Redis or Celery."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--once", action="store_true", help="one pass, then exit")

    def handle(self, *args: Any, once: bool = False, **options: Any) -> None:
        if once:
            sweep()
            run_errands()
            fetch_mail()
            tell_others()
            return
        self.stopping = False
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        # A mail server that hangs must not delay the sweep by a second.
        errands = Thread(target=self._repeat, args=(run_errands,), name="errands", daemon=True)
        errands.start()
        # Nor must a mailbox that hangs delay the letters.
        Thread(target=self._repeat, args=(fetch_mail,), name="fetching", daemon=True).start()
        # Nor an endpoint of a webhook.
        Thread(target=self._repeat, args=(tell_others,), name="telling", daemon=True).start()
        listening = partial(listen_for_mail, Listeners())
        Thread(target=self._repeat, args=(listening,), name="listening", daemon=True).start()
        self._repeat(sweep)
        errands.join(PATIENCE_WITH_A_LETTER)

    def _repeat(self, one_pass: Pass) -> None:
        while not self.stopping:
            time.sleep(one_pass())

    def _stop(self, *args: Any) -> None:
        self.stopping = True


def sweep() -> float:
    """Do what is due and say how many seconds there are until the next pass."""
    _attempt(lambda: sweep_due(sweeper="pump"))
    _attempt(lambda: mail_notifications(now=timezone.now()))
    pause = _attempt(lambda: seconds_to_next(at_most=LONGEST_PAUSE))
    return LONGEST_PAUSE if pause is None else max(SHORTEST_PAUSE, pause)


def run_errands() -> float:
    """Do what may take its time, and say how many seconds there are until the next pass."""
    _attempt(lambda: file_waiting_mail(limit=MAILS_A_PASS))
    _attempt(tell_of_waiting_mail)
    _attempt(note_acknowledgements)
    _attempt(fire_due_waits)
    _attempt(hold_due_promises)
    _attempt(send_scheduled)
    _attempt(take_up_failures)
    _attempt(take_back_idle)
    _attempt(hand_out_waiting)
    _attempt(send_due_digests)
    _attempt(continue_rematch)
    _attempt(continue_bulk_changes)
    _attempt(lambda: continue_imports(seconds=IMPORTS_SECONDS))
    _attempt(run_on_occurrences)
    _attempt(run_on_time)
    _attempt(open_due)
    _attempt(seal_changes)
    return 0.0 if _attempt(lambda: deliver_due(limit=LETTERS_A_PASS)) else ERRANDS_EVERY


def fetch_mail() -> float:
    """Look into the mailboxes that no worker has looked into, and say how many seconds there are
    until the next pass."""
    _attempt(fetch_due)
    _attempt(tell_of_silent_mailboxes)
    return FETCH_EVERY


def listen_for_mail(listeners: Listeners) -> float:
    """Have the mailboxes that want it listened to, and say how many seconds there are until the next
    pass."""
    _attempt(listeners.attend)
    return ATTEND_EVERY


def tell_others() -> float:
    """Tell other systems what happened, and say how many seconds there are until the next pass."""
    _attempt(tell_waiting)
    return 0.0 if _attempt(deliver_webhooks) else ERRANDS_EVERY


def _attempt(part: Callable[[], float]) -> float | None:
    """Do one part on its own, so that trouble in it does not stop the others."""
    try:
        # At the end of its age, or broken by a restart of PostgreSQL.
        close_old_connections()
        return part()
    except (OperationalError, InterfaceError):
        logger.warning("pump.database_away")
    except Exception:
        logger.exception("pump.part_failed")
    return None
