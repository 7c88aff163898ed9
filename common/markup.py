"""The little Markdown that agents write: bold, lists, links, code and quotes, and nothing else.
Articles have headings, tables, rules and links to our own pages besides.

Pictures and HTML stay the characters they are. Bold is a rule of our own: by the common one
`**「重要」**です` is not bold, because no space follows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, MutableMapping, Sequence
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
ARTICLE_RULES = [*RULES, "heading", "table", "hr"]
ARTICLE_TAGS = TAGS | {"h2", "h3", "h4", "hr", "table", "thead", "tbody", "tr", "th", "td"}
# The page has the first heading.
HEADINGS = {"h1": "h2", "h2": "h2", "h3": "h3"}
# A page of ours, by its path: neither another site's nor one that a browser could take for it.
OWN_PATH = re.compile(r"/(?![/\\])[\w\-./?&=%#~]*")
SIGNS = re.compile(r"^[ \t]*(?:#{1,6}\s|>|\||[-*+]\s|\d{1,9}[.)]\s)|\*\*|`|\|", re.MULTILINE)
WRITTEN_LINK = re.compile(r"\[([^\[\]]{1,500})\]\([^()\s]{1,2000}\)")
TABLE_RULE = re.compile(r"^[ \t|:-]+$", re.MULTILINE)
# The parser strips the wide space with which a Japanese paragraph begins; as this it stays.
WIDE_SPACE, KEPT = "\u3000", "\ue000"


class _Renderer(RendererHTML):
    """As the library does it, with live web addresses in what is plain text."""

    def renderInline(  # noqa: N802 - the library's name
        self, tokens: Sequence[Token], options: Any, env: MutableMapping[str, Any]
    ) -> str:
        links = 0
        for token in tokens:
            links += (token.type == "link_open") - (token.type == "link_close")
            token.meta["is_in_link"] = links > 0
        return super().renderInline(tokens, options, env)

    def text(
        self, tokens: Sequence[Token], idx: int, options: Any, env: MutableMapping[str, Any]
    ) -> str:
        if tokens[idx].meta["is_in_link"]:
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


def _parser(rules: list[str], is_good: Callable[[str], bool]) -> MarkdownIt:
    options: Mapping[str, Any] = {"html": False, "breaks": True, "linkify": False}
    parser = MarkdownIt("zero", options, renderer_cls=_Renderer).enable(rules)
    parser.inline.ruler.before("link", "bold", _bold)
    parser.validateLink = is_good  # type: ignore[method-assign,assignment]
    return parser


def _is_whole_address(address: str) -> bool:
    """A letter is read where no address of ours is "here"."""
    return address.partition(":")[0].lower() in SCHEMES


def _is_address(address: str) -> bool:
    return OWN_PATH.fullmatch(address) is not None or _is_whole_address(address)


PARSER = _parser(RULES, _is_whole_address)
ARTICLE_PARSER = _parser(ARTICLE_RULES, _is_address)


def marked_up(text: str, *, mentions: Sequence[str] = ()) -> SafeString:
    """What an agent wrote, as HTML that may stand in a page or a letter."""
    return _cleaned(PARSER.render(_written(text), {"mentions": mentions}), TAGS)


def article_html(text: str) -> SafeString:
    """What stands in an article, as HTML below a first heading."""
    env: dict[str, Any] = {}
    tokens = ARTICLE_PARSER.parse(_written(text), env)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = HEADINGS.get(token.tag, "h4")
    return _cleaned(
        ARTICLE_PARSER.renderer.render(tokens, ARTICLE_PARSER.options, env), ARTICLE_TAGS
    )


def plain(text: str) -> str:
    """The words of an article without its signs, as they are sought and quoted."""
    return SIGNS.sub(" ", TABLE_RULE.sub("", WRITTEN_LINK.sub(r"\1", text)))


def _written(text: str) -> str:
    return text.replace("\r\n", "\n").replace(WIDE_SPACE, KEPT)


def _cleaned(html: str, tags: set[str]) -> SafeString:
    clean = nh3.clean(
        html.replace(KEPT, WIDE_SPACE),
        tags=tags,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )
    # Cleaned in the line above.
    return SafeString(clean.strip())
