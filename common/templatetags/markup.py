"""What agents wrote, with its bold and its lists."""

from __future__ import annotations

from collections.abc import Sequence

from django import template

from common.markup import article_html, marked_up
from common.templatetags.ui import linked, split_quoted

register = template.Library()


@register.inclusion_tag("components/body_text.html")
def marked_text(
    text: str | None, *, language: str = "", mentions: Sequence[str] | None = None
) -> dict[str, object]:
    """As body_text, for the words of an agent: bold, lists, links, code and quotes, and the
    colleagues it mentions."""
    body = split_quoted(text or "")
    return {
        "written": marked_up(body.written, mentions=mentions or ()),
        "quoted": linked(body.quoted),
        "quoted_lines": body.quoted.count("\n") + 1,
        "language": language,
        "is_marked": True,
    }


@register.inclusion_tag("components/body_text.html")
def article_text(text: str, *, language: str = "") -> dict[str, object]:
    """The body of an article: headings and tables besides, and nothing of it is a quotation."""
    return {"written": article_html(text), "quoted": "", "language": language, "is_marked": True}
