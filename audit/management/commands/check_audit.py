from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.checking import Checker, Head


class Command(BaseCommand):
    help = (
        "Work the chain of the audit log out again and name the first row that was changed or is"
        " gone. Changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--noted",
            metavar="NUMBER:HASH",
            help="an end of the chain that an earlier run printed and that was kept elsewhere",
        )

    def handle(self, *args: Any, noted: str | None = None, **options: Any) -> None:
        checker = Checker(noted=_head(noted) if noted else None)
        checker.check()
        if checker.faults:
            raise CommandError("\n".join(["The audit log is not whole:", *checker.faults]))
        self.stdout.write(f"{checker.count} changes are as they were written.")
        self.stdout.write(f"Keep this elsewhere: {checker.head.number}:{checker.head.hash}")


def _head(text: str) -> Head:
    number, _, digest = text.partition(":")
    if not (number.isdecimal() and digest):
        raise CommandError("--noted takes NUMBER:HASH, as this command prints it.")
    return Head(int(number), digest)
