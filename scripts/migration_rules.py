"""What a migration must not do to a table that may be large and is in use.

A table made in the same migration is empty, so anything may be done to it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

NAME = r'(?:ONLY\s+)?(?:IF EXISTS\s+)?"?(?P<table>\w+)"?'
ALTER = rf"ALTER TABLE {NAME}"
VOLATILE = r"(?:clock_timestamp|random|gen_random_uuid|nextval|timeofday)\("


@dataclass(frozen=True)
class Rule:
    """A pattern in a statement, and what to write instead."""

    name: str
    pattern: str
    instead: str

    def tables(self, statement: str) -> Iterator[str]:
        for found in re.finditer(self.pattern, statement, re.IGNORECASE | re.DOTALL):
            yield found["table"]


RULES = (
    Rule(
        "index locks the table",
        rf"CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY)[^;]*? ON {NAME}",
        "AddIndexConcurrently in a migration of its own with atomic = False",
    ),
    Rule(
        "unique locks the table",
        rf"{ALTER}[^;]*? ADD CONSTRAINT \S+ (?:UNIQUE|EXCLUDE|PRIMARY KEY)(?! USING INDEX)",
        "a unique index, made concurrently (RunSQL with state_operations)",
    ),
    Rule(
        "constraint reads the whole table under a lock",
        rf"{ALTER}[^;]*? ADD CONSTRAINT \S+ (?:CHECK|FOREIGN KEY)(?![^;]*NOT VALID)",
        "AddConstraintNotValid, and ValidateConstraint in the next migration",
    ),
    Rule(
        "new column without a value for the rows there are",
        rf"{ALTER}[^;]*? ADD COLUMN (?![^;]*\bDEFAULT\b)[^;]*\bNOT NULL\b",
        "db_default, or null=True",
    ),
    Rule(
        "SET NOT NULL reads the whole table under a lock",
        rf"{ALTER}[^;]*? SET NOT NULL",
        "a validated CHECK (… IS NOT NULL) first",
    ),
    Rule(
        "writes the whole table anew",
        rf"{ALTER}[^;]*? (?:ALTER COLUMN [^;]*? TYPE |ADD COLUMN [^;]*?(?:DEFAULT {VOLATILE}|STORED))",
        "a new column, filled in batches",
    ),
    Rule(
        "changes all rows in one transaction",
        rf"\bUPDATE {NAME}\s+(?:AS \w+ )?SET\b",
        "batches, in a command or a task",
    ),
)
CREATED = re.compile(r'CREATE TABLE (?:IF NOT EXISTS )?"?(\w+)"?', re.IGNORECASE)
# What stands in a comment or in the body of a function is not done now.
NOT_DONE = re.compile(r"--[^\n]*|\$(\w*)\$.*?\$\1\$", re.DOTALL)


def faults(statements: Sequence[str]) -> list[str]:
    """What is wrong with the SQL of one migration, with the table and what to write instead."""
    text = [NOT_DONE.sub("''", statement) for statement in statements]
    new = {name for statement in text for name in CREATED.findall(statement)}
    return [
        f"{rule.name}: {table}. Write: {rule.instead}."
        for statement in text
        for rule in RULES
        for table in rule.tables(statement)
        if table not in new
    ]
