"""Take the whole desk along."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from transfers.taking_along import export_to_folder


class Command(BaseCommand):
    help = "Write everything into a folder: JSON Lines, files and a manifest with digests."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", help="an empty folder, or one that is made")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            export_to_folder(Path(options["folder"]), tell=self.stdout.write)
        except FileExistsError:
            raise CommandError("There is something in this folder already.") from None
