"""Queue rows in words, made once, so that a row costs the template nothing but writing them down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, TypedDict

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from common.excerpts import Piece, excerpt
from common.templatetags.ui import (
    avatar_hue,
    channel_icon,
    due_icon,
    honorific,
    icon_use,
    initials,
    status_icon,
)
from common.time_formatting import format_instant, short_instant, time_left
from sla.models import UNRESOLVED, Kind, Priority, Status
from tickets.models import Channel, SearchEntry
from tickets.searching.finding import Match
from tickets.searching.query import Query

SOON = timedelta(hours=1)
PRESSING = {Priority.URGENT, Priority.HIGH}


class Row(TypedDict):
    """One ticket in a list, ready to be read. A dict, because templates ask for keys first."""

    number: str
    url: str
    subject: str
    excerpt: str
    # Of a row that was found: the line that says what was sought, and what kind of thing it is.
    pieces: list[Piece]
    found_in: str
    customer: str
    organization: str
    vip_icon: str
    is_open: bool
    is_late: bool
    is_unread: bool
    due_at: str
    due_state: str
    due_icon: str
    due_words: str
    due_title: str
    direction_icon: str
    status: str
    status_icon: str
    status_label: str
    priority_label: str
    asks_for_news: bool
    needs_care: bool
    channel_icon: str
    tags: list[str]
    assignee: str
    assignee_initials: str
    assignee_hue: int


@dataclass(frozen=True)
class Words:
    """What is the same in every row."""

    address: str
    suffix: str
    we_wrote: str
    resolved: str
    nameless: str
    vip: str
    call: str


@lru_cache(maxsize=200)
def _icon(name: str, size: int, label: str = "") -> str:
    return icon_use(name, size, label)


def queue_rows(found: Iterable[Mapping[str, Any]], *, now: datetime, suffix: str = "") -> list[Row]:
    """Rows as `tickets.queue.ROW_FIELDS` names them, in the reader's language and zone.

    `suffix` ends the addresses of the tickets: see desk.origin.
    """
    words = Words(
        # The addresses differ in the number alone; finding one fifty times is dear.
        address=reverse("desk:ticket", kwargs={"number": "0"}),
        suffix=suffix,
        we_wrote=_("We wrote"),
        resolved=_("Resolved"),
        nameless=_("Customer without a name"),
        vip=_("VIP"),
        call=_("Call: no answer"),
    )
    return [_row(fields, words=words, now=now) for fields in found]


def found_rows(
    matches: Sequence[Match],
    fields: Mapping[int, Mapping[str, Any]],
    *,
    query: Query,
    now: datetime,
) -> list[Row]:
    """The tickets of these matches, each with the line that says what was sought."""
    matches = [match for match in matches if match.ticket_id in fields]
    rows = queue_rows([fields[match.ticket_id] for match in matches], now=now)
    for row, match in zip(rows, matches, strict=True):
        if query.wanted:
            row["pieces"] = excerpt(match.text, query.wanted)
            row["found_in"] = str(SearchEntry.Kind(match.kind).label)
    return rows


def _row(fields: Mapping[str, Any], *, words: Words, now: datetime) -> Row:
    assignee, number = fields["assignee__name"] or "", str(fields["number"])
    at, state = _due(fields, now=now)
    is_open = fields["status"] in UNRESOLVED
    calls = is_open and fields["unanswered_since"] is not None
    return Row(
        number=number,
        url=words.address.replace("/0/", f"/{number}/") + words.suffix,
        subject=fields["subject"],
        excerpt=fields["preview"],
        pieces=[],
        found_in="",
        customer=honorific(fields["customer__name"]) or words.nameless,
        organization=fields["customer__organization__name"] or "",
        vip_icon=_icon("star", 12, words.vip) if fields["customer__is_vip"] else "",
        is_open=is_open,
        is_late=state == "late",
        is_unread=fields.get("is_unread", False),
        due_at=at.isoformat() if at else "",
        due_state=state,
        due_icon=_icon(due_icon(state), 16, "" if is_open else words.resolved) if state else "",
        due_words=_due_words(at, is_open=is_open, now=now) if at else "",
        due_title=_due_title(at, _kind(fields)) if at else "",
        direction_icon=_icon("reply", 12, words.we_wrote) if fields["is_last_word_ours"] else "",
        status=fields["status"],
        status_icon=_icon("phone" if calls else status_icon(fields["status"]), 13),
        status_label=words.call if calls else str(Status(fields["status"]).label),
        priority_label=_priority(fields["priority"]),
        asks_for_news=fields["chased_at"] is not None,
        needs_care=is_open and fields["let_down_before_id"] is not None,
        channel_icon=_icon(
            channel_icon(fields["channel"]), 14, str(Channel(fields["channel"]).label)
        ),
        tags=fields.get("tag_names") or [],
        assignee=assignee,
        assignee_initials=initials(assignee),
        assignee_hue=avatar_hue(assignee),
    )


def _priority(priority: str) -> str:
    return str(Priority(priority).label) if priority in PRESSING else ""


def _due(fields: Mapping[str, Any], *, now: datetime) -> tuple[datetime | None, str]:
    """When something is due and its state; of a resolved ticket, when it was resolved."""
    if fields["status"] not in UNRESOLVED:
        return fields["resolved_at"], "kept" if fields["resolved_at"] else ""
    at = fields["next_due_at"]
    if at is None:
        return None, ""
    if at < now:
        return at, "late"
    return at, "soon" if at - now <= SOON else "later"


def _due_words(at: datetime, *, is_open: bool, now: datetime) -> str:
    if is_open:
        return time_left(at, now=now, language=_language())
    return short_instant(at, now=now, language=_language(), zone=timezone.get_current_timezone())


def _kind(fields: Mapping[str, Any]) -> str:
    """What is due, or what somebody asks for."""
    if fields["status"] not in UNRESOLVED:
        return ""
    kind = fields["next_due_kind"]
    if kind:
        return str(Kind(kind).label)
    return _("Asks for news since") if fields["chased_at"] else ""


def _due_title(at: datetime, kind: str) -> str:
    """What is due, in full."""
    instant = format_instant(at, language=_language(), zone=timezone.get_current_timezone())
    return f"{kind}: {instant}" if kind else instant


def _language() -> str:
    return get_language() or "en"
