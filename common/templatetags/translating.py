"""Django's i18n tags, with fixed words looked up once in each language: a page has hundreds of them,
and the tag makes each anew, which took a tenth of the time of a ticket's page."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.base import Node, Parser, Token, TokenType
from django.templatetags import i18n
from django.utils.translation import get_language

register = template.Library()
register.tags.update(i18n.register.tags)
register.filters.update(i18n.register.filters)


class FixedWords(Node):
    """What a tag says that depends on nothing but the language."""

    child_nodelists = ()

    def __init__(self, tag: Node) -> None:
        self.tag = tag
        self.said: dict[tuple[str | None, bool], Any] = {}

    def render(self, context: template.Context) -> Any:
        key = get_language(), context.autoescape
        if key not in self.said:
            self.said[key] = self.tag.render(context)
        return self.said[key]


@register.tag("translate")
def translate(parser: Parser, token: Token) -> Node:
    """Django's `translate`."""
    tag: Any = i18n.do_translate(parser, token)
    is_fixed = not (
        tag.asvar
        or tag.message_context
        or tag.filter_expression.filters
        or tag.filter_expression.var.literal is None
    )
    return FixedWords(tag) if is_fixed else tag


@register.tag("blocktranslate")
def blocktranslate(parser: Parser, token: Token) -> Node:
    """Django's `blocktranslate`."""
    tag: Any = i18n.do_block_translate(parser, token)
    is_fixed = not (
        tag.asvar or tag.message_context or tag.countervar or tag.extra_context
    ) and all(each.token_type is TokenType.TEXT for each in tag.singular)
    return FixedWords(tag) if is_fixed else tag
