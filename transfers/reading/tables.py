"""Tables of somebody's database: a CSV file for each, or what mysqldump and phpMyAdmin write.

Of a dump only the INSERT statements are read, with the columns that they or CREATE TABLE name; no
statement is ever run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import IO, Any

from django.utils.translation import gettext as _

from mail.reading.charsets import storable
from transfers.bundles import Bundle, matching
from transfers.reading.lines import csv_rows, text_lines
from transfers.reading.spool import Spool
from transfers.reading.values import BadValue, Things, shortened
from transfers.records import Fault, Record

CREATE = re.compile(r"CREATE TABLE (?:IF NOT EXISTS )?`(\w+)`", re.IGNORECASE)
COLUMN = re.compile(r"\s+`(\w+)` ")
INSERT = re.compile(
    r"INSERT (?:IGNORE )?INTO `(\w+)`\s*(?:\(([^)]*)\))?\s*VALUES\s*", re.IGNORECASE
)
VALUE = re.compile(
    r"\s*(?:(NULL)|(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)|0x([0-9a-f]*)"
    r"|(?:_binary )?'((?:[^'\\]|\\.|'')*)')\s*([,)])",
    re.IGNORECASE | re.DOTALL,
)
ESCAPED = re.compile(r"\\(.)|''", re.DOTALL)
MEANS = {"n": "\n", "r": "\r", "t": "\t", "0": "", "b": "", "Z": ""}
Found = Iterator[tuple[str, str, "Mapping[str, Any] | Fault"]]


def rows_of(bundle: Bundle, wanted: Collection[str], *, prefix: str = "") -> Found:
    """Table, place and row of every row of these tables. With a prefix, tables may have that or
    another one (`ost_ticket`)."""
    for name in matching(bundle, "*.csv"):
        table = _plain(PurePosixPath(name).stem.lower(), wanted, prefix)
        if table:
            with bundle.open(name) as file:
                for place, row in csv_rows(file, name, encoding="utf-8-sig", delimiter=","):
                    yield table, place, row
    for name in matching(bundle, "*.sql"):
        with bundle.open(name) as file:
            yield from _of_dump(file, name, wanted, prefix)


def _plain(table: str, wanted: Collection[str], prefix: str) -> str:
    without = table.partition("_")[2] if prefix else ""
    return next((each for each in (table, without) if each in wanted), "")


def _of_dump(file: IO[bytes], name: str, wanted: Collection[str], prefix: str) -> Found:
    dump = _Dump(wanted, prefix)
    for number, line in text_lines(file, most=2**28):
        place = f"{name}:{number}"
        if line is None:
            yield "", place, Fault(place=place, message=_("This line is too long."))
            continue
        rows = dump.rows_in(line.decode("utf-8", "replace"))
        if dump.filling:
            yield from _tuples(dump.filling, dump.filled, rows, place)
        if rows.rstrip().endswith(";"):
            dump.filling = ""


@dataclass
class _Dump:
    """Where in a dump we are: which table is described, and which one is filled."""

    wanted: Collection[str]
    prefix: str
    columns: dict[str, list[str]] = field(default_factory=dict)
    creating: str = ""
    filling: str = ""
    filled: list[str] = field(default_factory=list)

    def rows_in(self, line: str) -> str:
        """What of a line may be rows, of the table that is being filled."""
        if made := CREATE.match(line):
            self.creating, self.columns[made[1]] = made[1], []
        elif self.creating:
            self._describe(line)
        elif found := INSERT.match(line):
            self.filling = _plain(found[1].lower(), self.wanted, self.prefix)
            self.filled = re.findall(r"`(\w+)`", found[2] or "") or self.columns.get(found[1], [])
            return line[found.end() :]
        return "" if self.creating else line

    def _describe(self, line: str) -> None:
        if column := COLUMN.match(line):
            self.columns[self.creating].append(column[1])
        elif line.startswith(")"):
            self.creating = ""


def _tuples(table: str, columns: list[str], text: str, place: str) -> Found:
    """The rows in `(…),(…);`. One that cannot be read ends the line."""
    at = text.find("(")
    while at >= 0:
        values: list[str] = []
        at += 1
        while True:
            value = VALUE.match(text, at)
            if value is None:
                said = storable(text[at : at + 200])
                yield (
                    table,
                    place,
                    Fault(
                        place=place, message=_("This is no row that can be read."), original=said
                    ),
                )
                return
            values.append(_read(value))
            at = value.end()
            if value[5] == ")":
                break
        if len(values) == len(columns):
            yield table, place, dict(zip(columns, values, strict=True))
        else:
            yield (
                table,
                place,
                Fault(place=place, message=_("Nobody says what the columns of this row are.")),
            )
            return
        at = text.find("(", at) if text[at : at + 3].lstrip().startswith(",") else -1


def _read(value: re.Match[str]) -> str:
    if value[1]:
        return ""
    if value[2] is not None:
        return value[2]
    if value[3] is not None:
        return storable(
            bytes.fromhex(value[3].zfill(len(value[3]) // 2 * 2)).decode("utf-8", "replace")
        )
    return storable(ESCAPED.sub(_unescaped, value[4] or ""))


def _unescaped(found: re.Match[str]) -> str:
    return "'" if found[1] is None else MEANS.get(found[1], found[1])


def spooled(
    bundle: Bundle,
    spool: Spool,
    owners: Mapping[str, Callable[[Mapping[str, Any]], Any]],
    *,
    prefix: str = "",
) -> Iterator[Fault]:
    """Put all rows of these tables aside, by what `owners` says they belong to."""
    for table, _place, row in rows_of(bundle, owners, prefix=prefix):
        if isinstance(row, Fault):
            yield row
        else:
            spool.keep(table, owners[table](row), row)


def each_of(
    spool: Spool, table: str, read: Callable[[Mapping[str, Any]], Iterator[Record]]
) -> Things:
    """The records of a table that was put aside."""
    for row in spool.every(table):
        try:
            yield from list(read(row))
        except BadValue as error:
            place = f"{table} {row.get('id') or row.get('ticket_id') or ''}"
            yield Fault(place=place, message=str(error), original=shortened(row))
