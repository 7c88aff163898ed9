"""What is wrong with this desk, and what to do."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from helpdesk.doctor.examining import examine
from helpdesk.doctor.findings import Finding, Level

SIGNS = {Level.FINE: "✓", Level.WARNING: "!", Level.BROKEN: "✗"}


class Command(BaseCommand):
    help = "Say what is wrong and what to do. Changes nothing; exit 0 fine, 1 warnings, 2 broken."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(self, *args: Any, **options: Any) -> None:
        found = examine()
        self.stdout.write(as_json(found) if options["json"] else as_text(found))
        if worst := max(finding.level for finding in found):
            sys.exit(worst)


def as_json(found: Sequence[Finding]) -> str:
    """The findings with the level as a word."""
    told = [{**asdict(finding), "level": finding.level.name.lower()} for finding in found]
    return json.dumps(told, ensure_ascii=False, indent=1)


def as_text(found: Sequence[Finding]) -> str:
    """The worst first, each with why it matters and what to do."""
    lines = [line for finding in found for line in _lines(finding)]
    broken = sum(finding.level is Level.BROKEN for finding in found)
    warnings = sum(finding.level is Level.WARNING for finding in found)
    return "\n".join([*lines, "", _sum(broken, warnings)])


def _lines(finding: Finding) -> list[str]:
    lines = [f"{SIGNS[finding.level]} {finding.what}"]
    if finding.why:
        lines.append(f"    {finding.why}")
    if finding.command:
        lines.append(f"    → {finding.command}")
    return lines


def _sum(broken: int, warnings: int) -> str:
    if not broken and not warnings:
        return _("All is well.")
    return " ".join(
        [
            ngettext("%(count)s thing is broken.", "%(count)s things are broken.", broken)
            % {"count": broken},
            ngettext("%(count)s warning.", "%(count)s warnings.", warnings) % {"count": warnings},
        ]
    )
