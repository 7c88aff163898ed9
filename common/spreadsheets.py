"""Tables as other people's spreadsheets read them: as CSV that is text and numbers, and never acts.

A spreadsheet takes a cell that begins with = + - or @ for a formula, and runs it. What customers
wrote therefore gets an apostrophe before it, which shows that it is text (OWASP "CSV injection");
numbers of ours stay numbers, negative ones too.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from django.utils import timezone

Cell = str | int | float | Decimal | bool | datetime | None

FORMULA = frozenset("=+-@")
# Another minus sign than NFKC knows to be one; the Japanese code page makes a "－" of it.
OTHER_SIGNS = frozenset("\u2212")
STARTS_OF_FORMULAS = ("\t", "\r")
# Of several letters that look alike Windows' Japanese code page knows only one.
IN_CP932 = str.maketrans(
    "\u301c\u2212\u2014\u2016\u00a2\u00a3\u00ac\u00a5",
    "\uff5e\uff0d\u2015\u2225\uffe0\uffe1\uffe2\uffe5",
)
MISSING = "〓"


class Encoding(StrEnum):
    """How the bytes are to be read: nearly everywhere, or by older Japanese programs."""

    UTF_8 = "utf-8"
    CP932 = "cp932"


@dataclass(frozen=True)
class Piece:
    """Some rows as bytes, and how many letters of them could not be written."""

    content: bytes
    replaced: int = 0


def csv_rows(rows: Iterable[Sequence[Cell]], encoding: Encoding) -> Piece:
    """Rows as RFC 4180 has them: text in quotes, numbers bare, CR LF after each.

    Instants are written in the active time zone, as spreadsheets read them.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerows([_written(cell, encoding) for cell in row] for row in rows)
    return _encoded(text.getvalue(), encoding)


def mark_of(encoding: Encoding) -> bytes:
    """What a file begins with: by it Excel knows UTF-8."""
    return b"\xef\xbb\xbf" if encoding is Encoding.UTF_8 else b""


def as_text(text: str) -> str:
    """The text so that no spreadsheet takes it for a formula, wherever its blanks are."""
    first = next((each for each in text if not _is_blank(each)), "")
    is_formula = first in OTHER_SIGNS or unicodedata.normalize("NFKC", first) in FORMULA
    is_formula = (is_formula and bool(first)) or text.startswith(STARTS_OF_FORMULAS)
    return f"'{text}" if is_formula else text


def _is_blank(letter: str) -> bool:
    """Nothing to see: blanks, line ends, controls, and what only joins or parts letters."""
    return letter.isspace() or unicodedata.category(letter) in {"Cc", "Cf", "Zs", "Zl", "Zp"}


def _written(cell: Cell, encoding: Encoding) -> str | int | float | Decimal:
    if isinstance(cell, datetime):
        return f"{timezone.localtime(cell):%Y-%m-%d %H:%M:%S}"
    if isinstance(cell, bool):
        return str(int(cell))
    if isinstance(cell, int | float | Decimal):
        return cell
    text = cell or ""
    return as_text(text.translate(IN_CP932) if encoding is Encoding.CP932 else text)


def _encoded(text: str, encoding: Encoding) -> Piece:
    try:
        return Piece(text.encode(encoding))
    except UnicodeEncodeError:
        letters = [_known(letter, encoding) for letter in text]
        return Piece("".join(letters).encode(encoding), _count(text, letters))


def _known(letter: str, encoding: Encoding) -> str:
    try:
        letter.encode(encoding)
    except UnicodeEncodeError:
        return MISSING
    return letter


def _count(text: str, letters: Sequence[str]) -> int:
    return sum(one != other for one, other in zip(text, letters, strict=True))
