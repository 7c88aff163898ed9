"""Text as the search sees it: folded, and cut into what the index holds.

PostgreSQL's own parser takes a Japanese sentence for one word, and which characters it knows
depends on the cluster's locale. Here a run of characters of a script without spaces becomes all
its overlapping pairs and its last character; any other run of letters and digits is a word.
"""

from __future__ import annotations

import re
import unicodedata

# Kana, Han, Hangul and Bopomofo; Thai, Lao, Burmese and Khmer.
UNSPACED = (
    "\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u31a0-\u31bf"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
    "\u1100-\u11ff\uac00-\ud7a3\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff"
)
RUN = re.compile(f"([{UNSPACED}]+)|([^\\W_{UNSPACED}]+)")
# What people type and what programs print instead of it.
ALIKE = str.maketrans(
    {**dict.fromkeys("‐‒–—―−", "-"), **dict.fromkeys("’‘", "'"), "〜": "~", "\x00": " "}
)
# Longer words are found by their beginning and compared in full afterwards.
WORD_LENGTH = 64
# PostgreSQL holds less than a megabyte of words in one value.
MOST_BYTES = 600_000


def fold(text: str) -> str:
    """The text without differences that nobody means: width, case, kinds of dashes and of space.

    Katakana and hiragana stay apart: ハナ is another word than はな.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).translate(ALIKE).split())


def tokens(text: str) -> list[str]:
    """What the index holds of a text, each token once."""
    found: dict[str, None] = {}
    for unspaced, word in RUN.findall(fold(text)):
        if word:
            found[word[:WORD_LENGTH]] = None
        else:
            found.update(dict.fromkeys(_pairs(unspaced)))
            found[unspaced[-1]] = None
    return _what_fits(list(found))


def index_query(term: str) -> str:
    """The condition, as PostgreSQL's tsquery, that every text with this folded term fulfils; empty
    when nothing in the term is in the index.

    Others may fulfil it too: compare what is found with the term itself.
    """
    conditions: dict[str, None] = {}
    for match in RUN.finditer(term):
        unspaced, word = match.groups()
        # What ends the term may go on in the text.
        more = ":*" if match.end() == len(term) else ""
        if word:
            conditions[f"'{word[:WORD_LENGTH]}'{more}"] = None
        elif len(unspaced) == 1:
            conditions[f"'{unspaced}'{more}"] = None
        else:
            conditions.update(dict.fromkeys(f"'{pair}'" for pair in _pairs(unspaced)))
    return " & ".join(conditions)


def pattern(term: str) -> re.Pattern[str]:
    """Where a folded text says the folded term. Words are found from their beginning: art is in
    article, not in start."""
    first = RUN.match(term)
    begins_word = first is not None and first[2] is not None
    return re.compile(rf"(?<![^\W_{UNSPACED}])" * begins_word + re.escape(term))


def _pairs(run: str) -> list[str]:
    return [run[start : start + 2] for start in range(len(run) - 1)]


def _what_fits(found: list[str]) -> list[str]:
    if sum(len(token) * 4 for token in found) <= MOST_BYTES:
        return found
    room = MOST_BYTES
    for number, token in enumerate(found):
        room -= len(token.encode()) + 2
        if room < 0:
            return found[:number]
    return found
