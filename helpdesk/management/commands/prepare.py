"""All that must be there before the first request, in one process."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Team
from common.catalogs import compile_catalogs
from common.static_files import collect_static_files
from sla.defaults import install_defaults


class Command(BaseCommand):
    help = "Migrate, install what a fresh desk starts with, compile translations, collect files."

    def handle(self, *args: Any, **options: Any) -> None:
        if needs_migration():
            call_command("migrate", interactive=False, verbosity=0)
        compile_catalogs()
        install_defaults()
        ensure_team()
        if not settings.DEBUG:
            collect_static_files()
        if settings.DEMO:
            call_command("load_demo")


def needs_migration() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def ensure_team() -> None:
    """An inquiry needs a team to go to."""
    if not Team.objects.exists():
        with translation.override(settings.LANGUAGE_CODE):
            Team.objects.create(name=_("Support"), is_default=True)
