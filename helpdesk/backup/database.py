"""What both sides of a backup ask of PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from psycopg2 import errors, sql

from helpdesk.backup.errors import BackupError

Cursor = Any
NO_TIMEOUTS = (
    "SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0;"
    # Rows are hashed as text.
    " SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET IntervalStyle = 'postgres'"
)
TABLES = """
    SELECT nspname, relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE relkind = 'r' AND nspname = ANY(%s) ORDER BY nspname, relname
"""
SCHEMAS = """
    SELECT nspname FROM pg_namespace
    WHERE NOT starts_with(nspname, 'pg_') AND nspname <> 'information_schema'
      AND NOT starts_with(nspname, %s)
    ORDER BY nspname
"""
# The schemas of the desk that a restore has put aside.
ASIDE = "before_restore_"


@contextmanager
def session(*, snapshot: bool = False) -> Iterator[Cursor]:
    """A session of its own without time limits; with a snapshot, all of it sees one moment."""
    with closing(psycopg2.connect(**connection.get_connection_params())) as own:
        own.autocommit = not snapshot
        if snapshot:
            own.set_session(isolation_level="REPEATABLE READ", readonly=True)
        with own.cursor() as cursor:
            cursor.execute(NO_TIMEOUTS)
            yield cursor


def schemas(cursor: Cursor) -> list[str]:
    """Those of the desk: all but PostgreSQL's own, and but what a restore has put aside."""
    cursor.execute(SCHEMAS, [ASIDE])
    return [name for (name,) in cursor.fetchall()]


def fingerprints(cursor: Cursor) -> dict[str, tuple[int, str]]:
    """For each table its rows and the sum of their hashes, in whatever order they lie."""
    cursor.execute(TABLES, [schemas(cursor)])
    return {f"{schema}.{table}": _one(cursor, schema, table) for schema, table in cursor.fetchall()}


def heads(cursor: Cursor) -> dict[str, str]:
    """The last migration of each app; names begin with their number."""
    cursor.execute("SELECT app, max(name) FROM django_migrations GROUP BY app ORDER BY app")
    return dict(cursor.fetchall())


def later_than_ours(heads: Mapping[str, str]) -> list[str]:
    """The apps whose last migration this release does not know."""
    known: set[tuple[str, str]] = set()
    for key, migration in MigrationLoader(None).disk_migrations.items():
        known |= {key, *migration.replaces}
    return [app for app, head in heads.items() if (app, head) not in known]


def _one(cursor: Cursor, schema: str, table: str) -> tuple[int, str]:
    question = sql.SQL(
        "SELECT count(*), coalesce(sum(hashtextextended(row::text, 0)), 0)::text FROM {} AS row"
    )
    try:
        cursor.execute(question.format(sql.Identifier(schema, table)))
    except errors.InsufficientPrivilege as refusal:
        raise BackupError(str(refusal).strip()) from refusal
    rows, digest = cursor.fetchone()
    return rows, digest
