"""What a rule would do now, without doing it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from rules.actions import DOINGS
from rules.models import Rule
from rules.running import due_for, tickets_of
from sla.models import Status
from tickets.models import Ticket
from tickets.tags import distinct, fold, split

SHOWN = 50
# Where counting ends, and what one asks for by hand at most.
COUNTED = 1000


@dataclass(frozen=True)
class Hit:
    """One ticket it would act on, and what would be otherwise then; empty: nothing."""

    ticket: Ticket
    changes: list[str]


@dataclass(frozen=True)
class Preview:
    """`number` of COUNTED means so many or more; the first of them are `hits`."""

    number: int
    hits: list[Hit]

    @property
    def is_more(self) -> bool:
        return self.number >= COUNTED


def matching(rule: Rule, *, now: datetime) -> QuerySet[Any, Any]:
    """The open tickets on which it would act now: for a rule of events those that meet its
    conditions, as if that happened now; for a rule of time those whose time has come."""
    if rule.is_of_time:
        # Also what was so before it was switched on: that is what by hand is for.
        return due_for(Rule(**_without_start(rule)), now=now)
    return tickets_of(rule).unresolved().order_by("next_due_at", "pk")


def _without_start(rule: Rule) -> dict[str, Any]:
    names = ("pk", "since", "after", "needs_all", "conditions")
    return {name: getattr(rule, name) for name in names}


def preview(rule: Rule, *, now: datetime) -> Preview:
    """Counts, and compares the first tickets with what the rule says, in two queries and one for
    their tags."""
    found = matching(rule, now=now)
    shown = found.select_related("customer", "team", "assignee").prefetch_related("tags")[:SHOWN]
    return Preview(
        number=found.order_by()[:COUNTED].count(),
        hits=[Hit(ticket, changes_of(rule, ticket)) for ticket in shown],
    )


def changes_of(rule: Rule, ticket: Ticket) -> list[str]:
    """What would be otherwise, each thing in a few words of the active language."""
    return [
        words
        for action in rule.actions
        if action["do"] in DOINGS
        and (words := _change(ticket, action["do"], action["value"])) is not None
    ]


def _change(ticket: Ticket, do: str, value: str) -> str | None:
    if do in NOW:
        before, after = NOW[do](ticket), _after(do, value)
        if before == after:
            return None
        parts = {"label": DOINGS[do].label, "before": before, "after": after}
        return _("%(label)s: %(before)s → %(after)s") % parts
    if do in {"tag", "untag"}:
        return _tags(ticket, do, value)
    return DOINGS[do].in_words(value)


def _after(do: str, value: str) -> str:
    if do == "hold":
        return str(Status.ON_HOLD.label)
    choices = DOINGS[do].choices
    return choices().get(value, value) if choices else value


def _tags(ticket: Ticket, do: str, value: str) -> str | None:
    has = {tag.normalized for tag in ticket.tags.all()}
    named = distinct(split(value))
    if do == "tag":
        fresh = [name for folded, name in named.items() if folded not in has]
        return "+ " + ", ".join(fresh) if fresh else None
    gone = [name for name in named.values() if fold(name) in has]
    return "− " + ", ".join(gone) if gone else None


def _assignee(ticket: Ticket) -> str:
    return ticket.assignee.name if ticket.assignee else DOINGS["assign"].choices()["nobody"]  # type: ignore[misc]


# What a ticket is like now, for what is one thing or another.
NOW: dict[str, Callable[[Ticket], str]] = {
    "assign": _assignee,
    "team": lambda ticket: ticket.team.name,
    "priority": lambda ticket: str(ticket.get_priority_display()),
    "status": lambda ticket: str(ticket.get_status_display()),
    "hold": lambda ticket: str(ticket.get_status_display()),
}
