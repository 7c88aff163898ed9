"""What was said before, as it stands below a letter: each inside the one that answers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString

from common.templatetags.ui import linked

MOST = 20_000
MARK, LEFT_OUT = "> ", "…"


@dataclass(frozen=True)
class Said:
    """`line` says who wrote it and when."""

    line: str
    body: str


def at_most(said: Sequence[Said], most: int = MOST) -> list[Said]:
    """As much of it, the newest first, as stays within so many characters when it is quoted."""
    kept: list[Said] = []
    for depth, each in enumerate(said):
        mark = MARK * (depth + 1)
        # Its first line, and the empty one above that.
        room = most - len(each.line) - 2 * len(mark)
        body = _within(each.body, room, mark=mark)
        if not body:
            break
        kept.append(Said(each.line, body))
        if body != each.body:
            break
        most = room - _length(body, mark=mark)
    return kept


def as_text(said: Sequence[Said]) -> str:
    """Every line of what somebody wrote behind "> "."""
    if not said:
        return ""
    newest, *earlier = said
    inside = newest.body + (f"\n\n{as_text(earlier)}" if earlier else "")
    return "\n".join([newest.line, *(f"{MARK}{line}".rstrip() for line in inside.split("\n"))])


def as_html(said: Sequence[Said]) -> SafeString | str:
    """The same as a block that steps back behind the letter."""
    if not said:
        return ""
    newest, *earlier = said
    return format_html(
        '<div style="color:#5f6368"><p>{}</p>\n'
        '<blockquote type="cite" style="margin:0 0 0 .5em;padding-left:1em;border-left:2px solid'
        ' #c4c7cc"><p style="white-space:pre-line">{}</p>\n{}</blockquote></div>',
        newest.line,
        linked(newest.body),
        as_html(earlier),
    )


def _within(body: str, room: int, *, mark: str) -> str:
    """The whole body, or its beginning and a sign that there was more; empty without any room."""
    if _length(body, mark=mark) <= room:
        return body
    left = room - _length(LEFT_OUT, mark=mark)
    kept = []
    for line in body.split("\n"):
        left -= _length(line, mark=mark)
        if left < 0:
            kept.append(line[:left])
            break
        kept.append(line)
    said = "\n".join(kept).rstrip()
    return f"{said}{LEFT_OUT}" if said else ""


def _length(text: str, *, mark: str) -> int:
    return len(text) + (text.count("\n") + 1) * (len(mark) + 1)
