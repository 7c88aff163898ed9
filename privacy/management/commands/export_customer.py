"""Write all that is stored of a customer into a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from customers.models import Customer
from privacy.handing_out import write_file
from privacy.people import person_of


class Command(BaseCommand):
    help = "Write all that is stored of a customer into a ZIP file: JSON, mails and files."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("customer", type=int, help="the number in the address of the record")
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--without-notes", action="store_true", help="leave out what only agents see"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        customer = Customer.objects.filter(pk=options["customer"]).first()
        if customer is None:
            raise CommandError(_("There is no such customer."))
        person = person_of(customer.merged_into or customer)
        with options["file"].open("xb") as target:
            options["file"].chmod(0o600)
            write_file(person, target, with_notes=not options["without_notes"])
        self.stdout.write(str(options["file"]))
