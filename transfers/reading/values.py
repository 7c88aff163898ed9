"""Values as other programs write them: read strictly, refused with a sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from mail.reading.charsets import storable
from mail.reading.html_text import html_to_lines
from transfers.records import Fault, Record

Things = Iterator["Record | Fault"]
LONGEST_BODY = 1_000_000
LOOKS_LIKE_HTML = re.compile(
    r"<(?:p|br|div|html|body|span|table|ul|ol|blockquote|a)\b", re.IGNORECASE
)
KEPT_OF_ORIGINAL = 2000


class BadValue(ValueError):
    """Something that cannot be taken; the sentence is for people."""


def text(value: Any, most: int = LONGEST_BODY) -> str:
    """What it says, storable, and no longer than that; nothing for null and for structures."""
    if value is None or isinstance(value, dict | list | bool):
        return ""
    return storable(str(value)).strip()[:most]


def identity(value: Any) -> str:
    """The name of a thing in the other desk. Raises BadValue when it has none."""
    name = text(value, 200)
    if not name:
        raise BadValue(_("It has no id."))
    return name


def name_or_nothing(value: Any) -> str:
    """The name of another thing that this one points to; empty when to none."""
    return text(value, 200)


def instant(value: Any) -> datetime:
    """A moment; without a zone it is UTC, as all of these programs store it. Raises BadValue."""
    try:
        found = parse_datetime(text(value, 64).replace(" UTC", "Z"))
    except ValueError:
        found = None
    if found is None or not 1970 <= found.year < 2200:
        raise BadValue(_("“%(value)s” is no date and time.") % {"value": text(value, 40)})
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def instant_or_none(value: Any) -> datetime | None:
    """A moment, or none where nothing stands."""
    return instant(value) if text(value, 64) else None


def items(value: Any) -> list[Mapping[str, Any]]:
    """The structures of a list; what is no list has none."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def words(value: Any) -> tuple[str, ...]:
    """Short texts, from a list or parted by commas."""
    found = value if isinstance(value, list) else text(value).split(",")
    return tuple(filter(None, (text(each, 200) for each in found)))


def body(value: Any, *, is_html: bool | None = None) -> str:
    """What was said, as plain text. HTML is read as mails are."""
    said = text(value)
    if is_html is None:
        is_html = LOOKS_LIKE_HTML.search(said) is not None
    return html_to_lines(said).text.strip() if is_html else said


def taken(
    rows: Iterator[tuple[str, Mapping[str, Any] | Fault]],
    read: Callable[[Mapping[str, Any]], Iterator[Record]],
) -> Things:
    """The records in these rows; a row that cannot be read is a fault, and the next one comes."""
    for place, row in rows:
        if isinstance(row, Fault):
            yield row
            continue
        try:
            yield from list(read(row))
        except BadValue as error:
            yield Fault(place=place, message=str(error), original=shortened(row))


def shortened(row: Any) -> str:
    """A row as it was written, as much as is kept of it."""
    return storable(str(row))[:KEPT_OF_ORIGINAL]
