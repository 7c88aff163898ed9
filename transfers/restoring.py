"""A desk that was taken along, restored into an empty one: the same rows under the same keys.

All of it is one transaction: whoever dies in between has done nothing. Files are written before it
ends; those of a restoring that broke off are passed over the next time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import DataError, IntegrityError, connection, models, transaction
from django.utils.translation import gettext as _

from accounts.models import Agent
from customers.models import Customer
from tickets.models import Ticket
from tickets.searching.index import index_families, tickets_to_index
from topics.selectors import forget_definitions
from transfers.bundles import Bundle, BundleError
from transfers.kinds import KINDS, Kind
from transfers.reading.lines import text_lines
from transfers.taking_along import FORMAT, VERSION
from transfers.writing import keep_quiet

ROWS_AT_ONCE = 500
MOST_OF_A_MANIFEST = 2**20
Tell = Callable[[str], None]


def restore_desk(bundle: Bundle, *, tell: Tell = lambda _line: None) -> dict[str, int]:
    """Bring all of it in; return the number of lines of each kind.

    Raises BundleError when it is damaged or of another version, and when this desk is not empty.
    """
    kinds = _checked(bundle)
    try:
        with transaction.atomic():
            _prepare()
            for kind in KINDS:
                if kind.name in kinds:
                    _bring_in(kind, bundle)
                    tell(kind.name)
            _move_sequences()
            _bring_files(bundle)
    except (DataError, IntegrityError) as error:
        said = str(error).partition("\n")[0]
        raise BundleError(_("A line does not fit: %(error)s") % {"error": said}) from error
    forget_definitions()
    while batch := list(tickets_to_index().select_related("customer")[:ROWS_AT_ONCE]):
        index_families(batch)
        tell("search")
    return {name: int(told["lines"]) for name, told in kinds.items()}


def check_desk(bundle: Bundle) -> dict[str, int]:
    """What would come: the number of lines of each kind. Raises BundleError as restore_desk does."""
    kinds = _checked(bundle)
    if not is_empty():
        raise BundleError(_("This desk is in use: there are agents, customers or tickets."))
    return {name: int(told["lines"]) for name, told in kinds.items()}


def is_empty() -> bool:
    """Whether nobody has used this desk yet."""
    return not any(model.objects.exists() for model in (Agent, Customer, Ticket))


def _checked(bundle: Bundle) -> dict[str, dict[str, Any]]:
    """The kinds as the manifest has them, when each file is as it says."""
    try:
        with bundle.open("manifest.json") as file:
            manifest = json.loads(file.read(MOST_OF_A_MANIFEST))
        told, kinds = (manifest["format"], manifest["version"]), manifest["kinds"]
        for name, found in {**kinds, "files": manifest["files"]}.items():
            _check(bundle, name, lines=found["lines"], sha256=found["sha256"])
    except (BundleError, ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, BundleError):
            raise
        raise BundleError(_("Its manifest.json cannot be read.")) from error
    if told != (FORMAT, VERSION):
        raise BundleError(_("This was not written by this version of the desk."))
    return dict(kinds)


def _check(bundle: Bundle, name: str, *, lines: int, sha256: str) -> None:
    number, digest = 0, hashlib.sha256()
    for _number, line in _lines(bundle, name):
        number += 1
        digest.update(line)
    if (number, digest.hexdigest()) != (lines, sha256):
        raise BundleError(_("“%(name)s” is not as it was written.") % {"name": f"{name}.jsonl"})


def _lines(bundle: Bundle, name: str) -> Iterator[tuple[int, bytes]]:
    with bundle.open(f"{name}.jsonl") as file:
        for number, line in text_lines(file, most=2**28):
            if line is None:
                raise BundleError(
                    _("“%(name)s” is not as it was written.") % {"name": f"{name}.jsonl"}
                )
            yield number, line


def _prepare() -> None:
    """What a new desk is set up with makes room."""
    if not is_empty():
        raise BundleError(_("This desk is in use: there are agents, customers or tickets."))
    keep_quiet()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        for kind in reversed(KINDS):
            cursor.execute(f'DELETE FROM "{kind.table}"')  # noqa: S608 - our own tables


def _bring_in(kind: Kind, bundle: Bundle) -> None:
    fields = {each.column: each for each in kind.model._meta.concrete_fields}  # noqa: SLF001
    instead = kind.instead or {}
    names = ", ".join(f'"{column}"' for column in [*kind.columns, *instead])
    values = ", ".join([*(_value(fields[column]) for column in kind.columns), *instead.values()])
    statement = (
        f'INSERT INTO "{kind.table}" ({names}) SELECT {values}'  # noqa: S608 - our own tables
        f' FROM json_populate_recordset(NULL::"{kind.table}", %s::json)'
    )
    with connection.cursor() as cursor:
        for batch in _batches(bundle, kind.name):
            cursor.execute(statement, [batch])


def _value(field: Any) -> str:
    """A column of a line; PostgreSQL takes the null of JSON for its own, which some do not allow."""
    if isinstance(field, models.JSONField) and not field.null:
        return f"coalesce(\"{field.column}\", 'null'::jsonb)"
    return f'"{field.column}"'


def _batches(bundle: Bundle, name: str) -> Iterator[str]:
    waiting: list[bytes] = []
    for _number, line in _lines(bundle, name):
        waiting.append(line)
        if len(waiting) == ROWS_AT_ONCE or len(line) > 2**20:
            yield _list(waiting)
            waiting = []
    if waiting:
        yield _list(waiting)


def _list(lines: list[bytes]) -> str:
    try:
        return "[" + ",".join(line.decode() for line in lines) + "]"
    except UnicodeDecodeError as error:
        raise BundleError(_("This is no text in UTF-8.")) from error


def _move_sequences() -> None:
    """What is new from here on gets keys and numbers of its own."""
    with connection.cursor() as cursor:
        for kind in KINDS:
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence(%s, 'id'), greatest(1, max(id)))"  # noqa: S608
                f' FROM "{kind.table}" HAVING max(id) IS NOT NULL'
                " AND pg_get_serial_sequence(%s, 'id') IS NOT NULL",
                [kind.table, kind.table],
            )
        cursor.execute(
            "SELECT setval('ticket_number', max(number)) FROM tickets_ticket"
            " HAVING max(number) IS NOT NULL"
        )


def _bring_files(bundle: Bundle) -> None:
    for _number, line in _lines(bundle, "files"):
        told = json.loads(line)
        path = str(told["path"])
        if told.get("is_missing"):
            continue
        if not _is_ours(path):
            raise BundleError(_("“%(name)s” is no place for a file.") % {"name": path[:100]})
        if default_storage.exists(path):
            continue
        if _digest(bundle, f"files/{path}") != told["sha256"]:
            raise BundleError(_("“%(name)s” is not as it was written.") % {"name": path})
        with bundle.open(f"files/{path}") as file:
            default_storage.save(path, File(file))


def _digest(bundle: Bundle, name: str) -> str:
    digest = hashlib.sha256()
    with bundle.open(name) as file:
        while piece := file.read(2**20):
            digest.update(piece)
    return digest.hexdigest()


def _is_ours(path: str) -> bool:
    """Below where attachments lie, and nowhere else."""
    parts = PurePosixPath(path).parts
    is_plain = bool(path) and "\\" not in path and "\x00" not in path and ".." not in parts
    return is_plain and parts[:1] == ("attachments",) and len(parts) > 1
