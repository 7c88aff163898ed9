"""The little Markdown that agents write: bold, lists, links, code and quotes, and nothing else.

Pictures, headings, tables and HTML stay the characters they are. Bold is a rule of our own: by the
common one `**「重要」**です` is not bold, because no space follows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

import nh3
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from common.templatetags.ui import linked

# Bounded, because text full of stars that never close would take minutes.
BOLD = re.compile(r"\*\*(?=[^\s*])(.{1,1000}?)(?<=[^\s*])\*\*(?!\*)", re.DOTALL)
RULES = ["list", "blockquote", "fence", "paragraph", "newline", "backticks", "link"]
TAGS = {"p", "br", "strong", "ul", "ol", "li", "a", "code", "pre", "blockquote", "mark"}
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}
# The parser strips the wide space with which a Japanese paragraph begins; as this it stays.
WIDE_SPACE, KEPT = "\u3000", "\ue000"


class _Renderer(RendererHTML):
    """As the library does it, with live web addresses in what is plain text."""

    def text(
        self, tokens: Sequence[Token], idx: int, options: Any, env: MutableMapping[str, Any]
    ) -> str:
        before = [token.type for token in tokens[:idx]]
        if before.count("link_open") > before.count("link_close"):
            return super().text(tokens, idx, options, env)
        return _with_mentions(tokens[idx].content, env.get("mentions", ()))


def _with_mentions(text: str, names: Sequence[str]) -> str:
    """Plain text with live web addresses, and the names after an @ made to stand out."""
    if not names:
        return linked(text)
    found = re.split(f"([@＠](?:{'|'.join(map(re.escape, names))}))", text)
    pairs = zip(found[::2], [*found[1::2], ""], strict=True)
    return format_html_join(
        "", "{}{}", ((linked(said), _mention(name) if name else "") for said, name in pairs)
    )


def _mention(name: str) -> SafeString:
    return format_html("<mark>{}</mark>", name)


def _bold(state: StateInline, silent: bool) -> bool:
    found = BOLD.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        end = state.posMax
        state.push("strong_open", "strong", 1).markup = "**"
        state.pos, state.posMax = found.start(1), found.end(1)
        state.md.inline.tokenize(state)
        state.posMax = end
        state.push("strong_close", "strong", -1).markup = "**"
    state.pos = found.end()
    return True


def _parser() -> MarkdownIt:
    options: Mapping[str, Any] = {"html": False, "breaks": True, "linkify": False}
    parser = MarkdownIt("zero", options, renderer_cls=_Renderer).enable(RULES)
    parser.inline.ruler.before("link", "bold", _bold)
    # A letter is read where no address of ours is "here".
    parser.validateLink = _is_whole_address  # type: ignore[method-assign,assignment]
    return parser


def _is_whole_address(address: str) -> bool:
    return address.partition(":")[0].lower() in SCHEMES


PARSER = _parser()


def marked_up(text: str, *, mentions: Sequence[str] = ()) -> SafeString:
    """What an agent wrote, as HTML that may stand in a page or a letter."""
    written = text.replace("\r\n", "\n").replace(WIDE_SPACE, KEPT)
    html = PARSER.render(written, {"mentions": mentions}).replace(KEPT, WIDE_SPACE)
    clean = nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )
    # Cleaned in the line above.
    return SafeString(clean.strip())
