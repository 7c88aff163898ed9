from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Agent, Role
from transfers.as_file.section import FileError
from transfers.as_file.whole import bring_in


class Command(BaseCommand):
    help = "Make the settings of the desk what a file says; what it does not name stays as it is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="only say what would change")
        parser.add_argument(
            "--by",
            metavar="EMAIL",
            help="the administrator who does it; not needed if there is one",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            text = options["file"].read_text(encoding="utf-8")
            changes = bring_in(text, by=_by(options["by"]), only_look=options["dry_run"])
        except (OSError, UnicodeDecodeError, FileError) as error:
            raise CommandError(str(error)) from None
        for change in changes:
            self.stdout.write(change.said)
        if not changes:
            self.stdout.write("Nothing to do.")


def _by(email: str | None) -> Agent:
    administrators = Agent.objects.filter(
        role=Role.ADMINISTRATOR, permission_set=None, is_active=True
    )
    found = administrators.filter(email__iexact=email) if email else administrators
    if len(found) != 1:
        raise CommandError("Name one administrator with --by EMAIL.")
    return found[0]
