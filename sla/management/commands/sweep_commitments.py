from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from sla.sweep import sweep_due


class Command(BaseCommand):
    help = "One pass over every commitment that is due now."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{sweep_due()} commitments acted on")
