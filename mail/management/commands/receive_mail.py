"""`manage.py receive_mail [--mailbox ADDRESS] < message.eml`: the way in for delivery agents."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from mail.receiving import take_in


class Command(BaseCommand):
    help = "Takes in one raw mail from standard input. Exits with 75 when it must be sent again."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--mailbox", default="", help="the address it was delivered to")

    def handle(self, *args: Any, mailbox: str = "", **options: Any) -> None:
        raw = sys.stdin.buffer.read()
        try:
            take_in(
                raw,
                mailbox=None,
                source="pipe",
                # Delivery agents tell the envelope by these names (pipe(8) of Postfix, procmail).
                envelope_from=os.environ.get("SENDER"),
                envelope_to=[mailbox] if mailbox else [],
            )
        # Whatever it is: with 75 (sysexits.h) whoever delivers keeps the mail and tries again.
        except Exception as error:
            self.stderr.write(f"{type(error).__name__}: {error}")
            sys.exit(os.EX_TEMPFAIL)
