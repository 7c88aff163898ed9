from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from common.catalogs import compile_catalogs


class Command(BaseCommand):
    help = "Compile the translations that changed. Needs no GNU gettext."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        for path in compile_catalogs():
            self.stdout.write(f"compiled {path.parent.parent.name}")
