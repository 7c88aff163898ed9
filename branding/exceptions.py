"""What cannot be shown to customers, each with a sentence for whoever wanted it."""

from __future__ import annotations


class BrandError(Exception):
    """A refusal that may be shown as it is. `field` is what is wrong."""

    def __init__(self, sentence: str, *, field: str) -> None:
        super().__init__(sentence)
        self.field = field
