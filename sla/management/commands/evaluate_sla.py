"""`manage.py evaluate_sla FILE`: what the SLA rules make of written cases, as JSON."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sla.evaluation import EvaluationError, evaluate_file


class Command(BaseCommand):
    help = "Evaluates SLA cases (format: data/sla/README.md) and prints the results as JSON."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a file of cases or timelines")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            answers = evaluate_file(options["file"])
        except EvaluationError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(answers, ensure_ascii=False))
