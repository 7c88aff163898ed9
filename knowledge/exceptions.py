"""What cannot be done with articles, each with a sentence for the reader."""

from __future__ import annotations


class ArticleError(Exception):
    """A refusal that may be shown to the agent as it is. `field` is what is wrong, if one thing is."""

    def __init__(self, sentence: str, *, field: str | None = None) -> None:
        super().__init__(sentence)
        self.field = field


class Overtaken(ArticleError):
    """Somebody else has saved since the page was opened; nothing was changed."""
