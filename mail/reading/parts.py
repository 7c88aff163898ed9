"""The tree of parts a letter is made of (MIME), cut out of the bytes without copying them."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from mail.reading.headers import Headers, read_headers
from mail.reading.limits import LIMITS, Cut, Limits
from mail.reading.parameters import Parameters, read_parameters

TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+-]{1,120}")
BASE64_LINE = re.compile(rb"[A-Za-z0-9+/]+={0,2}")
BASE64_ONLY = re.compile(rb"[A-Za-z0-9+/=]+")
NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]")
GUESSED_BOUNDARY = re.compile(rb"(?m)^--([0-9A-Za-z'()+_,./:=? -]{3,200}?)[ \t]*\r?$")
CAREFUL_BYTES = 1_000_000


@dataclass(slots=True)
class Part:
    """One part: its headers, where its body lies, and what it contains."""

    letter: bytes = field(repr=False)
    headers: Headers
    start: int
    end: int
    type: str = "text/plain"
    parameters: Parameters = field(default_factory=dict)
    disposition: str = ""
    disposition_parameters: Parameters = field(default_factory=dict)
    children: list[Part] = field(default_factory=list)

    @property
    def main_type(self) -> str:
        return self.type.partition("/")[0]

    @property
    def charset(self) -> str:
        return (self.parameters.get("charset", "").split() or [""])[0]

    @property
    def raw(self) -> bytes:
        return self.letter[self.start : self.end]

    def content(self) -> bytes:
        """The body without its transfer encoding; damage is read as far as it goes."""
        encoding = (
            self.headers.text("content-transfer-encoding").lower().split(";")[0].strip(" \"'")
        )
        if encoding == "base64":
            return from_base64(self.raw)
        if encoding in {"quoted-printable", "quoted_printable"}:
            return binascii.a2b_qp(self.raw)
        if encoding in {"x-uuencode", "uuencode", "x-uue"}:
            return from_uuencode(self.raw)
        return self.raw

    def walk(self) -> Iterator[Part]:
        """This part and all within, in the order they came."""
        yield self
        for child in self.children:
            yield from child.walk()


class Tree:
    """Reads a letter into parts, at most so many and so deep."""

    def __init__(self, letter: bytes, limits: Limits = LIMITS) -> None:
        self.letter = letter
        self.limits = limits
        self.parts_left = limits.parts
        self.cuts: list[Cut] = []

    def read(self) -> Part:
        """The letter itself as the outermost part."""
        return self._part(0, len(self.letter), depth=0)

    def _part(self, start: int, end: int, *, depth: int, default: str = "text/plain") -> Part:
        headers, body = read_headers(self.letter, start, end, self.limits)
        if headers.is_cut:
            self._cut(Cut.HEADERS)
        part = Part(self.letter, headers, body, end, type=default)
        _describe(part, default)
        if part.main_type == "multipart":
            self._fill(part, depth=depth + 1)
        return part

    def _fill(self, part: Part, *, depth: int) -> None:
        if depth > self.limits.depth:
            self._cut(Cut.DEPTH)
            return
        boundary = part.parameters.get("boundary", "").encode("utf-8", "ignore")
        default = "message/rfc822" if part.type == "multipart/digest" else "text/plain"
        for start, end in _sections(self.letter, part.start, part.end, boundary):
            if self.parts_left <= 0:
                self._cut(Cut.PARTS)
                return
            self.parts_left -= 1
            part.children.append(self._part(start, end, depth=depth, default=default))
        if not part.children:
            # No boundary in sight: whatever is there is shown as text.
            part.type = "text/plain"

    def _cut(self, what: Cut) -> None:
        if what not in self.cuts:
            self.cuts.append(what)


def _describe(part: Part, default: str) -> None:
    value, part.parameters = read_parameters(part.headers.raw("content-type"))
    value = value.lower()
    if TYPE.fullmatch(value):
        part.type = value
    elif value in {"text", "html", "multipart"}:
        part.type = {"text": "text/plain", "html": "text/html"}.get(value, "multipart/mixed")
    else:
        part.type = default
    disposition, part.disposition_parameters = read_parameters(
        part.headers.raw("content-disposition")
    )
    part.disposition = disposition.lower()


def _sections(letter: bytes, start: int, end: int, boundary: bytes) -> Iterator[tuple[int, int]]:
    """Where each part of a multipart begins and ends."""
    if not boundary:
        guessed = GUESSED_BOUNDARY.search(letter, start, min(end, start + CAREFUL_BYTES))
        if guessed is None:
            return
        boundary = guessed[1]
    opened: int | None = None
    for at, after, is_last in _delimiters(letter, start, end, b"--" + boundary.rstrip()):
        if opened is not None:
            yield opened, max(opened, _before_line_break(letter, opened, at))
        opened = None if is_last else after
        if is_last:
            return
    if opened is not None and opened < end:
        yield opened, end


def _delimiters(
    letter: bytes, start: int, end: int, mark: bytes
) -> Iterator[tuple[int, int, bool]]:
    """Where each delimiter line begins, where the next line begins, and whether it is the last."""
    most = len(mark) + 200
    at = letter.find(mark, start, end)
    while at >= 0:
        after = letter.find(b"\n", at, min(end, at + most)) + 1 or min(end, at + most)
        rest = letter[at + len(mark) : after].strip()
        is_line = at == start or letter[at - 1] in b"\n\r"
        if is_line and (not rest or rest.startswith(b"--")) and after - at < most:
            yield at, after, bool(rest)
        at = letter.find(mark, at + 1, end)


def _before_line_break(letter: bytes, start: int, at: int) -> int:
    if at > start and letter[at - 1] == 0x0A:
        at -= 1
    if at > start and letter[at - 1] == 0x0D:
        at -= 1
    return at


def from_base64(raw: bytes) -> bytes:
    """Decode, skipping lines that are none, and going on after padding in the middle."""
    padding = raw.find(b"=")
    is_clean = padding < 0 or not raw[padding:].strip(b"= \t\r\n")
    if len(raw) > CAREFUL_BYTES and is_clean:
        return _a2b(raw)
    runs = b"".join(_base64_of(line.strip()) for line in raw.splitlines())
    return b"".join(_a2b(run) for run in BASE64_LINE.findall(runs))


def _base64_of(line: bytes) -> bytes:
    if BASE64_ONLY.fullmatch(line):
        return line
    # A broken character within a long line is skipped; a sentence below the data is no data.
    return NOT_BASE64.sub(b"", line) if len(line) >= 20 and b" " not in line else b""


def _a2b(run: bytes) -> bytes:
    try:
        return binascii.a2b_base64(run)
    except binascii.Error:
        usable = re.sub(rb"[^A-Za-z0-9+/]", b"", run)
        usable = usable[:-1] if len(usable) % 4 == 1 else usable
        return binascii.a2b_base64(usable + b"=" * (-len(usable) % 4))


def from_uuencode(raw: bytes) -> bytes:
    """The file between `begin` and `end`, line by line as far as it can be read."""
    content = bytearray()
    for line in raw.splitlines():
        if line.startswith(b"begin ") or not line:
            continue
        if line.strip() == b"end":
            break
        content += uu_line(line)
    return bytes(content)


def uu_line(line: bytes) -> bytes:
    """One line of uuencode; some programs write too many characters at its end."""
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        length = (((line[0] - 32) & 63) * 4 + 5) // 3
        try:
            return binascii.a2b_uu(line[:length])
        except binascii.Error:
            return b""
