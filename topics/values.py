"""Values of fields: read from what people type, kept as JSON, and told in words.

Text is kept as it is, a number as its decimal digits, a date as ISO 8601, a choice as its key, and
yes or no as a truth value. What is empty is not kept.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal, DecimalException

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from common.time_formatting import format_day
from topics.exceptions import BadValues
from topics.models import Field, both, in_this_language

Kind = Field.Kind
Value = str | bool
Values = dict[str, Value]

LONGEST = 500
LARGEST = Decimal(10) ** 15
DECIMALS = 6
YES, NO = "yes", "no"


def read_values(
    fields: Iterable[Field], typed: Mapping[str, str], *, only_offered: bool = False
) -> dict[str, Value | None]:
    """What was typed or chosen for each of these fields, by key; None: it is empty.

    Fields that were not asked are left out. A choice that is no longer offered may stay where it
    is, unless what is asked for is something new. Raises BadValues with a sentence for each wrong
    one.
    """
    found: dict[str, Value | None] = {}
    wrong: dict[str, str] = {}
    for field in fields:
        text = " ".join(typed.get(field.key, "").replace("\0", " ").split())
        value = _read(field, text) if text else None
        if only_offered and field.kind == Kind.CHOICE and value not in dict(field.choices_offered):
            value = None
        if text and value is None:
            wrong[field.key] = _(SENTENCES[Kind(field.kind)]) % {"label": field.label}
        elif field.key in typed:
            found[field.key] = value
    if wrong:
        raise BadValues(wrong)
    return found


def merged(before: Mapping[str, Value], new: Mapping[str, Value | None]) -> Values:
    """The values with the new ones among them; what became empty is gone."""
    values = {**before, **new}
    return {key: value for key, value in values.items() if value is not None}


def as_typed(value: Value | None) -> str:
    """A value as a form shows it, and as an address names it."""
    if isinstance(value, bool):
        return YES if value else NO
    return value or ""


def in_words(field: Field, value: Value | None) -> str:
    """A value as people read it, in the active language; empty when there is none."""
    return in_this_language(in_both_languages(field, value))


def in_both_languages(field: Field, value: Value | None) -> dict[str, str]:
    """A value as people read it in each language."""
    if value is None:
        return both("", "")
    if isinstance(value, bool):
        return {language: _yes_or_no(language, is_yes=value) for language in LANGUAGES}
    if field.kind == Kind.DATE:
        day = date.fromisoformat(value)
        return {language: format_day(day, language=language) for language in LANGUAGES}
    if field.kind == Kind.CHOICE:
        chosen = next((each for each in field.choices if each["key"] == value), None)
        return both(chosen["ja"], chosen["en"]) if chosen else both(value, value)
    return both(value, value)


def words_of(fields: Iterable[Field], values: Mapping[str, Value]) -> list[str]:
    """The values in both languages, for a search; dates in figures, too. Yes and no say nothing."""
    words: dict[str, None] = {}
    for field in fields:
        value = values.get(field.key)
        if isinstance(value, str):
            words |= dict.fromkeys([value] if field.kind != Kind.CHOICE else [])
            words |= dict.fromkeys(in_both_languages(field, value).values())
    return list(words)


LANGUAGES = tuple(dict(settings.LANGUAGES))

# Reading --------------------------------------------------------------------------------------

SENTENCES = {
    Kind.TEXT: gettext_noop("%(label)s: Use at most 500 characters."),
    Kind.NUMBER: gettext_noop("%(label)s: Enter a number such as 12 or 3.5."),
    Kind.DATE: gettext_noop("%(label)s: Enter a date such as 2026-11-24."),
    Kind.CHOICE: gettext_noop("%(label)s: Choose one from the list."),
    Kind.YES_NO: gettext_noop("%(label)s: Choose yes or no."),
}


def _read(field: Field, text: str) -> Value | None:
    """None: it is nothing that this field takes."""
    if field.kind == Kind.CHOICE:
        # What is no longer offered may stay where it is.
        return text if any(each["key"] == text for each in field.choices) else None
    return READERS[Kind(field.kind)](text)


def _read_text(text: str) -> str | None:
    return text if len(text) <= LONGEST else None


def _read_number(text: str) -> str | None:
    """１,２００ is 1200, and 1.50 is 1.5: one number is written in one way."""
    try:
        number = Decimal(unicodedata.normalize("NFKC", text).replace(",", ""))
        is_kept = abs(number) < LARGEST and number == round(number, DECIMALS)
    except DecimalException:
        return None
    return format(number.normalize() + 0, "f") if is_kept else None


def _read_date(text: str) -> str | None:
    plain = unicodedata.normalize("NFKC", text).replace("/", "-")
    try:
        year, month, day = (int(part) for part in plain.split("-"))
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _read_yes_no(text: str) -> bool | None:
    return {YES: True, NO: False}.get(text)


READERS: dict[Kind, Callable[[str], Value | None]] = {
    Kind.TEXT: _read_text,
    Kind.NUMBER: _read_number,
    Kind.DATE: _read_date,
    Kind.YES_NO: _read_yes_no,
}


def _yes_or_no(language: str, *, is_yes: bool) -> str:
    with translation.override(language):
        return _("Yes") if is_yes else _("No")
