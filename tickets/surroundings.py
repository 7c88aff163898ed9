"""The short lists around a ticket's thread, in one query: the page has many, and each is small."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeAlias
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import JSONObject, Left

from accounts.models import Agent, Notification
from common.prepared import prepared
from common.rows import rows_beside
from customers.models import ContactPoint
from knowledge.models import Article, ArticleText
from mail.models import OutboundEmail
from tickets.effort import WEIGHTS, Promised, broken_or_live
from tickets.models import (
    Attachment,
    ChecklistItem,
    CustomerTask,
    Draft,
    EffortWeights,
    Follower,
    Participant,
    Rating,
    ReadMark,
    ScheduledReply,
    Tag,
    ThirdPartyLetter,
    Ticket,
    TicketArticle,
    TicketLink,
    family_of,
    reach_of,
)

LetterAndFiles: TypeAlias = tuple[ThirdPartyLetter, Sequence[Attachment]]
TAGS_SUGGESTED = 200
LATER = ("promise_at", "leaves_at")
ASKED = ("thing", "needed_on")


@dataclass(frozen=True)
class LinkedArticle:
    """An article that was tied to the ticket, as far as this agent may read it."""

    pk: int
    title: str
    is_public: bool


@dataclass(frozen=True)
class LetDown:
    """The customer's ticket before, and where it fell short."""

    number: int
    shortfalls: Sequence[str]


@dataclass(frozen=True)
class Surroundings:
    """What stands beside the thread for one agent; `seen_entries` is how many they had seen."""

    contact_points: Sequence[ContactPoint]
    # Those in Cc of our replies, and those whom a mail named.
    participants: Sequence[Participant]
    drafts: Sequence[Draft]
    # Of this agent's reply that is not sent yet.
    uploads: Sequence[Attachment]
    scheduled: Sequence[ScheduledReply]
    tags: Sequence[Tag]
    known_tags: Sequence[Tag]
    links: Sequence[TicketLink]
    checklist: Sequence[ChecklistItem]
    seen_entries: int | None
    is_followed: bool
    unread_paths: Sequence[str]
    # To and from third parties, with the files that came; of the formatting only whether there is any.
    letters: Sequence[LetterAndFiles]
    # What the customer was asked to do, the newest first, and what they said of our work.
    asked: Sequence[CustomerTask]
    rating: Rating | None
    articles: Sequence[LinkedArticle]
    # What its effort is counted from, beside the thread: of the ticket and those merged into it.
    asked_count: int
    promised: Sequence[Promised]
    weights: EffortWeights
    # Why to handle it with care, as far as this agent may see that ticket.
    let_down: LetDown | None


def surroundings(ticket: Ticket, *, agent: Agent) -> Surroundings:
    """Read them all."""
    [row] = _rows(ticket.pk, agent.pk, reach_of(agent))
    found = [
        (Tag(name=t["name"], normalized=t["normalized"]), t["is_here"]) for t in row["found_tags"]
    ]
    return Surroundings(
        contact_points=[_point(point) for point in row["points"]],
        participants=[Participant(**each) for each in row["taking_part"]],
        drafts=[_draft(draft) for draft in row["written"]],
        uploads=[Attachment(**file) for file in row["files"]],
        scheduled=[_scheduled(reply) for reply in row["later"]],
        tags=[tag for tag, is_here in found if is_here],
        known_tags=[tag for tag, is_here in found if not is_here],
        is_followed=row["is_followed"],
        links=[_link(link) for link in row["linked"]],
        checklist=[_step(step) for step in row["steps"]],
        seen_entries=next(iter(row["seen"]), None),
        unread_paths=row["unread"],
        letters=[_letter(letter) for letter in row["letters"]],
        asked=[_task(task) for task in row["asked"]],
        rating=next((_rating(rating) for rating in row["rated"]), None),
        articles=[LinkedArticle(**each) for each in row["articles"]],
        asked_count=len(row["asked_in_all"]),
        promised=[_promise(promise) for promise in row["promised"]],
        weights=EffortWeights(**next(iter(row["weights"]), {})),
        let_down=next((LetDown(**each) for each in row["before"]), None),
    )


@prepared
def _rows(ticket: int, agent: int, reach: int | None) -> QuerySet[Ticket, Any]:
    here = Ticket.tags.through.objects.filter(tag=OuterRef("pk"), ticket=ticket)
    tags = Tag.objects.annotate(is_here=Exists(here)).order_by("-is_here", "name")[:TAGS_SUGGESTED]
    marks = ReadMark.objects.filter(ticket=OuterRef("pk"), agent=agent)
    unread = Notification.objects.unread().filter(agent=agent)
    points = ContactPoint.objects.filter(customer=OuterRef("customer")).order_by("pk")
    participants = (
        Participant.objects.filter(ticket=OuterRef("pk"))
        .exclude(kind=Participant.Kind.IGNORED)
        .order_by("pk")
    )
    drafts = Draft.objects.filter(ticket=OuterRef("pk")).order_by("saved_at")
    own_keys = Draft.objects.filter(ticket=ticket, agent=agent, kind=Draft.Kind.REPLY)
    files = Attachment.objects.filter(
        message=None, submission_key__in=own_keys.values("submission_key")
    ).order_by("pk")
    scheduled = ScheduledReply.objects.filter(ticket=OuterRef("pk")).order_by("leaves_at")
    steps = ChecklistItem.objects.filter(
        Q(ticket=OuterRef("pk")) | Q(ticket__merged_into=OuterRef("pk"))
    ).order_by("pk")
    tasks = CustomerTask.objects.filter(ticket=OuterRef("pk")).order_by("-asked_at", "-pk")
    ratings = Rating.objects.filter(ticket=OuterRef("pk"))
    asked = CustomerTask.objects.filter(ticket__in=family_of(ticket)).order_by()
    promises = broken_or_live().filter(clock__in=family_of(ticket).values("clock"))
    weights = EffortWeights.objects.filter(pk=1)
    before = Ticket.objects.within_reach_of(reach).filter(pk=OuterRef("let_down_before"))
    return Ticket.objects.filter(pk=ticket).values(
        points=rows_beside(points, "pk", "kind", "value", "state", "state_since"),
        taking_part=rows_beside(participants, "pk", "address", "name", "kind"),
        written=rows_beside(drafts, *DRAFT_FIELDS, name="agent__name"),
        files=rows_beside(files, "public_id", "name", "size"),
        later=rows_beside(scheduled, *SCHEDULED_FIELDS, name="agent__name"),
        found_tags=rows_beside(tags, "name", "normalized", "is_here"),
        is_followed=Exists(Follower.objects.filter(ticket=OuterRef("pk"), agent=agent)),
        linked=rows_beside(_links(reach), *LINK_FIELDS, **LINKED_TICKETS),
        steps=rows_beside(steps, "pk", "text", "done_at", by="done_by__name"),
        letters=_letters(),
        asked=rows_beside(tasks, *TASK_FIELDS, name="asked_by__name"),
        rated=rows_beside(ratings, *RATING_FIELDS, name="recovered_by__name"),
        articles=_articles(reach),
        asked_in_all=ArraySubquery(asked.values("pk")),
        promised=rows_beside(promises, *Promised._fields),
        weights=rows_beside(weights, *WEIGHTS),
        before=rows_beside(before, "number", "shortfalls"),
        seen=ArraySubquery(marks.values("entry_count")),
        unread=ArraySubquery(unread.values("path")),
    )


SCHEDULED_FIELDS = ("pk", "body", "ending", "submission_key", "agent_id", "thing", *LATER)
OF_DRAFT = ("kind", "body", "submission_key", "saved_at", "agent_id", "ending", "macros")
DRAFT_FIELDS = (*OF_DRAFT, *LATER, *ASKED)


TASK_FIELDS = ("pk", "thing", "needed_on", "asked_at", "reminders", "ended_at", "ending")
WHEN_RATED = ("asked_at", "answered_at", "recovery_due_at", "recovered_at")
RATING_FIELDS = ("pk", "kind", "value", "comment", "recovery_words", *WHEN_RATED)


LINK_FIELDS = ("pk", "kind", "ticket_id", "other_id")
LINKED_TICKETS = {
    f"{side}_{field}": f"{side}__{field}"
    for side in ("ticket", "other")
    for field in ("number", "subject", "status")
}


OF_LETTER = ("pk", "direction", "address", "name", "body", "folded", "is_auto", "doubt", "cuts")
OF_EMAIL = ("state", "to", "last_error", "files")
OF_FILE = ("pk", "public_id", "name", "size")


def _letters() -> ArraySubquery:
    files = Attachment.objects.filter(third_party_letter=OuterRef("pk")).order_by("pk")
    letters = ThirdPartyLetter.objects.filter(
        Q(ticket=OuterRef("pk")) | Q(ticket__merged_into=OuterRef("pk"))
    ).order_by("sent_at", "pk")
    fields: dict[str, Any] = {name: name for name in (*OF_LETTER, "inbound_id", "sent_at")}
    fields |= {
        "agent": "agent__name",
        "html": Left("html", 1),
        "came": rows_beside(files, *OF_FILE),
    }
    fields |= {f"email_{name}": f"email__{name}" for name in OF_EMAIL}
    return ArraySubquery(letters.values(json=JSONObject(**fields)))


def _articles(reach: int | None) -> ArraySubquery:
    """In the ticket's language, where an article speaks it."""
    visible = Article.objects.within_reach_of(reach)
    is_spoken = Case(When(language=OuterRef("ticket__language"), then=0), default=1)
    texts = ArticleText.objects.filter(article=OuterRef("article")).annotate(spoken=is_spoken)
    public = ArticleText.objects.public().filter(article=OuterRef("article"))
    links = TicketArticle.objects.filter(
        Q(ticket=OuterRef("pk")) | Q(ticket__merged_into=OuterRef("pk")), article__in=visible
    )
    shown = links.annotate(
        title=Subquery(texts.order_by("spoken").values("title")[:1]), is_public=Exists(public)
    ).order_by("pk")
    return rows_beside(shown, "title", "is_public", pk="article_id")


def _letter(fields: Mapping[str, Any]) -> LetterAndFiles:
    email = {name: fields[f"email_{name}"] for name in OF_EMAIL}
    letter = ThirdPartyLetter(
        **{name: fields[name] for name in (*OF_LETTER, "inbound_id", "html")},
        sent_at=datetime.fromisoformat(fields["sent_at"]),
        agent=Agent(name=fields["agent"]) if fields["agent"] else None,
        email=OutboundEmail(**email) if email["state"] else None,
    )
    return letter, [Attachment(**file) for file in fields["came"]]


def _links(reach: int | None) -> QuerySet[TicketLink]:
    """Those whose both ends this agent may see."""
    visible = Ticket.objects.within_reach_of(reach)
    links = TicketLink.objects.filter(ticket__in=visible, other__in=visible)
    return links.filter(Q(ticket=OuterRef("pk")) | Q(other=OuterRef("pk"))).order_by("pk")


def _link(fields: Mapping[str, Any]) -> TicketLink:
    return TicketLink(
        pk=fields["pk"],
        kind=fields["kind"],
        **{
            side: Ticket(
                pk=fields[f"{side}_id"],
                number=fields[f"{side}_number"],
                subject=fields[f"{side}_subject"],
                status=fields[f"{side}_status"],
            )
            for side in ("ticket", "other")
        },
    )


def _step(fields: Mapping[str, Any]) -> ChecklistItem:
    return ChecklistItem(
        pk=fields["pk"],
        text=fields["text"],
        done_at=_instant(fields["done_at"]),
        done_by=Agent(name=fields["by"]) if fields["by"] else None,
    )


def _task(fields: Mapping[str, Any]) -> CustomerTask:
    return CustomerTask(
        **{name: fields[name] for name in ("pk", "thing", "reminders", "ending")},
        needed_on=_day(fields["needed_on"]),
        asked_at=datetime.fromisoformat(fields["asked_at"]),
        ended_at=_instant(fields["ended_at"]),
        asked_by=Agent(name=fields["name"]) if fields["name"] else None,
    )


def _rating(fields: Mapping[str, Any]) -> Rating:
    return Rating(
        **{name: fields[name] for name in ("pk", "kind", "value", "comment", "recovery_words")},
        **{name: _instant(fields[name]) for name in WHEN_RATED},
        recovered_by=Agent(name=fields["name"]) if fields["name"] else None,
    )


def _promise(fields: Mapping[str, Any]) -> Promised:
    return Promised(
        due_at=datetime.fromisoformat(fields["due_at"]),
        **{name: _instant(fields[name]) for name in ("met_at", "ended_at")},
    )


def _point(fields: Mapping[str, Any]) -> ContactPoint:
    return ContactPoint(**{**fields, "state_since": _instant(fields["state_since"])})


def _draft(fields: Mapping[str, Any]) -> Draft:
    return Draft(
        kind=fields["kind"],
        body=fields["body"],
        submission_key=UUID(fields["submission_key"]),
        saved_at=datetime.fromisoformat(fields["saved_at"]),
        agent=Agent(pk=fields["agent_id"], name=fields["name"]),
        ending=fields["ending"],
        macros=fields["macros"],
        thing=fields["thing"],
        needed_on=_day(fields["needed_on"]),
        **{name: _instant(fields[name]) for name in LATER},
    )


def _scheduled(fields: Mapping[str, Any]) -> ScheduledReply:
    return ScheduledReply(
        pk=fields["pk"],
        body=fields["body"],
        ending=fields["ending"],
        submission_key=UUID(fields["submission_key"]),
        agent=Agent(pk=fields["agent_id"], name=fields["name"]),
        thing=fields["thing"],
        **{name: _instant(fields[name]) for name in LATER},
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
