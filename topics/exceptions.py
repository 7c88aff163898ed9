"""What cannot be done with topics, fields and their values, each with a sentence for the reader."""

from __future__ import annotations

from collections.abc import Mapping


class TopicError(Exception):
    """A refusal that may be shown to the agent as it is. `field` is what is wrong, if one thing is."""

    def __init__(self, sentence: str, *, field: str | None = None) -> None:
        super().__init__(sentence)
        self.field = field


class BadValues(Exception):
    """Values that their fields do not take: a sentence for each, by the field's key."""

    def __init__(self, sentences: Mapping[str, str]) -> None:
        super().__init__(" ".join(sentences.values()))
        self.sentences = dict(sentences)
