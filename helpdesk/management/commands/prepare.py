"""All that must be there before the first request, in one process."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Agent, Team
from common.catalogs import compile_catalogs
from common.static_files import collect_static_files
from helpdesk.context import DEMO_PASSWORD, demo_people
from helpdesk.management.commands.load_demo import is_loopback
from sla.defaults import install_defaults
from tickets.searching.index import is_index_complete


class Command(BaseCommand):
    help = "Migrate, install what a fresh desk starts with, compile translations, collect files."

    def handle(self, *args: Any, **options: Any) -> None:
        if needs_migration():
            call_command("migrate", interactive=False, verbosity=0)
        compile_catalogs()
        install_defaults()
        ensure_team()
        if not is_index_complete():
            call_command("index_search", verbosity=0)
        if not settings.DEBUG:
            collect_static_files()
        if settings.DEMO:
            call_command("load_demo")
        refuse_demo_people_in_public()


def refuse_demo_people_in_public() -> None:
    """Their password stands in the manual. Raises CommandError on a HOST others can reach."""
    emails = [person["email"] for person in demo_people()]
    people = Agent.objects.filter(email__in=emails, is_active=True)
    if is_loopback(settings.HOST):
        return
    if any(person.check_password(DEMO_PASSWORD) for person in people):
        raise CommandError(
            "This database holds demo people with a known password. Start with an empty DATA_DIR"
            " or DATABASE_URL, or change their passwords, before you open it to others."
        )


def needs_migration() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def ensure_team() -> None:
    """An inquiry needs a team to go to."""
    if not Team.objects.exists():
        with translation.override(settings.LANGUAGE_CODE):
            Team.objects.create(name=_("Support"), is_default=True)
