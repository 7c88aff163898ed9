"""Keep a copy of the whole desk, while it goes on working."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from helpdesk.backup.contents import Manifest
from helpdesk.backup.errors import BackupError
from helpdesk.backup.servers import database_at_hand
from helpdesk.backup.taking import take, take_rotated
from helpdesk.ownership import become_owner


class Command(BaseCommand):
    help = "Write the database, the files and the secret key into a new directory."
    # A desk with a fault somewhere needs its backup all the more.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", type=Path)
        parser.add_argument(
            "--keep",
            type=int,
            metavar="N",
            help="write into a new directory below, named by the time, and keep the newest N",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        directory, keep = options["directory"].resolve(), options["keep"]
        if keep is not None and keep < 1:
            raise CommandError(_("Keep at least one backup."))
        become_owner()
        try:
            with database_at_hand():
                place, manifest = (
                    take_rotated(directory, keep=keep) if keep else (directory, take(directory))
                )
        except BackupError as refusal:
            raise CommandError(str(refusal)) from None
        for line in told(place, manifest):
            self.stdout.write(line)


def told(place: Path, manifest: Manifest) -> list[str]:
    """What is in it, what is not, and what must be kept beside it."""
    values = {
        "place": place,
        "rows": f"{manifest.rows:,}",
        "seconds": f"{manifest.seconds:.1f}",
        "taken_at": manifest.taken_at,
    }
    return [
        _("Backup of %(rows)s rows in %(seconds)s s: %(place)s") % values,
        _("It is of %(taken_at)s. What happens after that is not in it.") % values,
        _about_files(manifest),
        *_about_missing_files(manifest),
        _about_key(manifest),
    ]


def _about_files(manifest: Manifest) -> str:
    if manifest.files_elsewhere:
        return _(
            "The files are in %(place)s and not in this backup. Keep versions of them there."
        ) % {"place": manifest.files_elsewhere}
    return ngettext(
        "%(count)s file, %(size)s MB.", "%(count)s files, %(size)s MB.", manifest.files
    ) % {"count": manifest.files, "size": f"{manifest.file_bytes / 1e6:.1f}"}


def _about_missing_files(manifest: Manifest) -> list[str]:
    if not (count := len(manifest.missing_files)):
        return []
    return [
        ngettext(
            "%(count)s file is named in the database and not there: erased, or lost before. Its name"
            " is in manifest.json.",
            "%(count)s files are named in the database and not there: erased, or lost before. Their"
            " names are in manifest.json.",
            count,
        )
        % {"count": count}
    ]


def _about_key(manifest: Manifest) -> str:
    if manifest.holds_key:
        return _(
            "It holds the secret key, which opens customers' links and the passwords of mailboxes:"
            " keep it where only you can read it."
        )
    return _(
        "The secret key comes from the environment and is not in it. Keep it elsewhere: without it"
        " customers' links end and the passwords of mailboxes cannot be read."
    )
