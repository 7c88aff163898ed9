"""All that must be there before the first request, in one process."""

from __future__ import annotations

from collections.abc import Sequence
from time import sleep as rest
from typing import Any

import structlog
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection
from django.db.backends.utils import CursorWrapper
from django.db.migrations.executor import MigrationExecutor
from django.utils import translation
from django.utils.translation import gettext as _
from psycopg2.errors import LockNotAvailable

from accounts.first_run import make_setup_token
from accounts.models import Agent, Team
from audit.installing import install as install_audit
from common.catalogs import compile_catalogs
from common.static_files import collect_static_files
from helpdesk.backup.errors import BackupError
from helpdesk.backup.restoring import put_back
from helpdesk.context import DEMO_PASSWORD, demo_people
from helpdesk.management.commands.load_demo import is_loopback
from helpdesk.ownership import become_owner, let_desk_work
from helpdesk.supervisor.emptying import first_token
from privacy.files import delete_doomed_files
from privacy.replaying import replay_erasures
from sla.defaults import install_defaults
from tickets.searching.index import is_index_complete

logger = structlog.get_logger(__name__)
LOCK_TIMEOUT = "2s"
PAUSES = (1, 2, 4, 8, 15, 30, 60)


class Command(BaseCommand):
    help = "Migrate, install what a fresh desk starts with, compile translations, collect files."

    def handle(self, *args: Any, **options: Any) -> None:
        desk_role = connection.settings_dict["USER"]
        become_owner()
        self._put_back()
        if needs_migration():
            migrate()
        install_audit()
        let_desk_work(desk_role)
        self._replay_erasures()
        compile_catalogs()
        install_defaults()
        ensure_team()
        if not is_index_complete():
            call_command("index_search", verbosity=0)
        if not settings.DEBUG:
            collect_static_files()
        if settings.DEMO:
            call_command("load_demo")
        expect_first_administrator()
        refuse_demo_people_in_public()

    def _put_back(self) -> None:
        """A restore that was broken off must not be taken for a desk."""
        try:
            if put_back():
                self.stdout.write(_("A restore was broken off. The desk from before is back."))
        except BackupError as refusal:
            raise CommandError(str(refusal)) from None

    def _replay_erasures(self) -> None:
        """A backup knows of nobody who was erased after it was taken."""
        if number := replay_erasures():
            self.stdout.write(_("Erased again: %(number)s") % {"number": number})
        delete_doomed_files()


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


def migrate(*, pauses: Sequence[float] = PAUSES) -> None:
    """Migrate beside a running desk. Whoever waits for a lock holds up everybody behind: better give
    way and try again. Raises OperationalError when it was in vain."""
    for pause in (*pauses, None):
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = %s", [LOCK_TIMEOUT])
                # A large table takes as long as it takes, without keeping anybody from it.
                cursor.execute("SET statement_timeout = 0")
                drop_unfinished_indexes(cursor)
            call_command("migrate", interactive=False, verbosity=0)
            break
        except OperationalError as error:
            if pause is None or not isinstance(error.__cause__, LockNotAvailable):
                raise
            logger.warning("migrate.waits_for_a_lock", pause=pause)
            rest(pause)
    # The next statement is under the usual limits again.
    connection.close()


def drop_unfinished_indexes(cursor: CursorWrapper) -> None:
    """What building an index beside a running desk leaves when it is broken off; it would be in the
    way of the next try."""
    cursor.execute(
        "SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON oid = indexrelid"
        " WHERE NOT indisvalid AND relnamespace = 'public'::regnamespace"
    )
    for (name,) in cursor.fetchall():
        cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")


def needs_migration() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def expect_first_administrator() -> None:
    """The browser in which the demo was ended waits for the first page already."""
    if token := first_token(settings.DATA_DIR):
        make_setup_token(token)


def ensure_team() -> None:
    """An inquiry needs a team to go to."""
    if not Team.objects.exists():
        with translation.override(settings.LANGUAGE_CODE):
            Team.objects.create(name=_("Support"), is_default=True)
