"""What somebody wrote themselves, and where the quoted letter and the signature begin.

Lines are looked at one by one, at most a few joined, each cut to a length: no text takes more
than linear time. What is shown is always the beginning of what came; nothing is thrown away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mail.reading.quoting_lines import (
    MOST_LINES,
    attribution_length,
    is_label_block,
    is_quoted_line,
    is_reply_mark,
    is_rule,
    is_separator,
    shortened,
)
from mail.reading.signatures import is_footer_rule, signature_start

SIGNATURE_MARK = re.compile(r"^(?:--|—|――|-- )\s*$")
OVERLONG = 60


@dataclass(frozen=True, slots=True)
class Trimmed:
    """A text in three pieces, which together are the whole text."""

    visible: str
    signature: str = ""
    quoted: str = ""


def trim(text: str) -> Trimmed:
    """Split a text into what was written now, the signature and the quoted rest."""
    return trim_lines(text.split("\n"))


def trim_lines(
    lines: list[str], quoted: list[bool] | None = None, end: int | None = None
) -> Trimmed:
    """The same for lines; `quoted` tells which HTML marks as quoted, from `end` on all are."""
    text = _Text(lines, quoted)
    cut = text.cut(end)
    if not _says_something(lines[:cut]):
        cut = len(lines)
    signature = min(signature_start(lines[:cut]), cut)
    if not _says_something(lines[:signature]):
        signature = cut
    return Trimmed(
        visible="\n".join(lines[:signature]).rstrip(),
        signature="\n".join(lines[signature:cut]),
        quoted="\n".join(lines[cut:]),
    )


class _Text:
    """The lines as they are looked at: not too many, not too long."""

    def __init__(self, lines: list[str], quoted: list[bool] | None) -> None:
        self.lines = [shortened(line) for line in lines[:MOST_LINES]]
        self.length = len(lines)
        marked = quoted or [False] * len(self.lines)
        self.is_quoted = [
            mark or is_quoted_line(line) for line, mark in zip(self.lines, marked, strict=False)
        ]

    def cut(self, end: int | None) -> int:
        """The line with which the quoted rest begins."""
        for at in range(min(len(self.lines), self.length if end is None else end)):
            if self.is_quoted[at] or not self.lines[at].strip():
                continue
            if self._begins_a_letter(at):
                return self._with_rule_above(at)
            if length := attribution_length(self.lines, at, self.is_quoted):
                is_answered = self._is_answered_below(at + length)
                return self.length if is_answered else self._with_rule_above(at)
        if end is not None:
            return self._with_rule_above(min(end, len(self.lines)))
        return self._trailing_quote()

    def _begins_a_letter(self, at: int) -> bool:
        return (
            is_reply_mark(self.lines[at])
            or is_separator(self.lines, at)
            or is_label_block(self.lines, at)
        )

    def _with_rule_above(self, at: int) -> int:
        """The rule that Outlook draws above the header block belongs to what is quoted."""
        above = at
        while above > 0 and (not self.lines[above - 1].strip() or is_rule(self.lines[above - 1])):
            above -= 1
        return above if any(is_rule(line) for line in self.lines[above:at]) else at

    def _is_answered_below(self, start: int) -> bool:
        """Whether own words follow between or below the quoted lines."""
        seen_quote = False
        for at in range(start, len(self.lines)):
            line = self.lines[at].strip()
            if not line:
                continue
            if self.is_quoted[at]:
                seen_quote = True
            elif not seen_quote:
                # Quoted without a mark on each line: from here on nothing can be told apart.
                return False
            elif self._ends_the_letter(at):
                return False
            elif not self._is_wrapped_rest(at):
                return True
        return False

    def _ends_the_letter(self, at: int) -> bool:
        line = self.lines[at]
        return (
            SIGNATURE_MARK.match(line) is not None
            or is_footer_rule(line)
            or self._begins_a_letter(at)
            or attribution_length(self.lines, at, self.is_quoted) > 0
            or signature_start(self.lines[at:]) == 0
        )

    def _is_wrapped_rest(self, at: int) -> bool:
        """A long quoted line that was broken once more, so that its end lost the mark."""
        above = self.lines[at - 1] if at else ""
        if not (at and self.is_quoted[at - 1]):
            return False
        below_is_quoted = at + 1 < len(self.lines) and self.is_quoted[at + 1]
        return len(above.rstrip()) >= OVERLONG and below_is_quoted

    def _trailing_quote(self) -> int:
        """Where the quoted lines begin that end the text, with nothing but a signature below."""
        at = len(self.lines)
        if at < self.length:
            return self.length
        first = at
        while at > 0:
            line = self.lines[at - 1]
            if self.is_quoted[at - 1]:
                first = at - 1
            elif line.strip():
                break
            at -= 1
        return first if first < len(self.lines) else self.length


def _says_something(lines: list[str]) -> bool:
    return any(
        character.isalnum() or ord(character) > 0x2000 for line in lines for character in line
    )
