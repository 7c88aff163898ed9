"""Somebody else's HTML, made safe to show to an agent."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from urllib.parse import unquote

import nh3

from mail.reading.html_text import NEVER_TEXT, html_to_lines, takes_too_long

# Where a picture would have been loaded from. A page may bring it back when the agent asks to.
REMOTE = "data-remote"
TAGS = {
    *("a", "abbr", "b", "big", "blockquote", "br", "caption", "center", "code", "col", "colgroup"),
    *("dd", "del", "div", "dl", "dt", "em", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i"),
    *("img", "ins", "kbd", "li", "ol", "p", "pre", "q", "rp", "rt", "ruby", "s", "samp", "small"),
    *("span", "strike", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead"),
    *("tr", "tt", "u", "ul"),
}
ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan", "align", "valign"},
    "th": {"colspan", "rowspan", "align", "valign"},
}
UNSHOWN = NEVER_TEXT | {"object", "iframe", "svg", "math", "textarea", "select", "button", "form"}
PICTURE = re.compile(r'(<img\b[^>]*?) src="([^"]*)"')
REMOTE_SOURCE = re.compile(r"(?i)^(?:https?:)?//")

CidUrl = Callable[[str], str]


def no_pictures(_cid: str) -> str:
    """No part of the letter is shown inside it."""
    return ""


def safe_html(document: str, cid_url: CidUrl = no_pictures) -> str:
    """The document without anything that runs, loads, sends or covers the page.

    `cid_url` turns the Content-ID of a part into our own address for it, or into nothing.
    Remote pictures lose their source to the attribute REMOTE: loading them would tell the sender
    when and where the letter was read.
    """
    if takes_too_long(document):
        return f"<pre>{html.escape(html_to_lines(document).text)}</pre>"
    clean = nh3.clean(
        document,
        tags=TAGS,
        clean_content_tags=UNSHOWN - {"form"},
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "tel", "cid"},
        link_rel="noopener noreferrer nofollow",
        attribute_filter=_keep_scheme,
    )
    return PICTURE.sub(lambda picture: _picture(picture[1], picture[2], cid_url), clean)


def _keep_scheme(tag: str, attribute: str, value: str) -> str | None:
    """cid: is a place for pictures only; links need a host to be read by an agent."""
    if (tag, attribute) == ("img", "src"):
        return value if value.lower().startswith("cid:") or REMOTE_SOURCE.match(value) else None
    if (tag, attribute) == ("a", "href"):
        return value if re.match(r"(?i)(?:https?://|mailto:|tel:)", value) else None
    return value


def _picture(before: str, source: str, cid_url: CidUrl) -> str:
    address = html.unescape(source)
    if REMOTE_SOURCE.match(address):
        return f'{before} {REMOTE}="{source}"'
    shown = cid_url(unquote(address[len("cid:") :]).strip("<> "))
    return f'{before} src="{html.escape(shown)}"' if shown else before
