"""What a part of the settings is, as it stands in a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.models import Agent

Entry = dict[str, Any]
ONE_OF_THEM = "is_default"


class FileError(Exception):
    """The file is not brought in; the sentence says where it is wrong, and how."""


@dataclass(frozen=True, kw_only=True)
class Section:
    """One kind of settings, such as topics; `read` gives all there are, as they stand in a file.

    `save` is given an entry with every field, what is there in its place, and who does it.
    """

    name: str
    title: str | Promise
    # The fields of an entry with what holds when one is left out; it says of which type they are.
    fields: Mapping[str, Any]
    # The fields by which two entries are the same thing; none: there is one thing of the kind.
    keys: tuple[str, ...] = ()
    # Its fields say which texts and numbers are possible.
    models: Sequence[type[Model]]
    read: Callable[[], list[Entry]]
    save: Callable[[Entry, Entry | None, Agent], None]
    # The default one of a desk may have another name than in the file.
    renames_default: bool = False

    def key_of(self, entry: Mapping[str, Any]) -> tuple[Any, ...]:
        """What tells it from others of its kind."""
        return tuple(entry.get(name, self.fields[name]) for name in self.keys)

    def named(self, entry: Mapping[str, Any]) -> str:
        """As people call it."""
        return " / ".join(str(part) for part in self.key_of(entry) if part)

    def check(self, entry: Any, *, place: str) -> None:
        """Raise FileError for what is unknown, of another type, or impossible."""
        if not isinstance(entry, dict):
            raise FileError(_("%(place)s: this must be in braces.") % {"place": place})
        for name, value in entry.items():
            if name not in self.fields:
                raise FileError(
                    _("%(place)s: “%(name)s” is not known. Known are: %(known)s.")
                    % {"place": place, "name": name, "known": ", ".join(self.fields)}
                )
            self._check_value(name, value, place=f"{place}, {name}")

    def _check_value(self, name: str, value: Any, *, place: str) -> None:
        default = self.fields[name]
        fits = _kind_of(value) is (int if default is None else _kind_of(default))
        fits = fits or (value is None and default is None)
        if not fits:
            raise FileError(
                _("%(place)s: this is of another type than %(example)s.")
                % {"place": place, "example": json.dumps(3600 if default is None else default)}
            )
        if not isinstance(value, dict | NoneType):
            self._check_possible(name, value, place=place)

    def _check_possible(self, name: str, value: Any, *, place: str) -> None:
        for model in self.models:
            fields = model._meta.fields  # noqa: SLF001 - Django documents it
            field = next((each for each in fields if each.name == name), None)
            if field is None or field.is_relation or field.get_internal_type() == "DurationField":
                continue
            try:
                field.clean(value, None)
            except ValidationError as error:
                raise FileError(f"{place}: {' '.join(error.messages)}") from None


# Of rooms above this one, which add what is theirs when the desk starts.
FROM_ABOVE: list[Section] = []


def _kind_of(value: Any) -> type | None:
    """Which of JSON's kinds it is; yes and no are no numbers."""
    return next((kind for kind in (bool, str, int, list, dict) if isinstance(value, kind)), None)
