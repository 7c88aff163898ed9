"""Migrating beside a running desk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg2
import pytest
from django.db import OperationalError, connection, transaction

from helpdesk.management.commands import prepare

TABLE = "common_heartbeat"


@pytest.fixture
def reader(transactional_db: None) -> Iterator[Any]:
    """Somebody who has just read the table and has not ended."""
    with closing(psycopg2.connect(**connection.get_connection_params())) as other:
        with other.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {TABLE}")
        yield other


@pytest.fixture
def tries(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a migration that changes the table came to, try by try."""
    tried: list[str] = []

    def change_the_table(*args: Any, **kwargs: Any) -> None:
        tried.append("tried")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {TABLE} ADD COLUMN size integer")
            cursor.execute(f"ALTER TABLE {TABLE} DROP COLUMN size")
        tried.append("done")

    monkeypatch.setattr(prepare, "call_command", change_the_table)
    monkeypatch.setattr(prepare, "LOCK_TIMEOUT", "50ms")
    return tried


def test_a_migration_gives_way_to_whoever_holds_the_table_and_comes_again(
    reader: Any, tries: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The reader ends while the migration rests.
    monkeypatch.setattr(prepare, "rest", lambda _seconds: reader.rollback())

    prepare.migrate()

    assert tries == ["tried", "tried", "done"]
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("5s",)


def test_a_migration_that_never_gets_the_table_says_so(reader: Any, tries: list[str]) -> None:
    with pytest.raises(OperationalError, match="lock timeout"):
        prepare.migrate(pauses=[0, 0])

    assert tries == ["tried"] * 3


@pytest.mark.usefixtures("transactional_db")
def test_what_a_broken_off_migration_left_is_not_in_the_way() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE INDEX unfinished ON {TABLE} (at)")
        cursor.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", ["unfinished"]
        )

        prepare.drop_unfinished_indexes(cursor)

        cursor.execute("SELECT to_regclass('unfinished')")
        assert cursor.fetchone() == (None,)
