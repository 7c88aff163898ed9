"""What a migration must not do to a table in use; each rule knows bad from good."""

import pytest

from scripts.migration_rules import RULES, faults

BAD_AND_GOOD = {
    "index locks the table": (
        'CREATE INDEX "late" ON "tickets_ticket" ("due_at");',
        '-- Create index late on field\nCREATE INDEX CONCURRENTLY "late" ON "tickets_ticket" ("x");',
    ),
    "unique locks the table": (
        'ALTER TABLE "tickets_ticket" ADD CONSTRAINT "one" UNIQUE ("number");',
        'ALTER TABLE "tickets_ticket" ADD CONSTRAINT "one" UNIQUE USING INDEX "one";',
    ),
    "constraint reads the whole table under a lock": (
        'ALTER TABLE "tickets_ticket" ADD CONSTRAINT "due" CHECK ("due_at" IS NOT NULL);',
        'ALTER TABLE "tickets_ticket" ADD CONSTRAINT "due" CHECK ("due_at" > 0) NOT VALID;',
    ),
    "new column without a value for the rows there are": (
        'ALTER TABLE "tickets_ticket" ADD COLUMN "size" integer NOT NULL;',
        'ALTER TABLE "tickets_ticket" ADD COLUMN "size" integer DEFAULT 0 NOT NULL;',
    ),
    "SET NOT NULL reads the whole table under a lock": (
        'ALTER TABLE "tickets_ticket" ALTER COLUMN "size" SET NOT NULL;',
        'ALTER TABLE "tickets_ticket" ALTER COLUMN "size" DROP NOT NULL;',
    ),
    "writes the whole table anew": (
        'ALTER TABLE "tickets_ticket" ALTER COLUMN "size" TYPE bigint USING "size"::bigint;',
        'ALTER TABLE "tickets_ticket" ADD COLUMN "size" bigint NULL;',
    ),
    "changes all rows in one transaction": (
        'UPDATE "tickets_ticket" SET "size" = 0;',
        'CREATE FUNCTION f() RETURNS trigger AS $$ BEGIN UPDATE "tickets_ticket" SET x = 1; END $$;',
    ),
}


@pytest.mark.parametrize("rule", [rule.name for rule in RULES])
def test_a_rule_names_the_table_and_what_to_write_instead(rule: str) -> None:
    bad, good = BAD_AND_GOOD[rule]

    [fault] = faults([bad])

    assert fault.startswith(f"{rule}: tickets_ticket. Write: ")
    assert faults([good]) == []


def test_a_table_made_in_the_same_migration_is_empty() -> None:
    bad = [bad for bad, _good in BAD_AND_GOOD.values()]

    assert faults(['CREATE TABLE "tickets_ticket" ("id" bigint PRIMARY KEY);', *bad]) == []
