"""Two database roles: one owns the tables and migrates them, the other one runs the desk.

What runs cannot change what it has written into the audit log, switch its triggers off, or pretend
to be a replica, even when somebody has it run a statement of their own.
"""

from __future__ import annotations

from django.conf import settings
from django.db import connection, transaction

# Of every address of a database, what another role may have otherwise.
PARTS = ("NAME", "USER", "PASSWORD", "HOST", "PORT")
# Any number that no other lock of the desk has.
LOCK = 7_240_317
AUDIT = "audit_change, audit_access, audit_head"


def become_owner() -> None:
    """Go on as DATABASE_OWNER_URL says, in this process; without it nothing changes."""
    if settings.DATABASE_OWNER:
        connection.close()
        connection.settings_dict |= {part: settings.DATABASE_OWNER[part] for part in PARTS}


def let_desk_work(role: str) -> None:
    """Give the role what it needs to run the desk, now and of tables to come; of the audit log no
    more than reading. Does nothing for the owner itself."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s), current_user, current_schema()", [LOCK])
        _, owner, schema = cursor.fetchone()
        if role == owner:
            return
        to, within = connection.ops.quote_name(role), connection.ops.quote_name(schema)
        for statement in (
            f"GRANT USAGE ON SCHEMA {within} TO {to}",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {within} TO {to}",
            f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {within} TO {to}",
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA {within}"
            f" GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {to}",
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA {within} GRANT USAGE, SELECT ON SEQUENCES TO {to}",
            f"REVOKE ALL ON {AUDIT} FROM {to}",
            f"GRANT SELECT ON {AUDIT} TO {to}",
        ):
            cursor.execute(statement)
