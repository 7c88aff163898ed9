"""Erase a customer from the command line."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from customers.models import Customer
from privacy.erasing import effect_of, erase_customer
from privacy.exceptions import CannotErase


class Command(BaseCommand):
    help = "Erase all that is stored of a customer. Numbers and times of tickets stay."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("customer", type=int, help="the number in the address of the record")
        parser.add_argument(
            "--close-open", action="store_true", help="resolve open tickets first, without a word"
        )
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        customer = Customer.objects.filter(pk=options["customer"]).first()
        if customer is None:
            raise CommandError(_("There is no such customer."))
        effect = effect_of(customer.merged_into or customer)
        for name, number in effect.items():
            self.stdout.write(f"{name}: {number}")
        if not options["yes"] and not self._agrees(effect["tickets"]):
            raise CommandError(_("Nothing was changed."))
        try:
            erase_customer(customer, by=None, closes=options["close_open"])
        except CannotErase as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(_("The customer is erased."))

    def _agrees(self, tickets: int) -> bool:
        question = _("This cannot be undone. Type the number of tickets to go on:")
        return input(f"{question} ").strip() == str(tickets)
