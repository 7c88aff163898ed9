"""Django's url tag, with each address looked up once: a page has sixty of them, and to find one by its
name takes longer than to write it down."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.base import Node, Parser, Token
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as django_url
from django.urls import NoReverseMatch

register = template.Library()

# What stands for an argument while the address is looked up; no address has it of its own.
NUMBER, WORD = 1911191119, "nineteeneleven"
STAND_INS: dict[type, int | str] = {int: NUMBER, str: WORD}


class Given:
    """An argument that is known already."""

    def __init__(self, value: object) -> None:
        self.value = value

    def resolve(self, _context: template.Context) -> object:
        return self.value


class Address(Node):
    """An address whose name and number of arguments never change: the text between its arguments."""

    child_nodelists = ()

    def __init__(self, tag: Any) -> None:
        self.tag = tag
        # By the types of the arguments; None where Django has to look each time.
        self.known: dict[tuple[type, ...], list[str] | None] = {}

    def render(self, context: template.Context) -> Any:
        given = [argument.resolve(context) for argument in self.tag.args]
        if not all(map(_is_plain, given)):
            return self.tag.render(context)
        types = tuple(map(type, given))
        if types not in self.known:
            self.known[types] = self._look_up(types, context)
        pieces = self.known[types]
        if pieces is None:
            return self.tag.render(context)
        first, *others = pieces
        return first + "".join(
            f"{value}{piece}" for value, piece in zip(given, others, strict=True)
        )

    def _look_up(self, types: tuple[type, ...], context: template.Context) -> list[str] | None:
        stand_ins: Any = [Given(STAND_INS[each]) for each in types]
        try:
            address = str(URLNode(self.tag.view_name, stand_ins, {}, None).render(context))
        except NoReverseMatch:
            return None
        pieces = address.replace(WORD, str(NUMBER)).split(str(NUMBER))
        return pieces if len(pieces) == len(types) + 1 else None


def _is_plain(value: object) -> bool:
    """A number or a word that stands in an address as it is."""
    if type(value) is int:
        return value >= 0
    return type(value) is str and value.isascii() and value.isalnum()


@register.tag("url")
def url(parser: Parser, token: Token) -> Node:
    """Django's `url`."""
    tag: Any = django_url(parser, token)
    is_fixed = not (tag.asvar or tag.kwargs or tag.view_name.filters) and isinstance(
        tag.view_name.var, str
    )
    return Address(tag) if is_fixed else tag
