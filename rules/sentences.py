"""A rule as a sentence, in the active language."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rules.actions import DOINGS, Act
from rules.conditions import all_asked
from rules.models import Happening, Rule, Since

MINUTE = 60


def sentence(rule: Rule) -> str:
    """When it acts, on what, and what it does."""
    parts = {"when": when(rule), "what": does(rule.actions), "if": asks(rule)}
    if parts["if"]:
        return _("%(when)s, if %(if)s: %(what)s.") % parts
    return _("%(when)s: %(what)s.") % parts


def when(rule: Rule) -> str:
    """What it waits for."""
    if not rule.is_of_time:
        happenings = [str(Happening(kind).label) for kind in rule.events if kind in Happening]
        return _("When %(happenings)s") % {"happenings": _(" or ").join(happenings)}
    span = _span(int(rule.after.total_seconds()))
    said = {
        Since.OPENED: _("%(span)s after a ticket was opened"),
        Since.WAITING: _("When a customer has waited for our word for %(span)s"),
        Since.UNTOUCHED: _("When nothing has changed on an open ticket for %(span)s"),
        Since.PROMISE: _("%(span)s before a promised contact"),
    }
    return said[Since(rule.since)] % {"span": span}


def asks(rule: Rule) -> str:
    """What a ticket must be like; empty: anything."""
    known = all_asked()
    words = [
        known[each["of"]].in_words(each["way"], each["value"])
        if each["of"] in known
        else _("something holds that is no longer known")
        for each in rule.conditions
    ]
    return (_(" and ") if rule.needs_all else _(" or ")).join(words)


def does(actions: Sequence[Act]) -> str:
    """What is done, one after the other."""
    words = [DOINGS[each["do"]].in_words(each["value"]) for each in actions if each["do"] in DOINGS]
    return _("; ").join(words)


def _span(seconds: int) -> str:
    hours, minutes = divmod(seconds // MINUTE, 60)
    said = []
    if hours:
        said.append(ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours})
    if minutes or not hours:
        said.append(ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes})
    return " ".join(said)
