"""Erase again who was erased after a backup was taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from privacy.files import delete_doomed_files
from privacy.remembering import place
from privacy.replaying import replay_erasures


class Command(BaseCommand):
    help = "Erase again whom a file of erasures names: after an older database was put in place."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", help="default: the one in DATA_DIR")

    def handle(self, *args: Any, **options: Any) -> None:
        path = options["file"]
        if path is not None and not path.is_file():
            raise CommandError(_("There is no file %(path)s.") % {"path": path})
        number = replay_erasures(path or place())
        delete_doomed_files()
        self.stdout.write(_("Erased again: %(number)s") % {"number": number})
