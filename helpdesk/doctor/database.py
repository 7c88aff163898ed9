"""PostgreSQL, and what is in it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from helpdesk.backup.database import ASIDE, heads, later_than_ours
from helpdesk.backup.servers import is_elsewhere
from helpdesk.doctor.findings import Finding, Findings, broken, fine, warning
from helpdesk.metrics import database_state

OLDEST_VERSION = 14
CLOCKS_APART = 2.0
LONG_TRANSACTION = 600.0
FULL = 0.8
TIMEOUTS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
PREPARE = ".venv/bin/python manage.py prepare"


def reachable() -> Finding:
    """Whether it answers; without that nothing else can be asked."""
    try:
        connection.ensure_connection()
    except OperationalError as error:
        return broken(
            "database",
            _("The database does not answer: %(said)s") % {"said": str(error).strip()},
            _("Everything the desk knows is in it."),
            _("Look at the server of DATABASE_URL") if is_elsewhere() else "make run",
        )
    version = int(_row("SHOW server_version_num")[0])
    if version // 10_000 < OLDEST_VERSION:
        return broken(
            "database",
            _("PostgreSQL %(version)s is too old.") % {"version": version // 10_000},
            _("The desk needs %(version)s or newer; 18 is what it is tested with.")
            % {"version": OLDEST_VERSION},
            _("Upgrade PostgreSQL"),
        )
    return fine(
        "database",
        _("PostgreSQL %(version)s answers.")
        % {"version": f"{version // 10_000}.{version % 10_000}"},
    )


def restores() -> Findings:
    """Whether a restore was broken off."""
    if _all("SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s)", ASIDE):
        yield broken(
            "restore",
            _("A restore was broken off."),
            _("What stands in the database was not checked; what was there before is kept aside."),
            PREPARE,
        )


def migrations() -> Findings:
    """Whether the database is of this release."""
    executor = MigrationExecutor(connection)
    if missing := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        yield broken(
            "migrations",
            _("The database lacks %(count)s migrations.") % {"count": len(missing)},
            _("Pages and processes of this release do not work with it."),
            PREPARE,
        )
    elif later := _later_apps():
        yield broken(
            "migrations",
            _("The database is of a later release (%(apps)s).") % {"apps": ", ".join(later)},
            _("This release may write what that one cannot read."),
            _("Install the later release again, or restore a backup of this one"),
        )
    else:
        yield fine("migrations", _("The database is of this release."))


def indexes() -> Findings:
    """Whether one was left unfinished."""
    names = _all("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid")
    if names:
        yield warning(
            "indexes",
            _("These indexes are unfinished: %(names)s") % {"names": ", ".join(names)},
            _("They cost time with every write and help nobody."),
            f"psql -c 'REINDEX INDEX CONCURRENTLY {names[0]}'",
        )


def text() -> Findings:
    """Whether it keeps text as we need it."""
    encoding, ctype = _row(
        "SELECT pg_encoding_to_char(encoding), datctype FROM pg_database"
        " WHERE datname = current_database()"
    )
    if encoding != "UTF8":
        yield broken(
            "encoding",
            _("The database keeps text as %(encoding)s.") % {"encoding": encoding},
            _("Japanese text cannot be stored."),
            "createdb --encoding=UTF8 --locale=C.UTF-8 --template=template0 yakusoku",
        )
    elif ctype in {"C", "POSIX"}:
        yield warning(
            "encoding",
            _("The database was made with the locale %(locale)s.") % {"locale": ctype},
            _("Letters outside of ASCII are not found in the other case."),
            "createdb --encoding=UTF8 --locale=C.UTF-8 --template=template0 yakusoku",
        )


def clock() -> Findings:
    """Whether this machine and the database agree about the time."""
    before = time.time()
    (said,) = _row("SELECT clock_timestamp()")
    middle = datetime.fromtimestamp((before + time.time()) / 2, tz=UTC)
    apart = (said - middle).total_seconds()
    if abs(apart) > CLOCKS_APART:
        yield warning(
            "clock",
            _("The clocks of this machine and of the database are %(seconds)s s apart.")
            % {"seconds": f"{abs(apart):.0f}"},
            _("Promises are shown by the one and watched by the other."),
            "timedatectl set-ntp true",
        )
    else:
        yield fine("clock", _("The clocks of this machine and of the database agree."))


def limits() -> Findings:
    """Whether time limits arrive: a pooler may swallow them."""
    off = [name for name in TIMEOUTS if _row(f"SHOW {name}")[0] == "0"]
    if off:
        yield warning(
            "limits",
            _("There is no limit on: %(names)s") % {"names": ", ".join(off)},
            _("One slow question can hold up everybody."),
            f"psql -c \"ALTER ROLE {connection.settings_dict['USER']} SET {off[0]} = '15s'\"",
        )


def safety() -> Findings:
    """Whether what is committed stays."""
    (standby, fsync, vacuum) = _row(
        "SELECT pg_is_in_recovery(), current_setting('fsync'), current_setting('autovacuum')"
    )
    if standby:
        yield broken(
            "database",
            _("This PostgreSQL is a standby: it can only be read."),
            _("Nobody can write to a customer."),
            _("Let DATABASE_URL name the primary"),
        )
    if fsync == "off":
        yield warning(
            "durability",
            _("fsync is off."),
            _("A power cut can lose what was promised."),
            "psql -c 'ALTER SYSTEM SET fsync = on'",
        )
    if vacuum == "off":
        yield warning(
            "autovacuum",
            _("autovacuum is off."),
            _("Tables grow and get slow without end."),
            "psql -c 'ALTER SYSTEM SET autovacuum = on'",
        )


def vacuuming() -> Findings:
    """Whether cleaning up keeps pace."""
    behind = _all(
        "SELECT relname FROM pg_stat_user_tables"
        " WHERE n_dead_tup > 100000 AND n_dead_tup > n_live_tup ORDER BY n_dead_tup DESC"
    )
    if behind:
        yield warning(
            "autovacuum",
            _("autovacuum is far behind with: %(names)s") % {"names": ", ".join(behind)},
            _(
                "These tables hold more dead rows than living ones; every page that reads them is slow."
            ),
            f"psql -c 'VACUUM (ANALYZE) {behind[0]}'",
        )
    (age,) = _row("SELECT age(datfrozenxid) FROM pg_database WHERE datname = current_database()")
    if age > 1_000_000_000:
        yield warning(
            "autovacuum",
            _("No full vacuum for %(count)s transactions.") % {"count": f"{age:,}"},
            _("At two billion PostgreSQL stops to protect the data."),
            "vacuumdb --all --freeze",
        )


def load() -> Findings:
    """Whether there is room for more connections, and nobody holds things up."""
    state = database_state()
    if state.connections > FULL * state.most_connections:
        yield warning(
            "connections",
            _("%(count)s of %(most)s connections are taken.")
            % {"count": state.connections, "most": state.most_connections},
            _("The next process finds none, and its pages say that the desk is away."),
            "psql -c 'ALTER SYSTEM SET max_connections = 200'",
        )
    if state.oldest_transaction > LONG_TRANSACTION:
        yield warning(
            "transactions",
            _("A transaction has been open for %(minutes)s minutes.")
            % {"minutes": int(state.oldest_transaction // 60)},
            _("Until it ends nothing is cleaned up, and migrations wait."),
            "psql -c 'SELECT pid, xact_start, query FROM pg_stat_activity ORDER BY xact_start'",
        )
    yield fine(
        "connections",
        _("%(count)s of %(most)s connections; %(size)s MB of data.")
        % {
            "count": state.connections,
            "most": state.most_connections,
            "size": f"{state.size / 1e6:,.0f}",
        },
    )


def _later_apps() -> list[str]:
    with connection.cursor() as cursor:
        return later_than_ours(heads(cursor))


def _row(question: str) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()  # type: ignore[no-any-return]


def _all(question: str, *values: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return [name for (name,) in cursor.fetchall()]
