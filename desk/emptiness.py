"""Why a list is empty, and the one thing to do next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Agent
from common.templatetags.ui import short_instant
from tickets.selectors import QueueFilter, next_in_queue


@dataclass(frozen=True, kw_only=True)
class Emptiness:
    """What stands where a list would be."""

    title: str
    body: str = ""
    action: str = ""
    url: str = ""
    icon: str = "inbox"


def empty_queue(
    chosen: QueueFilter, *, agent: Agent, counts: dict[str, int], now: datetime
) -> Emptiness:
    """The reason, by filter; what is due next elsewhere, if anything."""
    if chosen.state == "resolved":
        return Emptiness(
            title=_("Nothing is resolved yet."),
            action=_("Back to the open tickets"),
            url=reverse("desk:queue"),
        )
    if chosen.due:
        return _nothing_in_time(chosen, agent=agent, now=now)
    if chosen.scope == "mine" and counts["unassigned"]:
        return Emptiness(
            title=_("Nothing is assigned to you."),
            body=_("%(count)s tickets still wait for somebody.") % {"count": counts["unassigned"]},
            action=_("See the unassigned"),
            url=_address(QueueFilter(scope="unassigned")),
        )
    if chosen.scope != "team":
        title = (
            _("Nothing is assigned to you.")
            if chosen.scope == "mine"
            else _("Every ticket has somebody.")
        )
        return _with_next(Emptiness(title=title, icon="circle-check"), agent=agent, now=now)
    return Emptiness(
        title=_("The queue is empty."),
        body=_("New inquiries appear here by themselves."),
        action=_("See what was resolved"),
        url=_address(QueueFilter(state="resolved")),
    )


def _nothing_in_time(chosen: QueueFilter, *, agent: Agent, now: datetime) -> Emptiness:
    title = (
        _("Nothing is late.")
        if chosen.due in {"late", "broken"}
        else _("Nothing is promised for this time.")
    )
    return _with_next(Emptiness(title=title, icon="circle-check"), agent=agent, now=now)


def _with_next(emptiness: Emptiness, *, agent: Agent, now: datetime) -> Emptiness:
    """Name what is due next among all tickets of the reader."""
    ticket = next_in_queue(QueueFilter(), agent=agent, now=now)
    if ticket is None or ticket.next_due_at is None:
        return replace(
            emptiness,
            body=_("New inquiries appear here by themselves."),
            action=_("See what was resolved"),
            url=_address(QueueFilter(state="resolved")),
        )
    return replace(
        emptiness,
        body=_("Due next: %(when)s, %(subject)s")
        % {"when": short_instant(ticket.next_due_at, now), "subject": ticket.subject},
        action=_("Open what is due next"),
        url=reverse("desk:next_ticket"),
    )


def _address(chosen: QueueFilter) -> str:
    return f"{reverse('desk:queue')}?{chosen.query()}"
