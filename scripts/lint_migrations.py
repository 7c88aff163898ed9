"""Look for migrations that would break the running release or lock a large table, on a throw-away
PostgreSQL.

The linters read the SQL of each migration, and Django writes that SQL only with a connection.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import django
from django.apps import apps
from django_migration_linter import MigrationLinter

from helpdesk.embedded import database_url, postgres
from helpdesk.embedded.start import start
from helpdesk.processes import stop
from scripts.migration_rules import faults

ROOT = Path(__file__).resolve().parent.parent
# The last ones made before there were rules; the next ones keep them.
BEFORE_THE_RULES = {
    "accounts": "0014",
    "audit": "0001",
    "branding": "0001",
    "common": "0001",
    "customers": "0008",
    "knowledge": "0001",
    "mail": "0011",
    "reports": "0003",
    "sla": "0006",
    "tickets": "0025",
    "topics": "0002",
}


def main() -> bool:
    with tempfile.TemporaryDirectory(prefix="yakusoku-lint-", ignore_cleanup_errors=True) as name:
        data_dir = Path(name)
        program = postgres.program(data_dir, durable=False)
        server = start(program, log=data_dir / "postgres.log")
        try:
            postgres.create_database(data_dir)
            os.environ |= {"DATA_DIR": name, "DATABASE_URL": database_url(data_dir)}
            return has_errors()
        finally:
            stop(server, first=program.stop_signal, patience=5)


def has_errors() -> bool:
    os.environ |= {"DJANGO_SETTINGS_MODULE": "helpdesk.settings", "LOG_LEVEL": "ERROR"}
    django.setup()
    ours = [app.label for app in apps.get_app_configs() if Path(app.path).parent == ROOT]
    linter = MigrationLinter(
        str(ROOT),
        include_apps=ours,
        quiet=["ok", "ignore"],
        no_cache=True,
        ignore_initial_migrations=True,
    )
    linter.lint_all_migrations()
    if linter.has_errors:
        linter.print_summary()
    locking = list(found_faults(ours))
    for fault in locking:
        print(fault)
    return bool(linter.has_errors or locking)


def found_faults(apps_of_ours: list[str]) -> Iterator[str]:
    """What the migrations since the rules do to tables that may be large."""
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(connection)
    for (app, name), migration in sorted(loader.graph.nodes.items()):
        if app in apps_of_ours and name[:4] > BEFORE_THE_RULES.get(app, ""):
            for fault in faults(loader.collect_sql([(migration, False)])):
                yield f"{app}/{name}: {fault}"


if __name__ == "__main__":
    sys.exit(main())
