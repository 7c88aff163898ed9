"""The short lists around a ticket's thread, in one query: the page has many, and each is small."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import JSONObject

from accounts.models import Agent, Notification
from customers.models import ContactPoint
from tickets.models import Draft, ReadMark, Tag, Ticket

TAGS_SUGGESTED = 200


@dataclass(frozen=True)
class Surroundings:
    """What stands beside the thread for one agent; `seen_entries` is how many they had seen."""

    contact_points: Sequence[ContactPoint]
    drafts: Sequence[Draft]
    tags: Sequence[Tag]
    known_tags: Sequence[Tag]
    seen_entries: int | None
    unread_paths: Sequence[str]


def surroundings(ticket: Ticket, *, agent: Agent) -> Surroundings:
    """Read them all."""
    here = Ticket.tags.through.objects.filter(tag=OuterRef("pk"), ticket=ticket)
    tags = Tag.objects.annotate(is_here=Exists(here)).order_by("-is_here", "name")[:TAGS_SUGGESTED]
    marks = ReadMark.objects.filter(ticket=OuterRef("pk"), agent=agent)
    unread = Notification.objects.unread().filter(agent=agent)
    points = ContactPoint.objects.filter(customer=OuterRef("customer")).order_by("pk")
    drafts = Draft.objects.filter(ticket=OuterRef("pk")).order_by("saved_at")
    row = (
        Ticket.objects.filter(pk=ticket.pk)
        .values(
            points=_rows(points, "kind", "value"),
            written=_rows(drafts, *DRAFT_FIELDS, name="agent__name"),
            found_tags=_rows(tags, "name", "normalized", "is_here"),
            seen=ArraySubquery(marks.values("entry_count")),
            unread=ArraySubquery(unread.values("path")),
        )
        .get()
    )
    found = [
        (Tag(name=t["name"], normalized=t["normalized"]), t["is_here"]) for t in row["found_tags"]
    ]
    return Surroundings(
        contact_points=[ContactPoint(**point) for point in row["points"]],
        drafts=[_draft(draft) for draft in row["written"]],
        tags=[tag for tag, is_here in found if is_here],
        known_tags=[tag for tag, is_here in found if not is_here],
        seen_entries=next(iter(row["seen"]), None),
        unread_paths=row["unread"],
    )


DRAFT_FIELDS = ("kind", "body", "submission_key", "saved_at", "agent_id")


def _rows(rows: QuerySet[Any], *fields: str, **renamed: str) -> ArraySubquery:
    named = {field: field for field in fields} | renamed
    return ArraySubquery(rows.values(json=JSONObject(**named)))


def _draft(fields: Mapping[str, Any]) -> Draft:
    return Draft(
        kind=fields["kind"],
        body=fields["body"],
        submission_key=UUID(fields["submission_key"]),
        saved_at=datetime.fromisoformat(fields["saved_at"]),
        agent=Agent(pk=fields["agent_id"], name=fields["name"]),
    )
