"""Which parts of a letter are its text and which are files."""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass, field

from mail.reading.attachments import AttachedFile, attached_file, file_name, safe_name
from mail.reading.charsets import decode
from mail.reading.html_text import TextLines, html_to_lines
from mail.reading.limits import LIMITS, Cut, Limits
from mail.reading.parts import Part, Tree, uu_line
from mail.reading.tnef import Packed, is_tnef, unpacked

LINE_BREAK = re.compile(r"\r\n|\r|\n")
CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")
META_CHARSET = re.compile(rb"""(?i)<meta[^<>]{0,200}?charset\s*=\s*["']?\s*([a-z0-9_:.-]{2,40})""")
# Files of a letter within the letter are listed too, but not without end.
DEEPEST_LETTER = 3
UU_BEGIN = re.compile(r"begin [0-7]{3,4} (\S.{0,200})")
# Machines talk to machines in these; people are told by the text beside them.
MACHINE_TYPES = {
    "message/delivery-status",
    "message/global-delivery-status",
    "message/disposition-notification",
    "message/feedback-report",
    "application/applefile",
}


@dataclass(slots=True)
class Body:
    """The text in the order it came, and the files."""

    plain: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    shown: list[TextLines] = field(default_factory=list)
    files: list[AttachedFile] = field(default_factory=list)
    cuts: list[Cut] = field(default_factory=list)
    charset: str = ""


class Reader:
    """Walks the parts once and fills a Body; `inside` counts the letters around this one."""

    def __init__(self, limits: Limits = LIMITS, *, inside: int = 0) -> None:
        self.limits = limits
        self.inside = inside
        self.body = Body()
        # Text goes on below a picture. Text right below text is the footer of a list or the note
        # of a scanner: that becomes a file.
        self.may_show = True
        self.left = {"plain": limits.text_characters, "html": limits.html_characters}
        # What Outlook wrote into a file of its own: read when nothing is said beside it.
        self.packed: list[Packed] = []

    def read(self, part: Part) -> Body:
        """The body of the letter whose outermost part this is."""
        self._read(part, is_root=True)
        self._show_packed()
        return self.body

    def _read(self, part: Part, *, is_root: bool = False) -> None:
        if part.type == "multipart/alternative":
            self._choose(part)
        elif part.children:
            for child in part.children:
                self._read(child)
        elif part.main_type == "multipart":
            # Too deep to be read.
            return
        elif _is_text(part, is_root=is_root) and self.may_show:
            self._show(part)
            self.may_show = not self.body.shown[-1].text.strip()
        elif part.type not in MACHINE_TYPES:
            self._attach(part)

    def _choose(self, part: Part) -> None:
        """Of several versions of one text the plain one is read and the HTML one shown."""
        plain = [each for each in part.children if each.type == "text/plain" and not _named(each)]
        rich = [each for each in part.children if _has_html(each)]
        may_show, before = self.may_show, len(self.body.shown)
        for child in plain[:1]:
            self._read(child)
        said = len(self.body.shown)
        self.may_show = may_show
        for child in rich:
            self._read(child)
        if any(lines.text.strip() for lines in self.body.shown[before:said]):
            del self.body.shown[said:]
        else:
            del self.body.shown[before:said]
        for child in part.children:
            if child not in plain and child not in rich:
                self._read(child)

    def _show(self, part: Part) -> None:
        content = part.content()
        label = part.charset
        if part.type == "text/html" and (found := META_CHARSET.search(content[:4000])):
            label = label or found[1].decode("ascii", "ignore")
        self.body.charset = self.body.charset or label
        if part.type == "text/html":
            self._show_html(decode(content, label))
            return
        text = self._plain(decode(content, label))
        text = self._without_uuencoded(text)
        if part.parameters.get("format", "").lower() == "flowed":
            text = unflowed(text, delsp=part.parameters.get("delsp", "").lower() == "yes")
        self._show_text(text)

    def _show_packed(self) -> None:
        if any(lines.text.strip() for lines in self.body.shown):
            return
        for packed in self.packed:
            if packed.html.strip():
                self._show_html(packed.html)
            elif packed.text.strip():
                self._show_text(self._plain(packed.text))

    def _show_html(self, document: str) -> None:
        document = self._within("html", document, Cut.HTML)
        self.body.html.append(document)
        self.body.shown.append(html_to_lines(document))

    def _plain(self, text: str) -> str:
        text = self._within("plain", text, Cut.TEXT)
        return CONTROL.sub("", LINE_BREAK.sub("\n", text)).removeprefix("\ufeff")

    def _show_text(self, text: str) -> None:
        lines = text.split("\n")
        self.body.plain.append(text)
        self.body.shown.append(TextLines(lines, [False] * len(lines)))

    def _within(self, kind: str, text: str, cut: Cut) -> str:
        left = self.left[kind]
        if len(text) > left:
            self._cut(cut)
        self.left[kind] = max(0, left - len(text))
        return text[:left]

    def _without_uuencoded(self, text: str) -> str:
        """Old programs put files into the text itself; they become files here too."""
        if "\nend" not in text or "begin " not in text:
            return text
        lines = text.split("\n")
        kept: list[str] = []
        at = 0
        while at < len(lines):
            begin = UU_BEGIN.fullmatch(lines[at].strip())
            end = _uu_end(lines, at + 1) if begin is not None else None
            if begin is None or end is None:
                kept.append(lines[at])
                at += 1
                continue
            content = b"".join(
                uu_line(line.encode("ascii", "ignore")) for line in lines[at + 1 : end]
            )
            self._add(
                AttachedFile(safe_name(begin[1]) or "file", "application/octet-stream", content)
            )
            at = end + 1
        return "\n".join(kept)

    def _attach(self, part: Part) -> None:
        file = attached_file(part)
        packed = unpacked(file.content) if is_tnef(file) else Packed()
        if packed.files or packed.text.strip() or packed.html.strip():
            self.packed.append(packed)
            for each in packed.files:
                self._add(each)
            return
        self._add(file)
        self.may_show |= part.main_type != "text"
        if part.type == "message/rfc822" and self.inside < DEEPEST_LETTER:
            inner = Reader(self.limits, inside=self.inside + 1)
            for each in inner.read(Tree(file.content, self.limits).read()).files:
                self._add(each)

    def _add(self, file: AttachedFile) -> None:
        if len(self.body.files) < self.limits.attachments:
            self.body.files.append(file)
        else:
            self._cut(Cut.ATTACHMENTS)

    def _cut(self, what: Cut) -> None:
        if what not in self.body.cuts:
            self.body.cuts.append(what)


def unflowed(text: str, *, delsp: bool) -> str:
    """Join the lines a program broke softly (RFC 3676); quoted lines stay as they are."""
    result: list[str] = []
    open_line = False
    for sent in text.split("\n"):
        is_quoted = sent.startswith(">")
        line = sent.removeprefix(" ")
        if open_line and not is_quoted and line != "-- ":
            result[-1] += line
        else:
            result.append(line)
        open_line = line.endswith(" ") and not is_quoted and line != "-- "
        if open_line and delsp:
            result[-1] = result[-1][:-1]
    return "\n".join(result)


def _is_text(part: Part, *, is_root: bool) -> bool:
    if part.disposition == "attachment" or part.type == "text/calendar":
        return False
    if is_root:
        return part.main_type == "text"
    return part.type in {"text/plain", "text/html"} and not _named(part)


def _named(part: Part) -> bool:
    return bool(file_name(part)) or part.disposition == "attachment"


def _has_html(part: Part) -> bool:
    return any(each.type == "text/html" and not _named(each) for each in part.walk())


def _uu_end(lines: list[str], start: int) -> int | None:
    """Where the file ends, if every line until there is one of uuencode."""
    for at in range(start, len(lines)):
        line = lines[at].rstrip()
        if line == "end":
            return at
        if line and not _is_uu(line):
            return None
    return None


def _is_uu(line: str) -> bool:
    if not line.isascii() or len(line) > 70:
        return False
    try:
        binascii.a2b_uu(line.encode("ascii"))
    except binascii.Error:
        return len(line) > 40
    return True
