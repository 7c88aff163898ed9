"""What cannot be done with people and teams, each with a sentence for whoever wanted it."""

from __future__ import annotations


class PeopleError(Exception):
    """A refusal that may be shown as it is. `field` is what is wrong, if it is one."""

    def __init__(self, sentence: str, *, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field
