"""Where the signature begins: below a mark, a device's line, a rule or a formal closing."""

from __future__ import annotations

import re

from mail.reading.quoting_words import (
    CLOSINGS,
    CONTACT_MARKS,
    DEVICE_ENDINGS,
    DEVICE_LINES,
    DEVICES,
)

MARK = re.compile(r"^(?:--|—|―|ー{2}|–)[ \t\xa0]*$")
# Mailing lists write their footer below such a line.
FOOTER = re.compile(r"^_{20,}\s*$")
# Decoration: nothing but these, ten or more.
DECORATION = re.compile(
    r"^[\s　]*[━─＝=*＊+＋◇◆□■◎○●☆★~～〜_＿‐\-－―・･.:：/／|｜┏┓┗┛┌┐└┘▼▲△▽♪※#＃^]{10,}[\s　]*$"
)
LINK = re.compile(r"[<(\[]?https?://[^\s<>]+[>)\]]?")
SENTENCE_MARKS = (", ", "、", "。")
MOST_LINES = 40
RULE_LINES = 14
CLOSING_LINES = 10
DEVICE_WITHIN = 4


def is_footer_rule(line: str) -> bool:
    """The line above a mailing list's footer."""
    return FOOTER.match(line) is not None


def signature_start(lines: list[str]) -> int:
    """The line with which the signature begins; the number of lines if there is none."""
    last = len(lines)
    while last and not lines[last - 1].strip():
        last -= 1
    finders = (_below_mark, _device_line, _below_rule, _closing)
    return min(find(lines, last) for find in finders)


def _below_mark(lines: list[str], last: int) -> int:
    for at in range(max(0, last - MOST_LINES), last):
        if MARK.match(lines[at]) or is_footer_rule(lines[at]):
            return at
    return len(lines)


def _device_line(lines: list[str], last: int) -> int:
    for at in range(max(0, last - DEVICE_WITHIN), last):
        if is_device_line(lines[at]):
            return at
    return len(lines)


def is_device_line(line: str) -> bool:
    """ "Sent from my iPhone" in the languages of devices; not a sentence that begins so."""
    words = LINK.sub("", line[:300]).strip("　 *_<>[]()（）.-ー─").lower()
    if not words or len(words) > 70 or any(mark in words for mark in SENTENCE_MARKS):
        return False
    is_one = words.startswith(DEVICE_LINES) or words.endswith(DEVICE_ENDINGS)
    return is_one and any(name in words for name in DEVICES)


def _below_rule(lines: list[str], last: int) -> int:
    """Japanese signatures stand between rules or below one; a table does not name a telephone."""
    for at in range(max(1, last - RULE_LINES), last - 1):
        if DECORATION.match(lines[at]):
            below = [line for line in lines[at + 1 : last] if not DECORATION.match(line)]
            said = " ".join(below).lower()
            is_short = all(len(line) <= 60 or "http" in line for line in below)
            return at if is_short and any(mark in said for mark in CONTACT_MARKS) else len(lines)
    return len(lines)


def _closing(lines: list[str], last: int) -> int:
    for at in range(max(1, last - CLOSING_LINES), last):
        words = lines[at].strip(" ,.!，、。*_").lower()
        if words in CLOSINGS and all(len(line) <= 80 for line in lines[at + 1 : last]):
            return at
    return len(lines)
