"""What may stand in {{ }} in texts that people keep. The list is closed: nothing is looked up."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

PLACEHOLDER = re.compile(r"[{｛]{2}([^{}｛｝\n]{0,60})[}｝]{2}")
OPENED = re.compile(r"[{｛]{2}.*?[}｝]{2}", re.DOTALL)


@dataclass(frozen=True)
class Placeholders:
    """The things that a kind of text knows, each by its Japanese and its English name."""

    japanese: Mapping[str, str]

    @cached_property
    def _names(self) -> Mapping[str, str]:
        return {name: name for name in self.japanese.values()} | dict(self.japanese)

    def meaning(self, placeholder: str) -> str | None:
        """The English name of what stands in {{ }}; None when it means nothing here."""
        name = unicodedata.normalize("NFKC", placeholder.strip("{}｛｝")).strip().lower()
        return self._names.get(name)

    def unknown(self, text: str) -> list[str]:
        """What stands in {{ }} and means nothing here, each once, as it was written."""
        found = [each.group() for each in OPENED.finditer(text)]
        return list(dict.fromkeys(each for each in found if self.meaning(each) is None))

    def used(self, text: str) -> dict[str, str]:
        """What the text has, by its English name, as it was first written."""
        found = [each.group() for each in reversed(list(PLACEHOLDER.finditer(text)))]
        return {name: each for each in found if (name := self.meaning(each)) is not None}

    def fill(self, text: str, values: Mapping[str, str]) -> str:
        """The text with these values. What has none stays as it is; what stands in {{ }} in a value
        is text."""
        return PLACEHOLDER.sub(lambda found: self._value(found.group(), values), text)

    def shown(self, name: str, language: str) -> str:
        """The placeholder as it is written in texts of a language."""
        japanese = next(each for each, english in self.japanese.items() if english == name)
        return f"{{{{{japanese if language == 'ja' else name}}}}}"

    def _value(self, placeholder: str, values: Mapping[str, str]) -> str:
        meaning = self.meaning(placeholder)
        return values.get(meaning, placeholder) if meaning else placeholder
