"""The triggers stand on the tables that audit.tables names, and are as it says."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection, transaction

from audit.tables import AUDITED, Audited

TRIGGERS = {
    "audit_insert": "INSERT ON {table} REFERENCING NEW TABLE AS audit_new",
    "audit_update": "UPDATE ON {table} REFERENCING OLD TABLE AS audit_old NEW TABLE AS audit_new",
    "audit_delete": "DELETE ON {table} REFERENCING OLD TABLE AS audit_old",
    "audit_truncate": "TRUNCATE ON {table}",
}


def install() -> None:
    """Put up what is missing or otherwise, and take down what is named no more. Asks once when all
    is as it should be."""
    standing = dict(_standing())
    wanted = {table: _arguments(audited) for table, audited in AUDITED.items() if table in standing}
    off = [table for table, arguments in standing.items() if arguments != wanted.get(table)]
    with transaction.atomic(), connection.cursor() as cursor:
        for table in off:
            for name, event in TRIGGERS.items():
                cursor.execute(f'DROP TRIGGER IF EXISTS {name} ON "{table}"')
                if table in wanted:
                    cursor.execute(
                        f"CREATE TRIGGER {name} AFTER {event.format(table=table)}"
                        " FOR EACH STATEMENT EXECUTE FUNCTION audit_record(%s, %s, %s)",
                        wanted[table],
                    )


def faults() -> list[str]:
    """The audited tables of which some change is not written down."""
    return [
        table
        for table, arguments in _standing()
        if table in AUDITED and arguments != _arguments(AUDITED[table])
    ]


def _standing() -> Iterator[tuple[str, list[str] | None]]:
    """Each table with what its triggers were given; None when one is missing, off, or otherwise.

    Without the function, which an unapplied migration would make, there is none.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relation.relname, count(*) FILTER (WHERE tgenabled = 'O') = %s"
            " AND count(DISTINCT tgargs) = 1, min(encode(tgargs, 'escape')), count(tgname)"
            " FROM pg_class AS relation LEFT JOIN pg_trigger"
            " ON tgrelid = relation.oid AND tgname = ANY (%s)"
            " WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'"
            " AND EXISTS (SELECT FROM pg_proc WHERE proname = 'audit_record'"
            "  AND pronamespace = current_schema()::regnamespace)"
            " GROUP BY relation.relname HAVING count(tgname) > 0 OR relation.relname = ANY (%s)",
            [len(TRIGGERS), list(TRIGGERS), list(AUDITED)],
        )
        for table, is_whole, arguments, number in cursor.fetchall():
            yield table, arguments.split("\\000")[:-1] if is_whole and number else None


def _arguments(audited: Audited) -> list[str]:
    return [audited.naming, audited.silent, audited.veiled]
