"""What a reader sees of a page: its words and its links."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

SILENT = {"script", "style", "template", "svg", "title"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT:
            self._silent.append(tag)
        if tag == "a":
            self.links.append(dict(attrs).get("href") or "")

    def handle_endtag(self, tag: str) -> None:
        if self._silent and self._silent[-1] == tag:
            self._silent.pop()

    def handle_data(self, words: str) -> None:
        if not self._silent:
            self.words.append(words)


def _read(response: Any) -> _Reader:
    reader = _Reader()
    reader.feed(response.content.decode())
    return reader


def words(response: Any) -> str:
    """The text of the page in one line."""
    return " ".join(unescape(" ".join(_read(response).words)).split())


def links(response: Any) -> list[str]:
    """Where the page leads, in order."""
    return _read(response).links


def numbers(response: Any) -> list[int]:
    """The numbers of the tickets in the list, in order."""
    return [int(found) for found in re.findall(r'id="row-(\d+)"', response.content.decode())]
