"""HTML as text, line by line, knowing which lines are quoted."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

import nh3

VOID_OR_SELF_CLOSING = {
    *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param"),
    *("source", "track", "wbr", "p", "li", "td", "th", "tr", "dt", "dd", "option", "tbody"),
}
CONTAINERS = {"div", "blockquote", "ul", "ol", "dl", "section", "article", "center", "fieldset"}
# The tidying below takes quadratic time in the depth; no mail program nests like that.
DEEPEST = 1_000
MOST_CONTAINERS = 12_000
# So does joining what stands between character references.
MOST_REFERENCES = 100_000
TAG_NAME = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")

BLOCKS = {
    *("p", "div", "tr", "table", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "pre"),
    *("blockquote", "hr", "center", "dl", "dt", "dd", "section", "article", "header", "footer"),
    *("address", "fieldset", "legend", "caption", "body"),
}
KEPT = BLOCKS | {"br", "td", "th", "span", "img"}
NEVER_TEXT = {"script", "style", "title", "template", "noscript", "noembed", "noframes"}
# Written by nh3, so well-formed: every quote in an attribute is escaped.
TOKEN = re.compile(r'<(/?)([a-z][a-z0-9]*)((?: [a-z-]+="[^"]*")*) ?/?>')
ATTRIBUTE = re.compile(r' (class|id|type|style)="([^"]*)"')
SPACES = re.compile(r"[ \t\r\n\f\xa0]+")
ANY_TAG = re.compile(r"<[^<>]*>")

# What mail programs call the quoted letter. The first kind ends with its element, after the second
# everything is quoted.
QUOTE_CLASSES = re.compile(
    r"(?:^|[ _])(?:gmail_attr|moz-cite-prefix|moz-email-headers-table|zmail_extra_hr|quoted-text"
    r"|WordSection_quote|freebirdFormviewerViewItemsItemQuote)(?:$| )"
)
QUOTE_TO_THE_END = re.compile(
    r"(?:^|[ _])(?:yahoo_quoted|protonmail_quote|tutanota_quote|OutlookMessageHeader|zmail_extra"
    r"|ms-outlook-mobile-reference-message|moz-forward-container|yahoo_quoted_[0-9]+"
    r"|divRplyFwdMsg|appendonsend|OLK_SRC_BODY_SECTION|mail-editor-reference-message-container"
    r"|stopSpelling|reply-intro|isForwardContent|isReplyContent)(?:$| )"
)


@dataclass(slots=True)
class TextLines:
    """The lines of a document, which of them stand in quotes, and from where on all do."""

    lines: list[str] = field(default_factory=list)
    quoted: list[bool] = field(default_factory=list)
    end: int | None = None

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def html_to_lines(document: str) -> TextLines:
    """The text of an HTML document; linear in its length, and no markup can break it."""
    if takes_too_long(document):
        plain = html.unescape(ANY_TAG.sub(" ", document))
        lines = [SPACES.sub(" ", line).strip() for line in plain.split("\n")]
        return TextLines(lines, [False] * len(lines))
    clean = nh3.clean(
        document,
        tags=KEPT,
        clean_content_tags=NEVER_TEXT,
        attributes={"*": {"class", "id", "type", "style"}},
        strip_comments=True,
        link_rel=None,
    )
    return _Writer().write(clean)


def takes_too_long(document: str) -> bool:
    """Whether the markup is built to take time rather than to be read."""
    if document.count("&") > MOST_REFERENCES:
        return True
    open_now: dict[str, int] = {}
    depth = containers = 0
    for match in TAG_NAME.finditer(document):
        name = match[2].lower()
        if name in VOID_OR_SELF_CLOSING:
            continue
        if not match[1]:
            open_now[name] = open_now.get(name, 0) + 1
            depth += 1
            containers += name in CONTAINERS
        elif open_now.get(name):
            open_now[name] -= 1
            depth -= 1
        if depth > DEEPEST or containers > MOST_CONTAINERS:
            return True
    return False


class _Writer:
    """Writes lines while tags open and close."""

    def __init__(self) -> None:
        self.result = TextLines()
        self.line = ""
        self.line_is_quoted = False
        self.preformatted = 0
        # One entry per open element: whether it opened a quote.
        self.open: list[tuple[str, bool]] = []
        self.quotes = 0

    def write(self, clean: str) -> TextLines:
        at = 0
        for token in TOKEN.finditer(clean):
            self._text(clean[at : token.start()])
            at = token.end()
            if token[1]:
                self._close(token[2])
            else:
                self._open(token[2], dict(ATTRIBUTE.findall(token[3])))
        self._text(clean[at:])
        self._break()
        return self.result

    def _text(self, piece: str) -> None:
        text = html.unescape(piece)
        if self.preformatted:
            first, *others = text.split("\n")
            self._add(first)
            for line in others:
                self._break()
                self._add(line)
            return
        text = SPACES.sub(" ", text)
        self._add(text.lstrip(" ") if not self.line or self.line.endswith(" ") else text)

    def _add(self, text: str) -> None:
        if text:
            self.line_is_quoted = self.line_is_quoted if self.line.strip() else self.quotes > 0
            self.line += text

    def _break(self, *, blank: bool = False) -> None:
        if self.line.strip() or self.preformatted:
            self._end_line(self.line.rstrip())
        if blank and self.result.lines and self.result.lines[-1]:
            self._end_line("")
        self.line = ""

    def _end_line(self, line: str) -> None:
        self.result.lines.append(line)
        self.result.quoted.append(self.line_is_quoted if line else self.quotes > 0)

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        if name == "br":
            self._end_line(self.line.rstrip())
            self.line = ""
            return
        if name in BLOCKS:
            self._break(
                blank=name in {"p", "blockquote", "table", "ul", "ol"} and not self._in_list()
            )
        elif name in {"td", "th"} and self.line.strip():
            self.line += "\t"
        if name == "li":
            self._add("- ")
        starts_quote = self._starts_quote(name, attributes)
        if name in {"hr", "img"}:
            return
        self.preformatted += name == "pre"
        self.quotes += starts_quote
        self.open.append((name, starts_quote))

    def _in_list(self) -> bool:
        return self.line == "- "

    def _starts_quote(self, name: str, attributes: dict[str, str]) -> bool:
        marks = f"{attributes.get('class', '')} {attributes.get('id', '')}"
        if self.result.end is None and QUOTE_TO_THE_END.search(marks):
            self.result.end = len(self.result.lines)
        return name == "blockquote" or QUOTE_CLASSES.search(marks) is not None

    def _close(self, name: str) -> None:
        if name in BLOCKS:
            self._break(blank=name in {"p", "blockquote", "table"})
        while self.open:
            opened, started_quote = self.open.pop()
            self.quotes -= started_quote
            self.preformatted -= opened == "pre"
            if opened == name:
                break
