"""Look for migrations that would break the running release, on a throw-away PostgreSQL.

The linter reads the SQL of each migration, and Django writes that SQL only with a connection.
"""

import os
import sys
import tempfile
from pathlib import Path

import django
from django.apps import apps
from django_migration_linter import MigrationLinter

from helpdesk.embedded import database_url, postgres
from helpdesk.embedded.start import start
from helpdesk.processes import stop

ROOT = Path(__file__).resolve().parent.parent


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
    return bool(linter.has_errors)


if __name__ == "__main__":
    sys.exit(main())
