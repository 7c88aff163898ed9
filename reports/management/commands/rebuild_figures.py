"""Count everything again, from what happened."""

from __future__ import annotations

import os
import time
from datetime import date, datetime
from datetime import time as clock_time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection
from django.utils import timezone

from reports.facts import keeping


class Command(BaseCommand):
    help = "Find all facts that reports count, and add them up again. The desk may run meanwhile."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--since",
            type=date.fromisoformat,
            help="only of tickets that something happened on since this day (YYYY-MM-DD)",
        )

        parser.add_argument(
            "--processes",
            type=int,
            default=os.cpu_count() or 1,
            help="that look at tickets at once",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        tickets = (
            self._some(options["since"]) if options["since"] else self._all(options["processes"])
        )
        self.stdout.write(f"{tickets} tickets in {time.monotonic() - began:.1f} s")

    def _some(self, since: date) -> int:
        midnight = timezone.make_aware(datetime.combine(since, clock_time()))
        tickets = keeping.mark_stale(since=midnight)
        keeping.keep_all()
        return tickets

    def _all(self, processes: int) -> int:
        tickets = 0
        # Within a transaction nobody else sees what there is to look at.
        for tickets in keeping.rebuild(processes=1 if connection.in_atomic_block else processes):
            self.stdout.write(f"{tickets}", ending="\r")
        keeping.keep_all()
        return tickets
