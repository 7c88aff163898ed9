"""Rows out of large files, one in memory at a time, whatever somebody has put into them."""

from __future__ import annotations

import codecs
import csv
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from typing import IO, Any, Protocol

from django.utils.translation import gettext as _

from mail.reading.charsets import storable
from transfers.records import Fault

MOST_OF_A_LINE = 32 * 2**20
A_READ = 2**16
BETWEEN_ITEMS = re.compile(r"[\s,]*")
Rows = Iterator[tuple[str, "Mapping[str, Any] | Fault"]]


class Readable(Protocol):
    """As much of a file as is needed here."""

    def read(self, size: int, /) -> bytes:
        """So many bytes at most."""

    def readline(self, size: int, /) -> bytes:
        """A line, or so much of it."""


def text_lines(file: Readable, *, most: int = MOST_OF_A_LINE) -> Iterator[tuple[int, bytes | None]]:
    """Numbered lines; None for one that is longer than that."""
    number = 0
    try:
        while line := file.readline(most + 1):
            number += 1
            if len(line) <= most:
                yield number, line
                continue
            while line and not line.endswith(b"\n"):
                line = file.readline(most)
            yield number, None
    except (OSError, EOFError, zlib.error):
        # A damaged zip: what came before stands.
        yield number + 1, None


def json_lines(file: Readable, name: str) -> Rows:
    """One structure a line (NDJSON, JSON Lines)."""
    for number, line in text_lines(file):
        place = f"{name}:{number}"
        if line is None:
            yield place, _fault(place, _("This line is too long, or the file is damaged."))
            continue
        if line.strip():
            yield place, _structure(place, line)


def _structure(place: str, line: bytes) -> Mapping[str, Any] | Fault:
    try:
        found = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return _fault(place, _("This is no JSON in UTF-8."), line)
    if not isinstance(found, dict):
        return _fault(place, _("This is no JSON object."), line)
    return found


def _fault(place: str, message: str, original: bytes = b"") -> Fault:
    said = storable(original[:2000].decode("utf-8", "replace")).rstrip("\r\n")
    return Fault(place=place, message=message, original=said)


def json_items(file: Readable, name: str) -> Rows:
    """The structures of the first list in a JSON document: `[{…}]` or `{"tickets": [{…}], …}`.

    An item is read when all of it is there, so one item at a time is in memory.
    """
    listed = _List(file)
    number = 0
    for found in listed.items():
        number += 1
        place = f"{name}#{number}"
        if isinstance(found, dict):
            yield place, found
        else:
            yield place, _fault(place, _("This is no JSON object."))
    if listed.is_too_long:
        message = _("Item %(number)s is too long.") % {"number": number + 1}
        yield name, _fault(name, message)
    elif not listed.is_at_end:
        message = _("The list in this file does not end.")
        yield name, _fault(name, message, listed.buffer[:2000].encode("utf-8", "replace"))


class _List:
    """A list of JSON, as much of it in memory as one item needs."""

    def __init__(self, file: Readable) -> None:
        self.file = file
        self.bytes = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self.json = json.JSONDecoder()
        self.buffer = ""
        self.is_at_end = self.is_too_long = False

    def items(self) -> Iterator[Any]:
        """Each item; afterwards it is at the end, or not."""
        if not self._begin():
            return
        while True:
            yield from self._whole_ones()
            self.is_too_long = len(self.buffer) > MOST_OF_A_LINE
            if self.is_at_end or self.is_too_long or not self._more():
                return

    def _begin(self) -> bool:
        """Go to the first item; False when no list begins."""
        while "[" not in self.buffer:
            self.buffer = self.buffer[-1:] if len(self.buffer) > MOST_OF_A_LINE else self.buffer
            if not self._more():
                return False
        self.buffer = self.buffer.partition("[")[2]
        return True

    def _more(self) -> bool:
        """Twice as much each time: a long item is not read from its beginning again and again."""
        piece = _chunk(self.file, max(A_READ, len(self.buffer)))
        self.buffer += self.bytes.decode(piece)
        return bool(piece)

    def _whole_ones(self) -> Iterator[Any]:
        at = 0
        while True:
            at = BETWEEN_ITEMS.match(self.buffer, at).end()  # type: ignore[union-attr]
            if self.buffer.startswith("]", at):
                self.is_at_end = True
                return
            try:
                found, at = self.json.raw_decode(self.buffer, at)
            except (ValueError, RecursionError):
                self.buffer = self.buffer[at:]
                return
            yield found


def _chunk(file: Readable, size: int) -> bytes:
    try:
        return file.read(size)
    except (OSError, EOFError, zlib.error):
        return b""


def any_json(file: Readable, name: str) -> Rows:
    """Structures from JSON Lines or from a list, whichever it is by its first letter."""
    head = file.read(512)
    again = _Again(head, file)
    begins = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    line = begins.split(b"\n", 1)[0].strip()
    is_lines = begins.startswith(b"{") and (line.endswith(b"}") or len(line) >= 400)
    if is_lines and not _has_list_first(begins):
        return json_lines(again, name)
    return json_items(again, name)


def _has_list_first(begins: bytes) -> bool:
    """`{"tickets": [` and the like."""
    key, colon, rest = begins[1:].partition(b":")
    return bool(colon) and rest.lstrip().startswith(b"[") and key.count(b'"') == 2


class _Again:
    """A file whose beginning has been read already."""

    def __init__(self, head: bytes, file: Readable) -> None:
        self.head, self.file = head, file

    def read(self, size: int, /) -> bytes:
        head, self.head = self.head[:size], self.head[size:]
        return head or self.file.read(size)

    def readline(self, size: int, /) -> bytes:
        if not self.head:
            return self.file.readline(size)
        line, end, rest = self.head.partition(b"\n")
        self.head = rest
        if end:
            return line + end
        return line + self.file.readline(size)


def csv_rows(
    file: IO[bytes], name: str, *, encoding: str, delimiter: str, by_number: bool = False
) -> Rows:
    """Rows by the headings of the first line, or by the number of the column, from 0 on; what
    quotes hold may go over several lines."""
    csv.field_size_limit(MOST_OF_A_LINE)
    lost: list[int] = []
    reader = csv.reader(_decoded(file, encoding, lost), delimiter=delimiter, strict=False)
    headings: list[str] = []
    while True:
        place = f"{name}:{reader.line_num + 1}"
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield place, _fault(place, _("This line is too long, or the file is damaged."))
            continue
        while lost:
            yield (
                f"{name}:{lost[0]}",
                _fault(f"{name}:{lost.pop()}", _("This line is too long, or the file is damaged.")),
            )
        if not any(cells):
            continue
        if not headings:
            headings = [cell.strip() for cell in cells]
            if by_number:
                headings = [str(number) for number in range(len(cells))]
            continue
        row = dict(zip(headings, cells, strict=False))
        yield place, row


def _decoded(file: IO[bytes], encoding: str, lost: list[int]) -> Iterator[str]:
    """Lines as text; for one that is too long an empty one, and its number among the lost."""
    for number, line in text_lines(file, most=MOST_OF_A_LINE // 2):
        if line is None:
            lost.append(number)
        yield "\n" if line is None else storable(line.decode(encoding, "replace"))
