"""Fill a desk with as many tickets as it should be tried with."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from helpdesk.load.generating import generate_load
from helpdesk.ownership import become_owner


class Command(BaseCommand):
    help = "Add generated tickets, customers, messages and notes: for trying out sizes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tickets", type=int, required=True, help="how many tickets to add")
        parser.add_argument("--seed", type=int, default=1, help="the same seed, the same tickets")

    def handle(self, *args: Any, **options: Any) -> None:
        # Numbers are taken by the thousand, which the desk itself may not.
        become_owner()
        began = time.monotonic()
        now = timezone.now().replace(microsecond=0)
        generate_load(options["tickets"], seed=options["seed"], now=now)
        seconds = time.monotonic() - began
        self.stdout.write(f"{options['tickets']} tickets in {seconds:.1f} s")
