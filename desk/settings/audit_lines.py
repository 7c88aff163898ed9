"""What was changed, as sentences: who did what to what, and each column before and after."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.apps import apps
from django.db.models import DateTimeField, Field, Model
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from audit.models import Change
from audit.tables import AUDITED, VEILED
from common.templatetags.ui import instant
from desk.settings.audit_words import COLUMNS, KINDS, SENTENCES, Kind

# Of a text that was changed, so much is shown.
SHOWN = 300
Names = Mapping[tuple[type[Model], Any], str]


@dataclass(frozen=True)
class Line:
    """One change. `url` is the page of what it was of, `said` a sentence for each column."""

    change: Change
    sentence: str
    url: str
    via: str
    said: list[str]


def lines_of(changes: Sequence[Change], *, longest: int = SHOWN) -> list[Line]:
    """Each as a line; what they refer to is looked up for all together."""
    names = _names(changes)
    return [_line(change, names, longest=longest) for change in changes]


def _line(change: Change, names: Names, *, longest: int) -> Line:
    is_of_log = change.table_name not in KINDS
    return Line(
        change=change,
        sentence=_sentence(change, names),
        url=_url(change),
        via=change.via,
        said=[] if is_of_log else list(_said(change, names, longest=longest)),
    )


def _said(change: Change, names: Names, *, longest: int) -> Iterator[str]:
    """A sentence for each column."""
    before, after = (
        {column: _words(change.table_name, column, value, names) for column, value in said.items()}
        for said in (change.before or {}, change.after or {})
    )
    for column in {**after, **before}:
        what = COLUMNS.get(column, column)
        words = [
            Truncator(side.get(column) or _("none")).chars(longest) for side in (before, after)
        ]
        if change.action != Change.Action.UPDATE:
            value = words[change.action == Change.Action.INSERT]
            yield _("%(what)s: %(value)s") % {"what": what, "value": value}
        elif VEILED in words:
            yield _("%(what)s: changed") % {"what": what}
        else:
            yield _("%(what)s: %(before)s → %(after)s") % {
                "what": what,
                "before": words[0],
                "after": words[1],
            }


def _sentence(change: Change, names: Names) -> str:
    by_person, otherwise = SENTENCES[change.action]
    template = by_person if change.name else otherwise
    return str(template) % {"who": who_of(change), "what": _what(change, names)}


def who_of(change: Change) -> str:
    """The name of the agent; else from where it came."""
    via = change.via
    if change.name or via.startswith("manage.py"):
        return change.name or via
    if via.startswith("portal:"):
        return pgettext("who did it", "A customer")
    if ".tasks." in via:
        return pgettext("who did it", "The desk itself")
    if via:
        return pgettext("who did it", "Somebody who was not signed in")
    return pgettext("who did it", "Somebody with access to the database")


def _what(change: Change, names: Names) -> str:
    kind = KINDS.get(change.table_name, Kind(change.table_name))
    said = change.about or {}
    naming = AUDITED[change.table_name].naming.split() if change.table_name in AUDITED else []
    about = [
        words
        for column in naming
        if (words := _words(change.table_name, column, said.get(column), names))
    ]
    if not about and change.row_id is not None and change.erased_at:
        about = [f"#{change.row_id}"]
    if not about:
        return str(kind.word)
    return _("%(kind)s “%(name)s”") % {"kind": kind.word, "name": " / ".join(about)}


def _url(change: Change) -> str:
    kind = KINDS.get(change.table_name)
    if kind is None:
        return ""
    if kind.list_page:
        return reverse(kind.list_page)
    pk = (change.about or {}).get(kind.owner) if kind.owner else change.row_id
    is_gone = change.action == Change.Action.DELETE and not kind.owner
    return reverse(kind.page, args=[pk]) if kind.page and pk and not is_gone else ""


# What stands in a column ----------------------------------------------------------------------


def _words(table: str, column: str, value: Any, names: Names) -> str:
    field = _fields(table).get(column)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value is None or value == "":
        return ""
    if isinstance(value, list | dict):
        return _list(value)
    if field is not None and field.related_model:
        return names.get((_model(field.related_model), value), f"#{value}")
    return _single(field, value)


def _list(value: list[Any] | dict[str, Any]) -> str:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False) if value else ""


def _single(field: Field[Any, Any] | None, value: Any) -> str:
    if field is not None and field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, DateTimeField) and (moment := _moment(value)):
        return instant(moment)
    return str(value)


def _moment(value: Any) -> datetime | None:
    try:
        return parse_datetime(str(value))
    except ValueError:
        return None


def _names(changes: Iterable[Change]) -> Names:
    """Of all that these changes refer to: one query for each kind of it."""
    wanted: dict[type[Model], set[Any]] = defaultdict(set)
    for change in changes:
        for said in (change.about, change.before, change.after):
            for column, value in (said or {}).items():
                field = _fields(change.table_name).get(column)
                if field is not None and field.related_model and isinstance(value, int):
                    wanted[_model(field.related_model)].add(value)
    return {
        (model, pk): str(row)
        for model, pks in wanted.items()
        for pk, row in model._default_manager.in_bulk(pks).items()  # noqa: SLF001
    }


def _model(related: Any) -> type[Model]:
    return related  # type: ignore[no-any-return]


@cache
def _fields(table: str) -> Mapping[str, Field[Any, Any]]:
    """The columns of a table as Django knows them."""
    models = apps.get_models(include_auto_created=True)
    model = next((each for each in models if each._meta.db_table == table), None)  # noqa: SLF001
    return {str(each.column): each for each in model._meta.local_concrete_fields} if model else {}  # noqa: SLF001
