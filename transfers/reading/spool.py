"""Rows put aside until what they belong to comes by, on disk instead of in memory."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]


class Spool:
    """Rows by a word for what they are and the id of what they belong to, in the order they came."""

    def __init__(self, path: Path) -> None:
        self.database = sqlite3.connect(path, isolation_level=None)
        self.database.execute("PRAGMA journal_mode = OFF")
        self.database.execute("PRAGMA synchronous = OFF")
        self.database.execute("CREATE TABLE kept (kind TEXT, owner TEXT, row TEXT)")
        self.database.execute("CREATE INDEX kept_by_owner ON kept (kind, owner)")
        self.database.execute("BEGIN")

    def keep(self, kind: str, owner: Any, row: Row) -> None:
        """Put a row aside."""
        self.database.execute(
            "INSERT INTO kept VALUES (?, ?, ?)", (kind, str(owner), json.dumps(row, default=str))
        )

    def of(self, kind: str, owner: Any) -> list[Row]:
        """What was put aside for this one."""
        rows = self.database.execute(
            "SELECT row FROM kept WHERE kind = ? AND owner = ? ORDER BY rowid", (kind, str(owner))
        )
        return [json.loads(row) for (row,) in rows]

    def one(self, kind: str, owner: Any) -> Row:
        """The first of them; nothing where there is none."""
        return next(iter(self.of(kind, owner)), {})

    def every(self, kind: str) -> Iterator[Row]:
        """All rows of a kind, in the order they came."""
        rows = self.database.execute("SELECT row FROM kept WHERE kind = ? ORDER BY rowid", (kind,))
        for (row,) in rows:
            yield json.loads(row)


@contextmanager
def spooling() -> Iterator[Spool]:
    """A spool that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        spool = Spool(Path(folder) / "spool.sqlite")
        try:
            yield spool
        finally:
            spool.database.close()
