"""Hold all mail, for a desk that was restored to try it out."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _

from mail.holding import hold_mail, release_mail


class Command(BaseCommand):
    help = "Let no letter leave and look into no mailbox, until --release."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--release", action="store_true", help="let mail go and come again")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["release"]:
            release_mail()
            self.stdout.write(_("Letters leave and mailboxes are looked into again."))
        else:
            hold_mail()
            self.stdout.write(_("No letter leaves and no mailbox is looked into. Letters wait."))
