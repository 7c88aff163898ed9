"""Customers and their organisations from CSV, as any other program writes it."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.normalizing import normalize_email, normalize_phone
from customers.services import NUMBER, is_email
from topics.models import Field
from topics.selectors import definitions
from transfers.bundles import Bundle, BundleError
from transfers.reading.lines import csv_rows
from transfers.reading.values import BadValue, Things, text
from transfers.records import Customer, Fault

HEAD = 256 * 1024
SHOWN = 20
DELIMITERS = {",": gettext_lazy("Comma"), "\t": gettext_lazy("Tab"), ";": gettext_lazy("Semicolon")}
ENCODINGS = {"utf-8-sig": "UTF-8", "cp932": "Shift_JIS (CP932)"}
OWN_FIELD = "field:"
COLUMNS = {
    "name": gettext_lazy("Name"),
    "family_name": gettext_lazy("Family name"),
    "given_name": gettext_lazy("Given name"),
    "email": gettext_lazy("Email address"),
    "phone": gettext_lazy("Telephone number"),
    "organization": gettext_lazy("Organisation"),
    "language": gettext_lazy("Language"),
    "time_zone": gettext_lazy("Time zone"),
    "note": gettext_lazy("Note"),
    "external_id": gettext_lazy("Number in the other system"),
}
# How columns are called elsewhere, folded; the first that is in the heading counts.
KNOWN_AS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("email", ("email", "mail", "メール", "ﾒｰﾙ", "eメール")),
    ("phone", ("phone", "tel", "mobile", "電話", "携帯")),
    (
        "organization",
        ("organization", "organisation", "company", "account", "会社", "組織", "法人", "勤務先"),
    ),
    ("family_name", ("lastname", "familyname", "surname", "姓", "名字", "苗字")),
    ("given_name", ("firstname", "givenname", "名(名)")),
    ("language", ("language", "locale", "言語")),
    ("time_zone", ("timezone", "タイムゾーン")),
    ("note", ("note", "memo", "remark", "comment", "備考", "メモ", "ノート")),
    ("external_id", ("externalid", "customerid", "顧客id", "顧客番号", "会員番号", "顧客コード")),
    ("name", ("name", "customer", "氏名", "名前", "お名前", "顧客名", "担当者")),
)
OPTIONS = ("encoding", "delimiter", "mapping")
BETWEEN = re.compile(r"[\s;,、]+")


@dataclass(frozen=True)
class Table:
    """How a file seems to be written, what its columns are called and what they seem to mean."""

    encoding: str
    delimiter: str
    headings: tuple[str, ...]
    mapping: Mapping[str, str]

    @property
    def options(self) -> dict[str, Any]:
        return {
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "mapping": dict(self.mapping),
        }


def look_at(file: IO[bytes], *, encoding: str = "", delimiter: str = "") -> Table:
    """What the beginning of a file tells. Raises BundleError when it is no table."""
    head = file.read(HEAD)
    encoding = encoding if encoding in ENCODINGS else _encoding_of(head)
    lines = head.decode(encoding, "replace")
    if not lines.strip() or "\x00" in lines:
        raise BundleError(_("This is no CSV file."))
    first = lines.lstrip("\r\n").splitlines()[0]
    delimiter = delimiter if delimiter in DELIMITERS else max(DELIMITERS, key=first.count)
    rows = csv.reader(io.StringIO(lines.lstrip("\r\n"), newline=""), delimiter=delimiter)
    try:
        headings = tuple(cell.strip()[:100] for cell in next(rows))
    except (csv.Error, StopIteration):
        raise BundleError(_("This is no CSV file.")) from None
    return Table(encoding, delimiter, headings, _guessed(headings))


def _encoding_of(head: bytes) -> str:
    """Japanese in UTF-8 is no CP932, or nearly never; the last letter may be cut in two."""
    try:
        head[: len(head) - 4 if len(head) == HEAD else None].decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 8:
            return "cp932"
    return "utf-8-sig"


def _guessed(headings: Sequence[str]) -> dict[str, str]:
    own = {
        _folded(label): f"{OWN_FIELD}{each.key}"
        for each in _own_fields()
        for label in _labels(each)
    }
    found: dict[str, str] = {}
    for number, heading in enumerate(headings):
        column = own.get(_folded(heading)) or _known_as(_folded(heading))
        if column and (column in {"email", "phone"} or column not in found.values()):
            found[str(number)] = column
    return found


def _known_as(folded: str) -> str:
    if folded == "id":
        return "external_id"
    if folded == "名":
        return "given_name"
    return next((column for column, names in KNOWN_AS if any(each in folded for each in names)), "")


def _folded(heading: str) -> str:
    return re.sub(r"[\s_\-]", "", unicodedata.normalize("NFKC", heading).lower())


def _own_fields() -> list[Field]:
    return list(definitions().fields_of(Field.Of.CUSTOMER))


def _labels(each: Field) -> list[str]:
    return [label for label in (each.label_ja, each.label_en, each.key) if label]


def columns() -> list[tuple[str, Any]]:
    """What a column may mean: nothing, something that every customer has, or a field of ours."""
    own = [(f"{OWN_FIELD}{each.key}", each.label) for each in _own_fields()]
    return [("", _("Leave out")), *COLUMNS.items(), *own]


def preview(file: IO[bytes], options: Mapping[str, Any]) -> list[Customer | Fault]:
    """What the first lines would come to."""
    return list(islice(_read(file, "", options, prefix="-"), SHOWN))


def read(bundle: Bundle, options: Mapping[str, Any], *, prefix: str) -> Things:
    """The customers of every file there is. Lines without a number of their own are known by the
    prefix and where they stand."""
    for name in bundle.names():
        with bundle.open(name) as file:
            known = dict(options) or look_at(file).options
        with bundle.open(name) as file:
            yield from _read(file, name, known, prefix=prefix)


def _read(
    file: IO[bytes], name: str, options: Mapping[str, Any], *, prefix: str
) -> Iterator[Customer | Fault]:
    mapping: Mapping[str, str] = options["mapping"]
    rows = csv_rows(
        file, name, encoding=options["encoding"], delimiter=options["delimiter"], by_number=True
    )
    for place, row in rows:
        if isinstance(row, Fault):
            yield row
            continue
        try:
            yield _customer(row, mapping, known=f"{prefix}:{place}")
        except BadValue as error:
            line = _line(row, options["delimiter"])
            yield Fault(place=place, message=str(error), original=line)


def _customer(row: Mapping[str, str], mapping: Mapping[str, str], *, known: str) -> Customer:
    said: dict[str, list[str]] = {}
    for number, column in mapping.items():
        if value := text(row.get(number)):
            said.setdefault(column, []).append(value)
    first = {column: values[0] for column, values in said.items()}
    emails = tuple(_all(said.get("email", [])))
    for email in emails:
        if not is_email(normalize_email(email)):
            raise BadValue(_("“%(value)s” is no email address.") % {"value": email[:100]})
    for phone in said.get("phone", []):
        if not NUMBER.fullmatch(normalize_phone(phone)):
            raise BadValue(_("“%(value)s” is no telephone number.") % {"value": phone[:100]})
    name = first.get("name") or _whole_name(first)
    if not (name or emails or said.get("phone")):
        raise BadValue(_("There is neither a name nor an address in this line."))
    return Customer(
        id=first.get("external_id", known)[:200],
        name=name[:100],
        emails=emails,
        phones=tuple(said.get("phone", [])),
        organization_name=first.get("organization", "")[:200],
        language=first.get("language", ""),
        time_zone=first.get("time_zone", ""),
        note="\n".join(said.get("note", [])),
        fields={
            column.removeprefix(OWN_FIELD): value
            for column, value in first.items()
            if column.startswith(OWN_FIELD)
        },
    )


def _all(values: Sequence[str]) -> Iterator[str]:
    for value in values:
        yield from filter(None, BETWEEN.split(value))


def _whole_name(first: Mapping[str, str]) -> str:
    """In the order in which the language says them."""
    family, given = first.get("family_name", ""), first.get("given_name", "")
    is_latin = (family + given).isascii()
    return " ".join(filter(None, (given, family) if is_latin else (family, given)))


def _line(row: Mapping[str, str], delimiter: str) -> str:
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter, lineterminator="").writerow(row.values())
    return written.getvalue()[:2000]
