"""Articles that have to do with a ticket."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from uuid import uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Agent
from common.templatetags.ui import split_quoted
from knowledge.models import Article, ArticleText, Audience
from tickets.exceptions import ArticleNotPublic
from tickets.models import Draft, Message, Ticket, TicketArticle

SHORTEST_NAME = 2


def link_article(ticket: Ticket, article: Article, *, by: Agent) -> None:
    """Tie them; a second time is the same. No clock moves."""
    link = TicketArticle(ticket=ticket, article=article, by=by, at=timezone.now())
    TicketArticle.objects.bulk_create([link], ignore_conflicts=True)


def unlink_article(ticket: Ticket, article: Article) -> None:
    """Untie them again, also when it was a ticket merged into this one that was tied."""
    TicketArticle.objects.filter(ticket__in=ticket.family(), article=article).delete()


@transaction.atomic
def put_into_reply(
    ticket: Ticket, article: Article, *, address: str, agent: Agent, now: datetime
) -> None:
    """Put what an article is called and its address behind what is being written, and tie the two.
    Raises ArticleNotPublic for what the customer could not open."""
    text = _text_for(article, ticket.language)
    own = {"ticket": ticket, "agent": agent, "kind": Draft.Kind.REPLY}
    draft = Draft.objects.filter(**own).first() or Draft(**own, submission_key=uuid4())
    shown = f"{text.published_title}\n{address}?lang={text.language}"
    draft.body = f"{draft.body}\n\n{shown}".strip()
    draft.saved_at = now
    draft.save()
    link_article(ticket, article, by=agent)


def answer_to_keep(ticket: Ticket) -> tuple[str, str]:
    """The subject and the last answer an agent gave, without what names the customer, to begin an
    article with. What the customer wrote is not in it."""
    answers = Message.objects.filter(
        ticket__in=ticket.family(), direction=Message.Direction.OUTBOUND, agent__isnull=False
    )
    last = answers.order_by("-sent_at", "-pk").first()
    said = split_quoted(last.body).written if last else ""
    return _without_customer(ticket.subject, ticket), _without_customer(said, ticket)


def _text_for(article: Article, language: str) -> ArticleText:
    if article.audience == Audience.INTERNAL:
        raise ArticleNotPublic(
            _(
                "This article is internal: the customer could not open it. Nothing was put into the reply."
            )
        )
    texts = ArticleText.objects.public().filter(article=article)
    found = {text.language: text for text in texts.defer("title_tokens", "tokens", "draft_tokens")}
    if not found:
        raise ArticleNotPublic(
            _(
                "This article is not published: the customer could not open it. Nothing was put into the reply."
            )
        )
    return found.get(language) or next(iter(found.values()))


def _without_customer(text: str, ticket: Ticket) -> str:
    for word in sorted(set(_words_of(ticket)), key=len, reverse=True):
        # 山田花子 is 山田 花子 too.
        spelled = r"[ \u3000]?".join(map(re.escape, "".join(word.split())))
        text = re.sub(rf"{spelled}(?:[ \u3000]*様)?", "…", text, flags=re.IGNORECASE)
    lines = [line for line in text.splitlines() if line.strip(" …、,様") or not line.strip()]
    return "\n".join(lines).strip()


def _words_of(ticket: Ticket) -> Iterator[str]:
    """The customer's name in each spelling, their addresses and the ticket's number."""
    name = ticket.customer.name.removesuffix("様").strip()
    yield from (each for each in (name, *name.split()) if len(each) >= SHORTEST_NAME)
    yield from ticket.customer.contact_points.values_list("value", flat=True)
    yield from (f"#{ticket.number}", f"＃{ticket.number}")
