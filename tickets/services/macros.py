"""Texts kept for many replies: one agent's own, a team's, or everybody's; and what they change."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import Agent
from accounts.permissions import Permission
from common.positions import move_within, place_behind
from tickets.exceptions import BadMacro
from tickets.macros import unknown_placeholders
from tickets.models import Macro, Ticket
from tickets.services import audiences
from tickets.services.handling import change_tags
from tickets.services.rematching import change_priority

MACROS_OF_ONE_AUDIENCE = 300
TO_HIRAGANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}


def macros_seen_by(agent: Agent) -> QuerySet[Macro]:
    """Their own, those of their teams, and everybody's."""
    return audiences.seen_by(agent, Macro.objects.all())


def macros_in_order(agent: Agent) -> QuerySet[Macro]:
    """The macros somebody sees: the nearest first, then as they were arranged."""
    macros = macros_seen_by(agent).select_related("team")
    return macros.order_by(audiences.NEAREST, "team__name", "position", "pk")


def macros_kept_by(agent: Agent) -> QuerySet[Macro]:
    """Those they may edit, move and delete: their own, of teams they lead, and as administrators
    all that are shared."""
    return audiences.kept_by(
        agent, Macro.objects.all(), with_all_shared=agent.may(Permission.FORMS)
    )


def macros_for(ticket: Ticket, *, agent: Agent, text: str = "") -> list[Macro]:
    """Those for the customer's language in which all of these words are found: what begins with
    them first."""
    words = fold(text).split()
    found = [
        macro
        for macro in macros_in_order(agent)
        if macro.language in {"", ticket.language} and _has(macro, words)
    ]
    return sorted(found, key=lambda macro: not _begins(macro, words))


def macros_named(agent: Agent, text: str) -> list[Macro]:
    """Those whose name, reading or text has all of these words."""
    words = fold(text).split()
    return [macro for macro in macros_in_order(agent) if _has(macro, words)]


def fold(text: str) -> str:
    """Width, capitals and the two kinds of kana make no difference."""
    return unicodedata.normalize("NFKC", text).casefold().translate(TO_HIRAGANA)


@transaction.atomic
def save_macro(macro: Macro, *, fields: Mapping[str, Any]) -> Macro:
    """Keep it with these values; a new one comes last of its audience. Raises BadMacro."""
    before = (macro.owner_id, macro.team_id) if macro.pk else None
    for name, value in fields.items():
        setattr(macro, name, value)
    if unknown := unknown_placeholders(macro.body):
        raise BadMacro(
            _("“%(placeholder)s” is none of the placeholders. Choose one from the list.")
            % {"placeholder": unknown[0][:60]},
            field="body",
        )
    if before != (macro.owner_id, macro.team_id):
        macro.position = _last_place(macro)
    try:
        with transaction.atomic():
            macro.save()
    except IntegrityError as error:
        raise BadMacro(
            _("There is a macro named “%(name)s” already. Choose another name.")
            % {"name": macro.name}
        ) from error
    return macro


@transaction.atomic
def move_macro(macro: Macro, *, by: int) -> None:
    """One place up (-1) or down (1) among those of the same audience."""
    move_within(_audience(macro), macro, by=by)


def apply_changes(
    ticket: Ticket, macros: Iterable[Macro], *, by: Agent, now: datetime | None = None
) -> None:
    """Make the tags and the priority what the macros say. Call it in the transaction in which
    their text is sent. Raises BadTag."""
    for macro in macros:
        if macro.tags:
            change_tags(ticket, add=macro.tags, by=by, now=now)
        if macro.priority and ticket.is_unresolved:
            change_priority(ticket, to=macro.priority, by=by, now=now)


def _audience(macro: Macro) -> QuerySet[Macro]:
    return Macro.objects.filter(owner=macro.owner_id, team=macro.team_id)


def _last_place(macro: Macro) -> int:
    others = _audience(macro).exclude(pk=macro.pk)
    if others.count() >= MACROS_OF_ONE_AUDIENCE:
        raise BadMacro(
            _("There are %(most)s macros already. Delete one first.")
            % {"most": MACROS_OF_ONE_AUDIENCE}
        )
    return place_behind(others)


def _has(macro: Macro, words: list[str]) -> bool:
    text = fold(f"{macro.name} {macro.reading} {macro.body}")
    return all(word in text for word in words)


def _begins(macro: Macro, words: list[str]) -> bool:
    beginnings = (fold(macro.name), fold(macro.reading))
    return not words or any(each.startswith(words[0]) for each in beginnings)
