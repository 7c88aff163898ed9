from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from sla.checking import differences
from sla.models import UNRESOLVED, Clock


class Command(BaseCommand):
    help = "Compute every clock again from its log and name each row that differs. Changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--open", action="store_true", help="only what is not resolved")

    def handle(self, *args: Any, **options: Any) -> None:
        clocks = Clock.objects.order_by("pk")
        if options["open"]:
            clocks = clocks.filter(status__in=UNRESOLVED)
        wrong = 0
        for clock in clocks.iterator(chunk_size=500):
            for difference in differences(clock, now=timezone.now()):
                wrong += 1
                self.stdout.write(f"{clock.path} {difference}")
        if wrong:
            raise CommandError(f"{wrong} rows differ from what their log says.")
        self.stdout.write(f"{clocks.count()} clocks are what their logs say.")
