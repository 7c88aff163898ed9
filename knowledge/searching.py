"""What somebody types, read as words to seek in articles, with the words that mean the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from common.tokens import RUN, fold, index_query, pattern

LONGEST = 200
MOST_TERMS = 8
MOST_KEYWORDS = 12
MOST_VARIANTS = 12
# Of a sentence, what carries its meaning: Han and katakana runs, and longer words.
KEYWORD = re.compile(
    "[\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]{2,}"
    "|[\u30a1-\u30fa\u30fc-\u30ff]{2,}"
    r"|[a-z0-9][a-z0-9-]{2,}"
)
LITTLE = """
the and for are was were has have had not but you your our can cannot how what why when where who
which this that these those with without from into does did don about after before any there their
they them its will would should could please help need want get got doesn isn お客様 場合 方法 何故
"""
SAYS_LITTLE = frozenset(LITTLE.split())
SPLITTERS = re.compile(r"[\s\"“”、。，．,!?！？「」『』()（）]+")


@dataclass(frozen=True)
class Term:
    """One thing to find, in any of its folded spellings and synonyms."""

    variants: tuple[str, ...]

    @cached_property
    def index_query(self) -> str:
        """As the index is asked: any of the variants."""
        queries = filter(None, map(index_query, self.variants))
        return " | ".join(f"({each})" for each in queries)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Where a folded text says it."""
        return re.compile("|".join(pattern(each).pattern for each in self.variants))

    def is_in(self, folded: str) -> bool:
        """Whether a folded text says it."""
        return self.pattern.search(folded) is not None


Groups = Sequence[Sequence[str]]
"""Folded words that mean the same."""


def readable(text: str) -> str:
    """Any text as it can be sought: half a character cannot be shown, nor NUL be stored."""
    return text.encode(errors="ignore").decode().replace("\x00", " ").strip()[:LONGEST]


def terms_of(text: str, groups: Groups = ()) -> list[Term]:
    """All that is typed, word by word; punctuation alone is in no index."""
    rest = f" {fold(SPLITTERS.sub(' ', readable(text)))} "
    phrases = []
    for phrase in _phrases(groups):
        if f" {phrase} " in rest:
            rest = rest.replace(f" {phrase} ", " ")
            phrases.append(phrase)
    return _terms([*phrases, *rest.split()], groups, most=MOST_TERMS)


def keywords_of(text: str, groups: Groups = ()) -> list[Term]:
    """What a whole sentence is about."""
    words: dict[str, None] = {}
    for word in KEYWORD.findall(fold(readable(text))):
        if word not in SAYS_LITTLE:
            words[word] = None
            words |= dict.fromkeys(_parts(word))
    return _terms(words, groups, most=MOST_KEYWORDS)


def _parts(word: str) -> list[str]:
    """Of a long Han run also its beginning and its end: 領収書発行 is 領収 and 発行, and of 毎日切れ
    only 毎日 is a noun."""
    if word[0] < "\u3400" or len(word) < 3:
        return []
    return [word[:2]] if len(word) == 3 else [word[:2], word[-2:]]


def _terms(words: Iterable[str], groups: Groups, *, most: int) -> list[Term]:
    terms = dict.fromkeys(Term(_variants(word, groups)) for word in words if index_query(word))
    return list(terms)[:most]


def _variants(word: str, groups: Groups) -> tuple[str, ...]:
    """The word, and with each of its parts that has a synonym the other words in its place."""
    found = {word: None}
    for group in groups:
        for each in group:
            if each == word or (_is_unspaced(each) and len(each) > 1 and each in word):
                found |= dict.fromkeys(word.replace(each, other) for other in group)
    return tuple(list(found)[:MOST_VARIANTS])


def _phrases(groups: Groups) -> list[str]:
    """Synonyms of several words, the longest first."""
    return sorted({word for group in groups for word in group if " " in word}, key=len)[::-1]


def _is_unspaced(word: str) -> bool:
    match = RUN.fullmatch(word)
    return match is not None and match[1] is not None
