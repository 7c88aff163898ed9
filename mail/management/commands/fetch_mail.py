"""`manage.py fetch_mail [--once]`: looks into the mailboxes, without Redis or Celery."""

from __future__ import annotations

import signal
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError, close_old_connections

from mail.fetching import fetch_due

PAUSE = 5.0


class Command(BaseCommand):
    help = "Takes in new mail from the IMAP mailboxes whose next look is due."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="one look, then exit")

    def handle(self, *args: Any, once: bool = False, **options: Any) -> None:
        if once:
            self.stdout.write(f"{fetch_due()} mails taken in")
            return
        self.stopping = False
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        while not self.stopping:
            self._look()
            time.sleep(PAUSE)

    def _look(self) -> None:
        try:
            close_old_connections()
            fetch_due()
        except (OperationalError, InterfaceError) as error:
            self.stderr.write(type(error).__name__)

    def _stop(self, *args: Any) -> None:
        self.stopping = True
