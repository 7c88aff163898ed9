"""Why a list is empty, and the one thing to do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Agent
from common.templatetags.ui import short_instant
from desk.origin import queue_address
from tickets.queue import QueueFilter, next_in_queue

UNASSIGNED = QueueFilter(scope="unassigned")


@dataclass(frozen=True, kw_only=True)
class Emptiness:
    """What stands where a list would be."""

    title: str
    body: str = ""
    action: str = ""
    url: str = ""
    icon: str = "inbox"


def empty_queue(
    chosen: QueueFilter, *, agent: Agent, counts: Mapping[QueueFilter, int], now: datetime
) -> Emptiness:
    """The reason, by filter; what is due next elsewhere, if anything."""
    if chosen.is_cut_down:
        title = _("No ticket fits this filter.")
        return _with_next(Emptiness(title=title, icon="list-filter"), agent=agent, now=now)
    if chosen.state == "resolved":
        return Emptiness(
            title=_("Nothing is resolved yet."),
            action=_("Back to the open tickets"),
            url=reverse("desk:queue"),
        )
    if chosen.due:
        return _nothing_in_time(chosen, agent=agent, now=now)
    if chosen.scope != "team":
        unassigned = counts.get(UNASSIGNED, 0)
        return _nothing_here(chosen.scope, unassigned, agent=agent, now=now)
    return Emptiness(
        title=_("The queue is empty."),
        body=_("New inquiries appear here by themselves."),
        action=_("See what was resolved"),
        url=queue_address(QueueFilter(state="resolved").query()),
    )


def _nothing_here(scope: str, unassigned: int, *, agent: Agent, now: datetime) -> Emptiness:
    mine, nobodys = _("Nothing is assigned to you."), _("Every ticket has somebody.")
    if scope == "unassigned" or not unassigned:
        title = mine if scope == "mine" else nobodys
        return _with_next(Emptiness(title=title, icon="circle-check"), agent=agent, now=now)
    return Emptiness(
        title=mine,
        body=_("%(count)s tickets still wait for somebody.") % {"count": unassigned},
        action=_("See the unassigned"),
        url=queue_address(UNASSIGNED.query()),
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
            url=queue_address(QueueFilter(state="resolved").query()),
        )
    return replace(
        emptiness,
        body=_("Due next: %(when)s, %(subject)s")
        % {"when": short_instant(ticket.next_due_at, now), "subject": ticket.subject},
        action=_("Open what is due next"),
        url=reverse("desk:next_ticket"),
    )
