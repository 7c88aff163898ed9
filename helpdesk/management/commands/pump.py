"""The second pair of hands: sweeps and delivers with nothing but PostgreSQL."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from typing import Any

import structlog
from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError, close_old_connections
from django.utils import timezone

from common.models import Heartbeat
from mail.delivery import deliver_due
from mail.notifying import mail_notifications
from sla.sweep import seconds_to_next, sweep_due
from tickets.services.rematching import continue_rematch
from tickets.services.waiting import fire_due_waits

logger = structlog.get_logger(__name__)
# A worker usually takes a letter within milliseconds; the pump looks for those it did not take.
DELIVERY_EVERY = 2.0


class Command(BaseCommand):
    help = "Sweep commitments, mail notifications and deliver letters, without Redis or Celery."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--once", action="store_true", help="one pass, then exit")

    def handle(self, *args: Any, once: bool = False, **options: Any) -> None:
        self.stopping = False
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        next_delivery = 0.0
        while not self.stopping:
            delivers = once or time.monotonic() >= next_delivery
            if delivers:
                next_delivery = time.monotonic() + DELIVERY_EVERY
            if one_pass(delivers=delivers) and not once:
                time.sleep(_patience())
            elif once:
                return

    def _stop(self, *args: Any) -> None:
        self.stopping = True


def one_pass(*, delivers: bool) -> bool:
    """Do all that is due; each part on its own, so that trouble in one does not stop the others."""
    close_old_connections()
    parts: list[Callable[[], Any]] = [
        lambda: sweep_due(sweeper="pump"),
        lambda: mail_notifications(now=timezone.now()),
    ]
    if delivers:
        parts += [fire_due_waits, deliver_due, continue_rematch, lambda: Heartbeat.beat("pump")]
    for part in parts:
        try:
            part()
        except (DatabaseError, InterfaceError):
            logger.warning("pump.database_away")
            close_old_connections()
            time.sleep(1)
            return True
        except Exception:
            logger.exception("pump.part_failed")
    return True


def _patience() -> float:
    """Sleep until the next due second, a second at most."""
    try:
        return seconds_to_next(at_most=1.0)
    except (DatabaseError, InterfaceError):
        return 1.0
