"""The settings of a desk as one file: written, compared, and brought in. Passwords, people and
pictures are not in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from accounts.exceptions import PeopleError
from accounts.models import Agent
from branding.exceptions import BrandError
from branding.selectors import forget_shown
from mail.letter_texts import forget_texts
from sla.editing import EditRefused
from tickets.exceptions import BadMacro
from tickets.services.rematching import start_rematch
from tickets.state_words import forget_state_words
from topics.exceptions import TopicError
from topics.selectors import forget_definitions
from transfers.as_file import letters, people, promises, tickets
from transfers.as_file.section import FROM_ABOVE, ONE_OF_THEM, Entry, FileError, Section

FORMAT = 1
# Each may name what stands before it.
OWN = (*people.SECTIONS, *promises.SECTIONS, *tickets.SECTIONS, *letters.SECTIONS)
REFUSALS = (PeopleError, BrandError, EditRefused, BadMacro, TopicError, FileError)
LONGEST_VALUE = 80


@dataclass(frozen=True)
class Change:
    """What the file makes of one thing; `before` None: it is new."""

    section: Section
    before: Entry | None
    after: Entry

    @property
    def said(self) -> str:
        """In words."""
        what = {"kind": self.section.title, "name": self.section.named(self.after)}
        if self.before is None:
            return _("%(kind)s: “%(name)s” is new.") % what
        named = f"{what['kind']} “{what['name']}”" if what["name"] else str(what["kind"])
        return f"{named}: {', '.join(self._differences())}"

    def _differences(self) -> list[str]:
        before = self.before or {}
        return [
            f"{name}: {_short(before[name])} → {_short(value)}"
            for name, value in self.after.items()
            if before[name] != value
        ]


def sections() -> tuple[Section, ...]:
    """All kinds of settings."""
    return (*OWN, *FROM_ABOVE)


def written_settings() -> str:
    """All of it, as JSON that people can read."""
    parts = {each.name: each.read() for each in sections()}
    whole = {
        each.name: parts[each.name] if each.keys else parts[each.name][0] for each in sections()
    }
    return json.dumps({"format": FORMAT, **whole}, ensure_ascii=False, indent=2) + "\n"


def bring_in(text: str, *, by: Agent, only_look: bool = False) -> list[Change]:
    """Make the desk's settings what the file says, all of it or nothing, and tell what that changes;
    or only look what it would. What the file does not name stays as it is.

    Raises FileError.
    """
    content = _read(text)
    try:
        with transaction.atomic():
            changes = [
                each for section in sections() for each in _bring_in(section, content, by=by)
            ]
            if {change.section.name for change in changes} & {"calendars", "policies", "teams"}:
                start_rematch()
            if only_look:
                transaction.set_rollback(True)
    finally:
        # This process may remember what was never committed.
        for forget in (forget_shown, forget_definitions, forget_texts, forget_state_words):
            forget()
    return changes


def _read(text: str) -> dict[str, list[Entry]]:
    """The entries by section, each of them checked."""
    try:
        whole = json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        raise FileError(
            _("Line %(line)s: this is not JSON. Look for a missing comma, quote or brace.")
            % {"line": error.lineno}
        ) from None
    if not isinstance(whole, dict) or whole.pop("format", None) != FORMAT:
        raise FileError(_("This is no file of settings: “format” must be 1."))
    known = {section.name: section for section in sections()}
    if unknown := [name for name in whole if name not in known]:
        raise FileError(
            _("%(place)s: “%(name)s” is not known. Known are: %(known)s.")
            % {"place": _("Whole file"), "name": unknown[0], "known": ", ".join(known)}
        )
    return {name: _entries(known[name], value) for name, value in whole.items()}


def _entries(section: Section, written: Any) -> list[Entry]:
    entries = written if section.keys else [written]
    if not isinstance(entries, list):
        raise FileError(_("%(place)s: this must be in brackets.") % {"place": section.name})
    seen: set[tuple[Any, ...]] = set()
    for number, entry in enumerate(entries, start=1):
        place = f"{section.name}, {number}" if section.keys else section.name
        section.check(entry, place=place)
        key = section.key_of(entry)
        if section.keys and (key in seen or not any(key)):
            raise FileError(
                _("%(place)s: “%(name)s” must be filled in, and nothing is named twice.")
                % {"place": place, "name": ", ".join(section.keys)}
            )
        seen.add(key)
    # One that becomes the default goes before the one that was.
    return sorted(entries, key=lambda entry: not entry.get(ONE_OF_THEM, False))


def _bring_in(section: Section, content: Mapping[str, list[Entry]], *, by: Agent) -> list[Change]:
    """Twice, as one may name another that comes after it; then all must be as it is written."""
    entries = content.get(section.name, [])
    if not entries:
        return []
    changes = _save_changed(section, entries, by=by)
    if changes and _save_changed(section, entries, by=by):
        for change in _changes(section, entries):
            raise FileError(
                _("%(place)s: it would be kept otherwise than it is written: %(difference)s")
                % {"place": section.name, "difference": change.said}
            )
    return changes


def _save_changed(section: Section, entries: list[Entry], *, by: Agent) -> list[Change]:
    changes = _changes(section, entries)
    for change in changes:
        place = f"{section.name}, {section.named(change.after)}".removesuffix(", ")
        try:
            with transaction.atomic():
                section.save(change.after, change.before, by)
        except REFUSALS as refusal:
            raise FileError(f"{place}: {refusal}") from None
        except (DatabaseError, TypeError, KeyError, AttributeError, ValueError):
            raise FileError(_("%(place)s: this cannot be kept.") % {"place": place}) from None
    return changes


def _changes(section: Section, entries: list[Entry]) -> list[Change]:
    there = section.read()
    found = {section.key_of(each): each for each in there}
    named = {section.key_of(entry) for entry in entries}
    changes = []
    for entry in entries:
        here = found.get(section.key_of(entry))
        if here is None and section.renames_default and entry.get(ONE_OF_THEM):
            defaults = (each for each in there if each[ONE_OF_THEM])
            here = next((each for each in defaults if section.key_of(each) not in named), None)
        after = {**(here or section.fields), **entry}
        if after != here:
            changes.append(Change(section, here, after))
    return changes


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
