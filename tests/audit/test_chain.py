"""Nobody changes what was written, and who does it all the same is found out."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import Error, connection, transaction
from django.utils import timezone

from audit.models import Access, Change
from audit.services import erase_customer, forget_old, seal_changes
from customers.models import Customer, Organization
from helpdesk.embedded import DESK_USER
from helpdesk.ownership import let_desk_work
from tests.factories import a_customer, a_topic

REFUSED = [
    "UPDATE audit_change SET name = 'somebody else'",
    "UPDATE audit_change SET hash = NULL, number = NULL",
    "UPDATE audit_change SET about = '{}'",
    "DELETE FROM audit_change",
    "TRUNCATE audit_change",
    "DELETE FROM audit_access",
    "UPDATE audit_access SET name = 'somebody else'",
    "TRUNCATE audit_access",
]
OF_OWNERS = [
    "INSERT INTO audit_change (table_name, action, digest) VALUES ('x', 'insert', '')",
    "INSERT INTO audit_access (hour, agent, name, kind) VALUES (now(), 1, 'x', 'ticket')",
    "UPDATE audit_head SET number = 0",
    "ALTER TABLE audit_change DISABLE TRIGGER ALL",
    "ALTER TABLE topics_topic DISABLE TRIGGER audit_update",
    "DROP TRIGGER audit_update ON topics_topic",
    "SET session_replication_role = replica",
    "ALTER FUNCTION audit_record() RENAME TO nothing",
    "TRUNCATE topics_topic CASCADE",
]


def check(*arguments: str) -> str:
    said = io.StringIO()
    call_command("check_audit", *arguments, stdout=said)
    return said.getvalue()


@contextmanager
def as_attacker() -> Iterator[None]:
    """Whoever owns the database can do everything."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        yield
        cursor.execute("SET session_replication_role = origin")


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.fixture
def written(db: None) -> list[Change]:
    """Four changes, sealed."""
    for name in ("Acme", "Blue", "Cyan", "Dark"):
        Organization.objects.create(name=name)
    seal_changes()
    return list(Change.objects.order_by("-number")[:4])[::-1]


@pytest.mark.django_db
@pytest.mark.parametrize("statement", REFUSED)
def test_even_the_owner_does_not_change_what_was_written_by_mistake(written, statement):
    run('SELECT audit_look(1, \'Aiko\', \'[{"kind": "ticket", "ticket": 1}]\')')
    with pytest.raises(Error, match="only ever added to"), transaction.atomic():
        run(statement)


def test_the_role_of_the_desk_writes_and_cannot_change_what_it_wrote(fresh_desk, support):
    topic = a_topic(name_ja="返品")
    run(
        f"DO $$ BEGIN CREATE ROLE {DESK_USER} LOGIN;"
        " EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    )
    let_desk_work(DESK_USER)
    address = connection.settings_dict
    desk = psycopg2.connect(
        host=address["HOST"], port=address["PORT"] or None, dbname=address["NAME"], user=DESK_USER
    )
    desk.autocommit = True
    try:
        with desk.cursor() as cursor:
            cursor.execute("UPDATE topics_topic SET name_ja = '新'")
            cursor.execute("SELECT audit_look(1, 'Aiko', '[{\"kind\": \"log\"}]')")
            # A table of one's own in the way catches nothing.
            cursor.execute("CREATE TEMP TABLE audit_change (LIKE public.audit_change)")
            cursor.execute("UPDATE topics_topic SET name_ja = '再'")
            cursor.execute("DROP TABLE pg_temp.audit_change")
            for statement in [*REFUSED, *OF_OWNERS]:
                with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                    cursor.execute(statement)
            cursor.execute("SELECT audit_seal(1000)")
    finally:
        desk.close()

    changes = Change.objects.filter(table_name="topics_topic", row_id=topic.pk)
    assert [each.after["name_ja"] for each in changes.order_by("pk")] == ["返品", "新", "再"]
    assert "as they were written" in check()


@pytest.mark.django_db
def test_the_chain_holds(written):
    said = check()

    noted = said.split()[-1]
    Organization.objects.create(name="Elm")
    seal_changes()
    assert "as they were written" in check("--noted", noted)
    with pytest.raises(CommandError, match="ended otherwise"):
        check("--noted", noted.partition(":")[0] + ":00")


TAMPERINGS = {
    'UPDATE audit_change SET after = \'{"name": "Other"}\' WHERE id = %s': "says was changed",
    "UPDATE audit_change SET name = 'Somebody' WHERE id = %s": "it was changed",
    "UPDATE audit_change SET at = at - interval '1 day' WHERE id = %s": "it was changed",
    "UPDATE audit_change SET about = NULL, after = NULL, erased_at = now() WHERE id = %s": "by whom",
    "DELETE FROM audit_change WHERE id = %s": "1 changes before it are gone",
}


@pytest.mark.django_db
@pytest.mark.parametrize(("statement", "said"), TAMPERINGS.items())
def test_the_first_row_that_was_tampered_with_is_named(written, statement, said):
    victim = written[1]
    with as_attacker():
        run(statement.replace("%s", str(victim.pk)))

    named = written[2].pk if "DELETE" in statement else victim.pk
    with pytest.raises(CommandError, match=rf"change {named}: .*{said}"):
        check()


@pytest.mark.django_db
def test_a_cut_off_end_is_noticed(written):
    with as_attacker():
        run(f"DELETE FROM audit_change WHERE number > {written[1].number}")

    with pytest.raises(CommandError, match="the last 2 changes are gone"):
        check()


@pytest.mark.django_db
def test_what_nobody_seals_is_noticed(written):
    with as_attacker():
        run("UPDATE audit_change SET at = now() - interval '2 minutes' WHERE hash IS NULL")
        run(
            "INSERT INTO audit_change (at, table_name, action, digest)"
            " VALUES (now() - interval '2 minutes', 'x', 'insert', '')"
        )

    with pytest.raises(CommandError, match="1 changes are older than a minute"):
        check()


@pytest.mark.django_db
def test_what_is_said_of_a_customer_can_be_erased_and_the_chain_holds():
    hana = a_customer("hana@example.com", name="花子")
    Customer.objects.filter(pk=hana.pk).update(name="花子様")
    jiro = a_customer("jiro@example.com", name="次郎")
    seal_changes()

    number = erase_customer(hana.pk)

    assert number == 3
    kept = str(list(Change.objects.values("about", "before", "after")))
    assert "花子" not in kept
    assert "hana@" not in kept
    assert Change.objects.filter(about__customer_id=jiro.pk).exists()
    assert Change.objects.latest("pk").action == "erase"
    assert "as they were written" in check()
    seal_changes()
    assert "as they were written" in check()
    assert erase_customer(hana.pk) == 0


@pytest.mark.django_db
def test_after_years_whole_months_are_forgotten_and_that_is_recorded(written):
    old = timezone.now() - timedelta(days=4 * 365)
    with as_attacker():
        # As if nothing else had ever been written.
        run(f"DELETE FROM audit_change WHERE number < {written[0].number}")
        run("UPDATE audit_change SET number = NULL, previous = NULL, hash = NULL")
        run("UPDATE audit_head SET number = 0, hash = ''")
        run(f"UPDATE audit_change SET at = '{old.isoformat()}' WHERE id <= {written[1].pk}")
        run("DELETE FROM audit_access")
        run('SELECT audit_look(1, \'Aiko\', \'[{"kind": "log"}, {"kind": "file"}]\')')
        run(f"UPDATE audit_access SET at = '{old.isoformat()}' WHERE kind = 'log'")
    seal_changes()
    assert "4 changes" in check()

    assert forget_old() == 3

    assert list(Change.objects.order_by("pk").values_list("pk", flat=True)[:2]) == [
        written[2].pk,
        written[3].pk,
    ]
    assert Change.objects.latest("pk").after == {"changes": 2, "looks": 1, "until": 2}
    assert list(Access.objects.values_list("kind", flat=True)) == ["file"]
    assert "2 changes" in check()
    assert forget_old() == 0
