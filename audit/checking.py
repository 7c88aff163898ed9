"""Whether the log of changes is as it was written: everything is worked out again, and nothing that
the database's own functions say is believed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection, transaction

from audit.installing import faults
from audit.models import Change

# What was written longer ago than this is sealed, or somebody does not do their work.
SEALED_WITHIN = "1 minute"
CHAIN = """
SELECT id, number, previous, hash, digest,
    jsonb_build_array(
        number, id, (extract(epoch FROM at) * 1000000)::bigint, table_name, row_id, action, agent,
        name, via, request, encode(digest, 'hex')
    )::text,
    CASE WHEN erased_at IS NULL THEN jsonb_build_array(about, before, after, salt)::text END
FROM audit_change WHERE number IS NOT NULL ORDER BY number
"""


@dataclass(frozen=True)
class Head:
    """The end of the chain. Kept elsewhere, it tells later whether all until then is still there."""

    number: int
    hash: str


@dataclass(frozen=True)
class Sealed:
    """A change as it stands there; `payload` is None when it was erased."""

    pk: int
    number: int
    previous: bytes
    hash: bytes
    digest: bytes
    row: str
    payload: str | None

    @property
    def head(self) -> Head:
        """Where the chain ends with it."""
        return Head(self.number, self.hash.hex())


class Checker:
    """Reads the log once; afterwards `faults` says what is wrong, and `head` where it ends."""

    def __init__(self, *, noted: Head | None = None) -> None:
        self.faults = [f"{table}: its triggers are missing or off" for table in faults()]
        self.count = 0
        self.head = Head(0, "")
        self._noted = noted
        # Read before the chain: what is added meanwhile comes after it.
        self._end = _end()
        self._erased = _told_erased()

    def check(self) -> None:
        """Find the first broken row, and what is missing at the end."""
        with transaction.atomic():
            broken = self._first_broken()
        if broken:
            self.faults.append(broken)
        elif self.head.number < self._end.number and not self._is_forgotten():
            self.faults.append(f"the last {self._end.number - self.head.number} changes are gone")
        if self._noted and self._noted.number > self.head.number and not broken:
            self.faults.append("the log ends before the change that was noted")
        if late := _unsealed():
            self.faults.append(f"{late} changes are older than a minute and not sealed")

    def _first_broken(self) -> str:
        for sealed in _chain():
            if fault := self._fault(sealed):
                return f"change {sealed.pk}: {fault}"
            self.head = Head(sealed.number, sealed.hash.hex())
            self.count += 1
        return ""

    def _fault(self, sealed: Sealed) -> str:
        return self._fault_of_place(sealed) or self._fault_of_content(sealed)

    def _fault_of_place(self, sealed: Sealed) -> str:
        before = self.head.number if self.count else _told_forgotten()
        if sealed.number != before + 1:
            return f"{sealed.number - before - 1} changes before it are gone"
        if self.count and sealed.previous.hex() != self.head.hash:
            return "it does not follow the one before"
        return ""

    def _fault_of_content(self, sealed: Sealed) -> str:
        if sealed.payload is None:
            if not self._is_told_erased(sealed.pk):
                return "what it said was erased, and nothing says by whom"
        elif hashlib.sha256(sealed.payload.encode()).digest() != sealed.digest:
            return "what it says was changed"
        if hashlib.sha256(sealed.previous + sealed.row.encode()).digest() != sealed.hash:
            return "it was changed"
        known = {head.number: head for head in (self._end, self._noted) if head}
        if known.get(sealed.number, sealed.head) != sealed.head:
            return "the chain ended otherwise there"
        return ""

    def _is_told_erased(self, pk: int) -> bool:
        if pk not in self._erased:
            # It may have been erased a moment ago.
            self._erased = _told_erased()
        return pk in self._erased

    def _is_forgotten(self) -> bool:
        """All of it was deleted in good order."""
        return not self.count and self._end.number == _told_forgotten()


def _chain() -> Iterator[Sealed]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(CHAIN)
        for pk, number, previous, own, digest, row, payload in cursor:
            yield Sealed(pk, number, bytes(previous), bytes(own), bytes(digest), row, payload)


def _end() -> Head:
    with connection.cursor() as cursor:
        cursor.execute("SELECT number, encode(hash, 'hex') FROM audit_head")
        return Head(*cursor.fetchone())


def _told_erased() -> set[int]:
    """The changes of which a record says that they were erased."""
    records = Change.objects.filter(action=Change.Action.ERASE)
    return {pk for record in records if record.after for pk in record.after["changes"]}


def _told_forgotten() -> int:
    """The last number of which a record says that it was deleted with all before; 0: none was."""
    records = Change.objects.filter(action=Change.Action.FORGET, after__has_key="until")
    return max((record.after["until"] for record in records if record.after), default=0)


def _unsealed() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM audit_change WHERE hash IS NULL"
            " AND at < clock_timestamp() - %s::interval",
            [SEALED_WITHIN],
        )
        return int(cursor.fetchone()[0])


def may_be_changed_by_the_desk() -> bool:
    """Whether the database role that is used here owns the log, and could change it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class"
            " WHERE oid = 'audit_change'::regclass"
        )
        return bool(cursor.fetchone()[0])
