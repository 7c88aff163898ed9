"""The shapes of bodies and parameters: what is read strictly is described by the same thing.

`read` gives a value or notes what is wrong; `schema` says the same as OpenAPI 3.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, Protocol, TypeVar

from django.utils.translation import gettext as _

from api.problems import Problem, Wrong
from common.numbers import whole_number

Schema = dict[str, Any]
Made = TypeVar("Made")


class Faults:
    """What is wrong so far, by the path of the field."""

    def __init__(self) -> None:
        self.found: list[Wrong] = []

    def note(self, at: str, code: str, message: str) -> None:
        """One more."""
        self.found.append(Wrong(field=at, code=code, message=message))

    def check(self) -> None:
        """Raises Problem when anything is wrong."""
        if self.found:
            said = _("Correct what is named in “errors”; nothing was changed.")
            raise Problem(422, "invalid", said, errors=self.found)


class Shape(Protocol):
    """How a value looks."""

    def read(self, value: Any, at: str, faults: Faults) -> Any:
        """The value as the code uses it."""

    def typed(self, text: str) -> Any:
        """What a text in an address stands for."""

    def schema(self) -> Schema:
        """The same for other programs."""


def wrong_type(at: str, faults: Faults, wanted: str) -> None:
    """It is of another kind."""
    faults.note(at, "type", _("This must be %(wanted)s.") % {"wanted": wanted})


@dataclass(frozen=True)
class Text:
    """A text of so many characters."""

    most: int
    least: int = 0
    about: str = ""

    def read(self, value: Any, at: str, faults: Faults) -> str:
        if not isinstance(value, str):
            wrong_type(at, faults, _("a text"))
            return ""
        if len(value.strip()) < self.least:
            faults.note(at, "required", _("This must not be empty."))
        if len(value) > self.most:
            said = _("Use at most %(most)s characters.") % {"most": self.most}
            faults.note(at, "too-long", said)
        return value

    def typed(self, text: str) -> str:
        return text

    def schema(self) -> Schema:
        least = {"minLength": self.least} if self.least else {}
        return _described({"type": "string", "maxLength": self.most, **least}, self.about)


@dataclass(frozen=True)
class Choice:
    """One of these words."""

    words: Sequence[str]
    about: str = ""

    def read(self, value: Any, at: str, faults: Faults) -> str:
        if not isinstance(value, str):
            wrong_type(at, faults, _("a text"))
            return ""
        if value not in self.words:
            said = _("This must be one of: %(words)s.") % {"words": ", ".join(self.words)}
            faults.note(at, "unknown", said)
        return value

    def typed(self, text: str) -> str:
        return text

    def schema(self) -> Schema:
        return _described({"type": "string", "enum": list(map(str, self.words))}, self.about)


@dataclass(frozen=True)
class Whole:
    """A whole number."""

    least: int = 1
    most: int = 10**18 - 1
    about: str = ""

    def read(self, value: Any, at: str, faults: Faults) -> int:
        # To JSON 1.0 is a whole number, too.
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            wrong_type(at, faults, _("a whole number"))
            return 0
        if not self.least <= value <= self.most:
            said = _("This must be between %(least)s and %(most)s.")
            faults.note(at, "range", said % {"least": self.least, "most": self.most})
        return value

    def typed(self, text: str) -> Any:
        number = whole_number(text)
        return text if number is None else number

    def schema(self) -> Schema:
        return _described(
            {"type": "integer", "minimum": self.least, "maximum": self.most}, self.about
        )


@dataclass(frozen=True)
class Number:
    """Any number."""

    about: str = ""

    def read(self, value: Any, at: str, faults: Faults) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool):
            wrong_type(at, faults, _("a number"))
            return 0
        return value

    def typed(self, text: str) -> str:
        return text

    def schema(self) -> Schema:
        return _described({"type": "number"}, self.about)


@dataclass(frozen=True)
class Flag:
    """Yes or no."""

    about: str = ""

    def read(self, value: Any, at: str, faults: Faults) -> bool:
        if not isinstance(value, bool):
            wrong_type(at, faults, _("true or false"))
        return bool(value)

    def typed(self, text: str) -> Any:
        return {"true": True, "false": False}.get(text, text)

    def schema(self) -> Schema:
        return _described({"type": "boolean"}, self.about)


@dataclass(frozen=True)
class Instant:
    """A point in time, with its zone."""

    about: str = ""

    def read(self, value: Any, at: str, faults: Faults) -> datetime | None:
        found = _instant(value) if isinstance(value, str) else None
        if found is None:
            faults.note(at, "instant", _("Write a time with its zone: 2026-11-24T09:00:00Z."))
        return found

    def typed(self, text: str) -> str:
        return text

    def schema(self) -> Schema:
        return _described({"type": "string", "format": "date-time"}, self.about)


@dataclass(frozen=True)
class Day:
    """A day of the calendar."""

    about: str = ""

    def read(self, value: Any, at: str, faults: Faults) -> date | None:
        found = _day(value) if isinstance(value, str) else None
        if found is None:
            faults.note(at, "day", _("Write a day such as 2026-11-24."))
        return found

    def typed(self, text: str) -> str:
        return text

    def schema(self) -> Schema:
        return _described({"type": "string", "format": "date"}, self.about)


@dataclass(frozen=True)
class OrNull:
    """The same, or nothing."""

    shape: Shape
    about: str = ""

    def read(self, value: Any, at: str, faults: Faults) -> Any:
        return None if value is None else self.shape.read(value, at, faults)

    def typed(self, text: str) -> Any:
        return self.shape.typed(text)

    def schema(self) -> Schema:
        inner = self.shape.schema()
        if "$ref" in inner:
            return _described({"anyOf": [inner, {"type": "null"}]}, self.about)
        enum = {"enum": [*inner["enum"], None]} if "enum" in inner else {}
        return {**inner, "type": [inner["type"], "null"], **enum}


@dataclass(frozen=True)
class ListOf:
    """So many of a kind."""

    item: Shape
    most: int
    about: str = ""

    def read(self, value: Any, at: str, faults: Faults) -> list[Any]:
        if not isinstance(value, list):
            wrong_type(at, faults, _("a list"))
            return []
        if len(value) > self.most:
            said = _("This has at most %(most)s entries.") % {"most": self.most}
            faults.note(at, "too-many", said)
            return []
        return [self.item.read(each, f"{at}.{n}", faults) for n, each in enumerate(value)]

    def typed(self, text: str) -> Any:
        return [self.item.typed(part) for part in text.split(",")]

    def schema(self) -> Schema:
        described = {"type": "array", "items": self.item.schema(), "maxItems": self.most}
        return _described(described, self.about)


@dataclass(frozen=True)
class Values:
    """What fields say, by their keys, as it would be typed; null takes a value away."""

    about: str = ""

    def read(self, value: Any, at: str, faults: Faults) -> dict[str, str]:
        if not isinstance(value, dict):
            wrong_type(at, faults, _("an object"))
            return {}
        return {key: self._typed(each, f"{at}.{key}", faults) for key, each in value.items()}

    def _typed(self, value: Any, at: str, faults: Faults) -> str:
        if value is None:
            return ""
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, str | int | float):
            return str(value)
        wrong_type(at, faults, _("a text, a number, true or false"))
        return ""

    def typed(self, text: str) -> str:
        return text

    def schema(self) -> Schema:
        each = {"type": ["string", "number", "boolean", "null"]}
        return _described({"type": "object", "additionalProperties": each}, self.about)


@dataclass(frozen=True)
class Anything:
    """Whatever JSON there is, of so many entries at its top."""

    about: str = ""

    def read(self, value: Any, at: str, faults: Faults) -> dict[str, Any]:
        if not isinstance(value, dict):
            wrong_type(at, faults, _("an object"))
            return {}
        return value

    def typed(self, text: str) -> str:
        return text

    def schema(self) -> Schema:
        return _described({"type": "object", "additionalProperties": True}, self.about)


@dataclass(frozen=True)
class Object:
    """Named values; what is not named here is refused. With a `name` it is described once."""

    fields: Mapping[str, Shape]
    required: Sequence[str] = ()
    name: str = ""
    about: str = ""
    example: Any = field(default=None, compare=False)

    def read(self, value: Any, at: str, faults: Faults) -> dict[str, Any]:
        if not isinstance(value, dict):
            wrong_type(at, faults, _("an object"))
            return {}
        for key in value:
            if key not in self.fields:
                faults.note(_path(at, key), "unknown-field", _("There is no such field here."))
        for key in self.required:
            if key not in value:
                faults.note(_path(at, key), "required", _("This is missing."))
        return {
            key: shape.read(value[key], _path(at, key), faults)
            for key, shape in self.fields.items()
            if key in value
        }

    def typed(self, text: str) -> str:
        return text

    def schema(self) -> Schema:
        return {"$ref": f"#/components/schemas/{self.name}"} if self.name else self.in_full()

    def in_full(self) -> Schema:
        """As the component that its name leads to."""
        described: Schema = {
            "type": "object",
            "properties": {key: shape.schema() for key, shape in self.fields.items()},
            "additionalProperties": False,
        }
        if self.required:
            described["required"] = list(self.required)
        return _described(described, self.about)

    def all_required(self) -> Object:
        """As we answer: nothing is ever missing."""
        return replace(self, required=tuple(self.fields))


def answered(name: str, fields: Mapping[str, Shape], about: str = "") -> Object:
    """What we answer under this name; every field is there."""
    return Object(fields, tuple(fields), name, about)


def body(name: str, fields: Mapping[str, Shape], required: Iterable[str] = ()) -> Object:
    """What is sent to us."""
    return Object(fields, tuple(required), name)


def utc(at: datetime | None) -> str | None:
    """A point in time as we write it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _day(text: str) -> date | None:
    """Python knows other ways to write one."""
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def _path(at: str, key: str) -> str:
    return f"{at}.{key}" if at else key


def _described(schema: Schema, about: str) -> Schema:
    return {**schema, "description": about} if about else schema
