"""What a tag may be called, and when two spellings are the same tag."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from django.utils.translation import gettext as _

from tickets.exceptions import BadTag

TAG_LENGTH = 40
FOLDED_LENGTH = 120
TAGS_OF_A_TICKET = 20
SEPARATORS = str.maketrans(dict.fromkeys("、，､", ","))


def tidy(name: str) -> str:
    """The name as it is shown: one width of letters, single spaces, nothing invisible.

    Raises BadTag for a name that is empty or longer than 40 characters.
    """
    name = _plain(name)
    if not name:
        raise BadTag(_("A tag needs a name."))
    if len(name) > TAG_LENGTH:
        raise BadTag(
            _("“%(name)s…” is too long: a tag has at most %(most)s characters.")
            % {"name": name[:20], "most": TAG_LENGTH}
        )
    return name


def fold(name: str) -> str:
    """The spelling by which tags are told apart: ｻﾎﾟｰﾄ is サポート, VIP is vip. Folds once and
    for all: folding it again changes nothing."""
    folded = _plain(name)
    while (again := _plain(folded.casefold())) != folded:
        folded = again
    return folded


def split(text: str) -> list[str]:
    """Names typed into one field, with commas of any kind between them."""
    names = unicodedata.normalize("NFC", text).translate(SEPARATORS).split(",")
    return [name for name in names if name.strip()]


def distinct(names: Iterable[str]) -> dict[str, str]:
    """Each tag once, tidied, by its folded name; the first spelling stays. Raises BadTag."""
    found: dict[str, str] = {}
    for name in names:
        shown = tidy(name)
        found.setdefault(fold(shown), shown)
    return found


def _plain(text: str) -> str:
    shown = "".join(
        letter if unicodedata.category(letter) not in {"Cc", "Cs"} else " "
        for letter in unicodedata.normalize("NFKC", text)
    )
    return " ".join(shown.split())
