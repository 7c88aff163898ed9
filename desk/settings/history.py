"""The versions of opening hours and policies: what each says, and what it changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import Agent
from desk.settings.words import Facts, calendar_facts, policy_facts
from sla.models import CalendarVersion, PolicyVersion

SHOWN = 20


@dataclass(frozen=True)
class Entry:
    """One version; `changes` tell it from the one before and are empty for the first."""

    number: int
    since: datetime
    by: Agent | None
    facts: Facts
    changes: list[str]
    is_newest: bool


@dataclass(frozen=True)
class History:
    """A page of versions, the newest first; page 1 is the newest."""

    entries: list[Entry]
    page: int
    has_older: bool

    @property
    def newer(self) -> str:
        """The query of the page with newer versions; empty on the first."""
        return f"?page={self.page - 1}#versions" if self.page > 1 else ""

    @property
    def older(self) -> str:
        return f"?page={self.page + 1}#versions" if self.has_older else ""


def history_of_calendar(versions: QuerySet[CalendarVersion], *, page: int) -> History:
    found = _page_of(versions.select_related("created_by"), page)
    return _history(found, [calendar_facts(version.hours) for version in found], page=page)


def history_of_policy(versions: QuerySet[PolicyVersion], *, page: int) -> History:
    related = versions.select_related("created_by", "calendar_version__calendar")
    found = _page_of(related, page)
    return _history(found, [policy_facts(version) for version in found], page=page)


def changes_between(before: Facts, after: Facts) -> list[str]:
    """A sentence for everything that the later version says differently."""
    return [
        _change(what, before.get(what), after.get(what))
        for what in {**after, **before}
        if before.get(what) != after.get(what)
    ]


def _change(what: str, before: str | None, after: str | None) -> str:
    if before is None and not after:
        return _("%(what)s: added") % {"what": what}
    if after is None and not before:
        return _("%(what)s: removed") % {"what": what}
    return _("%(what)s: %(before)s → %(after)s") % {
        "what": what,
        "before": before or _("none"),
        "after": after or _("none"),
    }


def _page_of(versions: QuerySet[Any], page: int) -> list[Any]:
    """The versions of this page, and the one before them to compare with."""
    start = (page - 1) * SHOWN
    return list(versions.order_by("-number")[start : start + SHOWN + 1])


def _history(
    versions: Sequence[CalendarVersion | PolicyVersion], facts: Sequence[Facts], *, page: int
) -> History:
    earlier: list[Facts | None] = [*facts[1:], None]
    entries = [
        Entry(
            number=version.number,
            since=version.created_at,
            by=version.created_by,
            facts=says,
            changes=changes_between(before, says) if before is not None else [],
            is_newest=page == 1 and place == 0,
        )
        for place, (version, says, before) in enumerate(zip(versions, facts, earlier, strict=True))
    ]
    return History(entries[:SHOWN], page=page, has_older=len(entries) > SHOWN)
