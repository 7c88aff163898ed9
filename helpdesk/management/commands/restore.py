"""Put a backup back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils.translation import gettext as _

from helpdesk.backup import restoring
from helpdesk.backup.contents import Manifest
from helpdesk.backup.errors import BackupError
from helpdesk.backup.restoring import Holdings
from helpdesk.backup.servers import desk_at_rest
from helpdesk.ownership import become_owner
from mail.models import OutboundEmail
from privacy.models import Erasure
from privacy.remembering import note_all


class Command(BaseCommand):
    help = "Check a backup, then put its database, files and secret key in place of an empty desk."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", type=Path)
        parser.add_argument(
            "--replace", action="store_true", help="also when the desk is not empty, after asking"
        )
        parser.add_argument("--yes", action="store_true", help="do not ask")
        parser.add_argument(
            "--hold-mail",
            action="store_true",
            help="no letter leaves and no mailbox is looked into until hold_mail --release",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        directory = options["directory"].resolve()
        become_owner()
        try:
            manifest = restoring.examine(directory)
            self._say_about_key(manifest)
            with desk_at_rest():
                self._agree(restoring.holdings(), **options)
                remember_erasures()
                seconds = restoring.restore(directory, manifest, holds_mail=options["hold_mail"])
                waiting = OutboundEmail.objects.waiting().count()
        except BackupError as refusal:
            raise CommandError(str(refusal)) from None
        for line in told(manifest, seconds=seconds, waiting=waiting, held=options["hold_mail"]):
            self.stdout.write(line)

    def _say_about_key(self, manifest: Manifest) -> None:
        if not restoring.is_key_known(manifest):
            self.stderr.write(
                _(
                    "Careful: SECRET_KEY is not the one of the backup. Customers' links will not work"
                    " and the passwords of mailboxes cannot be read until the old key stands in"
                    " SECRET_KEY or SECRET_KEY_FALLBACKS."
                )
            )

    def _agree(self, found: Holdings, **options: Any) -> None:
        if not found:
            return
        there = _(
            "This desk has %(tickets)s tickets, %(customers)s customers and %(people)s people."
        ) % {"tickets": found.tickets, "customers": found.customers, "people": found.people}
        if not options["replace"]:
            raise CommandError(
                there + " " + _("To give them up for those of the backup, say --replace.")
            )
        if options["yes"]:
            return
        question = there + " " + _('All of it will be gone. Type "replace" to go on: ')
        if not sys.stdin.isatty() or input(question).strip() != "replace":
            raise CommandError(_("Nothing was changed."))


def remember_erasures() -> None:
    """The database that goes knows who was erased since the backup; prepare erases them again."""
    if Erasure._meta.db_table in connection.introspection.table_names():  # noqa: SLF001 - Django's documented way
        note_all()
    connection.close()


def told(manifest: Manifest, *, seconds: float, waiting: int, held: bool) -> list[str]:
    """What was done, and what comes next."""
    values = {
        "rows": f"{manifest.rows:,}",
        "files": manifest.files,
        "seconds": f"{seconds:.1f}",
        "taken_at": manifest.taken_at,
        "waiting": waiting,
        "place": manifest.files_elsewhere,
    }
    lines = [
        _("Restored and compared in %(seconds)s s. Rows: %(rows)s. Files: %(files)s.") % values,
        _("The desk is as of %(taken_at)s. Now run manage.py prepare, or make run.") % values,
        _("Promises go on: what fell due since then is acted on at once, late but never lost."),
    ]
    if manifest.files_elsewhere or settings.S3_BUCKET:
        lines.append(_about_files(manifest))
    if held:
        lines.append(
            _("No letter leaves and no mailbox is looked into until manage.py hold_mail --release.")
        )
    elif waiting:
        lines.append(
            _(
                "%(waiting)s letters were waiting. Those that left after the backup leave again,"
                " under the same Message-ID."
            )
            % values
        )
    return lines


def _about_files(manifest: Manifest) -> str:
    if manifest.files_elsewhere:
        return _("Files are not in the backup; the desk expects them in %(place)s.") % {
            "place": manifest.files_elsewhere
        }
    return _("The files were put into %(place)s; copy them into the bucket.") % {
        "place": settings.MEDIA_ROOT
    }
