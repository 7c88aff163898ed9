from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from transfers.as_file.whole import written_settings


class Command(BaseCommand):
    help = "Write the settings of the desk to a file, without people, passwords and pictures."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        options["file"].write_text(written_settings(), encoding="utf-8")
