"""What each kind of export holds: which rows, and what stands in their columns.

Another kind is another entry of SHEETS (and of Export.Kind).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from common.spreadsheets import Cell
from reports.exports import facts
from reports.exports.models import Export
from sla.models import UNRESOLVED, Priority, Status
from tickets.models import Channel, Message, Tag
from tickets.queue import QueueFilter
from topics.models import both, in_this_language

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """A heading, and what stands below it; an instant says in its heading by whose clock it is."""

    heading: str | Promise
    read: Callable[[Row], Cell]
    is_instant: bool = False


@dataclass(frozen=True)
class Sheet:
    """`rows` are dictionaries with their "pk", by which they are ordered and found again; they are
    read a few thousand at a time, so the query must stand being cut at any key."""

    rows: Callable[[Export], QuerySet[Any, Any]]
    columns: Sequence[Column]


def of_field(name: str) -> Callable[[Row], Cell]:
    """What the row says under this name."""
    return lambda row: row[name]


def _label(choices: Any, name: str) -> Callable[[Row], Cell]:
    return lambda row: str(choices(row[name]).label)


def _promised(row: Row) -> Cell:
    """Nothing is promised of what has ended."""
    return row["next_contact_at"] if row["status"] in UNRESOLVED else None


def _topic(names: str) -> Callable[[Row], Cell]:
    """The topic of which the row has both names, which begin so."""
    return lambda row: in_this_language(both(row[f"{names}_ja"] or "", row[f"{names}_en"] or ""))


def _tickets(export: Export) -> QuerySet[Any, Any]:
    """The list as it was when it was asked for: what is late is late by that time."""
    chosen = QueueFilter.parse(export.query)
    first = Message.objects.filter(
        ticket=OuterRef("pk"), direction=Message.Direction.OUTBOUND, agent__isnull=False
    ).order_by("sent_at", "pk")
    rows: QuerySet[Any, Any] = (
        chosen.tickets(export.agent, now=export.asked_at)
        .annotate(
            first_reply_at=Subquery(first.values("sent_at")[:1]),
            tag_names=ArraySubquery(
                Tag.objects.filter(tickets=OuterRef("pk")).order_by("name").values("name")
            ),
        )
        .values(
            *("pk", "number", "subject", "status", "priority", "channel", "opened_at"),
            *("next_contact_at", "resolved_at", "first_reply_at", "tag_names"),
            *("customer__name", "customer__organization__name", "team__name", "assignee__name"),
            *("topic__name_ja", "topic__name_en"),
        )
    )
    return rows


SHEETS: dict[str, Sheet] = {
    Export.Kind.QUEUE: Sheet(
        rows=_tickets,
        columns=[
            Column(_("Ticket number"), of_field("number")),
            Column(_("Subject"), of_field("subject")),
            Column(_("Status"), _label(Status, "status")),
            Column(_("Priority"), _label(Priority, "priority")),
            Column(_("Customer"), of_field("customer__name")),
            Column(_("Organisation"), of_field("customer__organization__name")),
            Column(_("Team"), of_field("team__name")),
            Column(_("Assignee"), of_field("assignee__name")),
            Column(_("Topic"), _topic("topic__name")),
            Column(_("Channel"), _label(Channel, "channel")),
            Column(_("Tags"), lambda row: ", ".join(row["tag_names"])),
            Column(_("Opened"), of_field("opened_at"), is_instant=True),
            Column(_("First reply"), of_field("first_reply_at"), is_instant=True),
            Column(_("Next contact promised"), _promised, is_instant=True),
            Column(_("Resolved"), of_field("resolved_at"), is_instant=True),
        ],
    ),
    Export.Kind.FACTS: Sheet(
        rows=facts.rows_of,
        columns=[
            Column(_("Figure"), facts.measure_name),
            Column(_("Ticket number"), of_field("ticket__number")),
            Column(_("Subject"), of_field("ticket__subject")),
            Column(_("Customer"), of_field("ticket__customer__name")),
            Column(_("Organisation"), of_field("organization_name")),
            Column(_("Team"), of_field("team_name")),
            Column(_("Whose"), of_field("agent_name")),
            Column(_("Topic"), _topic("topic_name")),
            Column(_("Channel"), _label(Channel, "channel")),
            Column(_("When"), of_field("at"), is_instant=True),
            Column(_("Seconds, or score"), of_field("seconds")),
        ],
    ),
}


def headings(sheet: Sheet, *, time_zone: str) -> list[Cell]:
    """The first line, in the active language."""
    return [
        f"{column.heading} ({time_zone})" if column.is_instant else str(column.heading)
        for column in sheet.columns
    ]


def cells(sheet: Sheet, row: Row) -> list[Cell]:
    """One line of the table."""
    return [column.read(row) for column in sheet.columns]
