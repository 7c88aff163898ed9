"""The line of a text in which something was found, with the words marked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from common.tokens import fold

LENGTH = 160
BEFORE = 40


class Sought(Protocol):
    """Something to find, in a text that is folded."""

    @property
    def pattern(self) -> re.Pattern[str]: ...


class Piece(NamedTuple):
    """A part of the line, to be shown as it is written, never as markup."""

    text: str
    is_hit: bool = False


def excerpt(text: str, terms: Sequence[Sought]) -> list[Piece]:
    """The first line that says one of the words, cut around it; else the beginning of the text."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    for line in filter(None, lines):
        folded = fold(line)
        if any(term.pattern.search(folded) for term in terms):
            return _marked(line, terms)
    return [Piece(" ".join(text.split())[:LENGTH])]


def _marked(line: str, terms: Sequence[Sought]) -> list[Piece]:
    """Folding can make one character of two and several of one, so it is done bit by bit."""
    bits = _bits(line)
    folded, owners = "", []
    for number, bit in enumerate(bits):
        piece = fold(bit) or " " * bit.isspace()
        folded += piece
        owners += [number] * len(piece)
    hits = {
        owners[place]
        for term in terms
        for match in term.pattern.finditer(folded)
        for place in range(*match.span())
    }
    return _pieces(bits, hits)


def _pieces(bits: list[str], hits: set[int]) -> list[Piece]:
    """The bits around the first hit, neighbours of one sort together."""
    start = max(0, min(hits, default=0) - BEFORE)
    pieces = [Piece("…")] if start else []
    for number in range(start, min(len(bits), start + LENGTH)):
        bit, is_hit = bits[number], number in hits
        if pieces and pieces[-1].is_hit == is_hit:
            pieces[-1] = Piece(pieces[-1].text + bit, is_hit)
        else:
            pieces.append(Piece(bit, is_hit))
    return [*pieces, Piece("…")] if start + LENGTH < len(bits) else pieces


def _bits(line: str) -> list[str]:
    """Characters, each with the marks that belong to it: half-width ﾎﾟ are two of them."""
    bits: list[str] = []
    for character in line:
        if bits and (character in "ﾞﾟ" or unicodedata.combining(character)):
            bits[-1] += character
        else:
            bits.append(character)
    return bits
