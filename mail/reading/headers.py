"""The header block of a letter or of one of its parts: found, cut to size, read by name."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mail.reading.limits import LIMITS, Limits
from mail.reading.words import header_text, raw_text, tidy

FIELD = re.compile(rb"([!-9;-~]{1,100})[ \t]*:")
MBOX_LINE = re.compile(rb">?From ")
# Threads grow at the end: of these the last part counts, of all others the first.
GROW_AT_THE_END = {"references", "in-reply-to"}
# A line that is no field, followed by one of these, is a field somebody folded wrongly.
USUAL = re.compile(
    rb"(?i)(?:from|to|cc|subject|date|message-id|mime-version|content-[a-z-]+|received|reply-to"
    rb"|in-reply-to|references|return-path|sender|x-[a-z0-9-]+)[ \t]*:"
)
ID = re.compile(r"<([^<>]+)>")


@dataclass(frozen=True, slots=True)
class Headers:
    """Fields in the order they came; `charset` reads values that are raw eight-bit text."""

    fields: tuple[tuple[str, bytes], ...]
    is_cut: bool = False
    charset: str = field(default="", compare=False)

    def all(self, name: str) -> list[bytes]:
        """Every value of this field, raw."""
        return [value for each, value in self.fields if each == name]

    def has(self, name: str) -> bool:
        """Whether the field is there at all, empty or not."""
        return any(each == name for each, _ in self.fields)

    def raw(self, name: str) -> str:
        """The first value, unfolded, its encoded words as they are."""
        values = self.all(name)
        return raw_text(values[0], self.charset).strip() if values else ""

    def text(self, name: str) -> str:
        """The first value, decoded, on one line."""
        values = self.all(name)
        return header_text(values[0], self.charset) if values else ""

    def message_ids(self, name: str, most: int = LIMITS.references) -> list[str]:
        """The Message-IDs in a field, each in angle brackets and without spaces, the last `most`."""
        found = message_ids(self.raw(name))
        return found[-most:]


def message_ids(text: str) -> list[str]:
    """Message-IDs in a text, each in angle brackets; one that came without them counts too."""
    found = [f"<{''.join(one.split())}>" for one in ID.findall(tidy(text)) if one.strip()]
    if found:
        return list(dict.fromkeys(found))
    words = tidy(text).split()
    bare = [word.strip("<>,;") for word in words if "@" in word] or words[:1]
    return [f"<{word}>" for word in dict.fromkeys(bare) if word]


def read_headers(
    letter: bytes, start: int, end: int, limits: Limits = LIMITS
) -> tuple[Headers, int]:
    """The headers that begin at `start`, and where the body begins."""
    spans, body = _spans(letter, start, end)
    fields: list[tuple[str, bytes]] = []
    left = limits.header_block_bytes
    is_cut = False
    for name, first, last in spans:
        most = min(limits.header_bytes, left)
        is_cut |= last - first > most
        if name in GROW_AT_THE_END:
            value = letter[max(first, last - most) : last]
        else:
            value = letter[first : min(last, first + most)]
        left -= len(value)
        fields.append((name, value))
        if left <= 0:
            break
    return Headers(fields=tuple(fields), is_cut=is_cut), body


def _spans(letter: bytes, start: int, end: int) -> tuple[list[tuple[str, int, int]], int]:
    """Name, begin and end of each value, and where the body begins."""
    spans: list[tuple[str, int, int]] = []
    at = start
    while at < end:
        after = letter.find(b"\n", at, end) + 1 or end
        line_end = _without_line_break(letter, at, after)
        if line_end == at:
            return spans, after
        if (match := FIELD.match(letter, at, line_end)) is not None:
            spans.append((match[1].decode("ascii").lower(), match.end(), line_end))
        elif spans and (letter[at] in b" \t" or _goes_on(letter, after, end)):
            spans[-1] = (*spans[-1][:2], line_end)
        elif not (at == start and MBOX_LINE.match(letter, at)):
            return spans, at
        at = after
    return spans, end


def _goes_on(letter: bytes, at: int, end: int) -> bool:
    """Whether one of the next lines is a usual field again, so that the headers are not over."""
    for _ in range(3):
        if USUAL.match(letter, at, end):
            return True
        after = letter.find(b"\n", at, min(end, at + 1000)) + 1
        if not after or _without_line_break(letter, at, after) == at:
            return False
        at = after
    return False


def _without_line_break(letter: bytes, at: int, after: int) -> int:
    if after > at and letter[after - 1] == 0x0A:
        after -= 1
        if after > at and letter[after - 1] == 0x0D:
            after -= 1
    return after
