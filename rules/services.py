"""Keeping rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Agent
from common.positions import move_within, place_behind
from integrations.listening import listen, noted_for
from integrations.models import Listener
from rules import actions, conditions
from rules.exceptions import BadRule
from rules.models import Rule
from tickets.tags import fold, split

MOST_RULES = 200


@transaction.atomic
def save_rule(rule: Rule, *, values: Mapping[str, Any], by: Agent) -> Rule:
    """Keep it with these values, in the name of whoever does; a new one comes last and waits to be
    switched on. Raises BadRule."""
    for name, value in values.items():
        setattr(rule, name, value)
    if not rule.events and not rule.since:
        raise BadRule(_("Say when the rule acts."), field="events")
    conditions.check(rule.conditions)
    actions.check(rule.actions)
    rule.keeper = by
    if rule._state.adding:  # noqa: SLF001
        if Rule.objects.count() >= MOST_RULES:
            raise BadRule(
                _("There are %(most)s rules already. Delete one first.") % {"most": MOST_RULES}
            )
        rule.position = place_behind(Rule.objects.all())
    try:
        with transaction.atomic():
            rule.save()
    except IntegrityError as error:
        raise BadRule(
            _("There is a rule named “%(name)s” already. Choose another name.")
            % {"name": rule.name},
            field="name",
        ) from error
    return rule


def keep_listening() -> None:
    """What happens is noted exactly while a rule waits for it."""
    is_wanted = Rule.objects.filter(is_active=True, since="").exists()
    listen(Listener.Name.RULES, is_wanted=is_wanted)
    if not is_wanted:
        noted_for(Listener.Name.RULES).delete()


@transaction.atomic
def switch_rule(rule: Rule, *, is_active: bool) -> None:
    """On or off. What happened while it was off does not count."""
    rule.is_active = is_active
    rule.active_since = timezone.now() if is_active else None
    rule.save(update_fields=["is_active", "active_since"])
    keep_listening()


@transaction.atomic
def move_rule(rule: Rule, *, by: int) -> None:
    """One place up (-1) or down (1). The first acts first."""
    move_within(Rule.objects.all(), rule, by=by)


@transaction.atomic
def delete_rule(rule: Rule) -> None:
    """For good, with its log. What it did stays done."""
    rule.delete()
    keep_listening()


def say_tag_otherwise(before: str, name: str) -> None:
    """A tag, named as tickets.tags folds it, has another name: rules say that one."""
    for rule in Rule.objects.all():
        conditions = [_with_tag(each, "of", before, name) for each in rule.conditions]
        actions = [_with_tag(each, "do", before, name) for each in rule.actions]
        if (conditions, actions) != (rule.conditions, rule.actions):
            rule.conditions, rule.actions = conditions, actions
            rule.save(update_fields=["conditions", "actions"])


def _with_tag(part: dict[str, str], kind: str, before: str, name: str) -> dict[str, str]:
    if part[kind] not in {"tag", "untag"}:
        return part
    named = split(part["value"])
    if before not in {fold(each) for each in named}:
        return part
    renamed = [name if fold(each) == before else each.strip() for each in named]
    return {**part, "value": ", ".join(dict.fromkeys(renamed))}
