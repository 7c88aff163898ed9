"""The help centre: articles, their drafts, and what customers read of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Language
from api import access
from api.endpoint import PAGED, Asked, Endpoint, absolute, answer, call, page
from api.filtering import BY_ID, check_after
from api.problems import Problem
from api.schema import page_of
from api.shapes import (
    Choice,
    Flag,
    Instant,
    ListOf,
    OrNull,
    Text,
    Whole,
    answered,
    body,
    utc,
)
from api.views.arranging import BOTH
from common.keyset import page_of as keyset_page
from knowledge.models import BODY_LENGTH, TITLE_LENGTH, Article, ArticleText, Audience, Collection
from knowledge.selectors import may_keep_articles
from knowledge.services.writing import create_article, publish, save_draft, withdraw
from topics.models import both

LANGUAGE = Choice(Language.values)
TEXT = answered(
    "ArticleText",
    {
        "language": LANGUAGE,
        "title": Text(TITLE_LENGTH, about="Of the draft"),
        "body": Text(BODY_LENGTH, about="Of the draft, in Markdown"),
        "is_published": Flag(),
        "has_newer_draft": Flag(about="Customers do not read yet what was written last"),
        "published_at": OrNull(Instant()),
        "revision": Whole(0),
    },
)
ARTICLE = answered(
    "Article",
    {
        "id": Whole(),
        "slug": Text(80),
        "collection": Whole(),
        "topic": OrNull(Whole()),
        "audience": Choice(Audience.values),
        "teams": ListOf(Whole(), 1000, about="Who may read an internal one; none: everybody here"),
        "texts": ListOf(TEXT, 2),
        "updated_at": Instant(),
    },
)
COLLECTION = answered(
    "Collection", {"id": Whole(), "slug": Text(80), "name": BOTH, "is_active": Flag()}
)
NEW = body(
    "NewArticle",
    {
        "collection": Whole(),
        "topic": Whole(),
        "audience": Choice(Audience.values, about="`public` when left out"),
        "slug": Text(80, about="In its address; made of the title when left out"),
        "language": LANGUAGE,
        "title": Text(TITLE_LENGTH, 1),
        "body": Text(BODY_LENGTH),
    },
    ["collection", "language", "title", "body"],
)
DRAFT = body(
    "Draft",
    {
        "title": Text(TITLE_LENGTH, 1),
        "body": Text(BODY_LENGTH),
        "seen_revision": Whole(0, about="That you began with; 0 where nothing was written yet"),
    },
    ["title", "body", "seen_revision"],
)


class Collections(Endpoint):
    """Under what articles stand."""

    of = section = "knowledge"

    @call("List the collections of the help centre", answer=page_of(COLLECTION), query=PAGED)
    def get(self, asked: Asked) -> HttpResponse:
        """By id."""
        check_after(BY_ID, asked.after)
        found = keyset_page(Collection.objects.all(), BY_ID, after=asked.after, size=asked.limit)
        shown = [
            {
                "id": each.pk,
                "slug": each.slug,
                "name": both(each.name_ja, each.name_en),
                "is_active": each.is_active,
            }
            for each in found.rows
        ]
        return page(asked, shown, found.older)


class Articles(Endpoint):
    """All that the agent may read."""

    of = section = "knowledge"

    @call("List articles", answer=page_of(ARTICLE), query=PAGED)
    def get(self, asked: Asked) -> HttpResponse:
        """By id, drafts included."""
        check_after(BY_ID, asked.after)
        articles = access.articles(asked.agent)
        found = keyset_page(articles, BY_ID, after=asked.after, size=asked.limit)
        return page(asked, [_shown(article) for article in found.rows], found.older)

    @call(
        "Begin an article with a draft",
        answer=ARTICLE,
        status=201,
        body=NEW,
        about="Customers read nothing of it until it is published.",
        example={
            "collection": 2,
            "language": "en",
            "title": "The printer does not print",
            "body": "Look whether its lamp is green.",
        },
    )
    def post(self, asked: Asked) -> HttpResponse:
        """A draft in one language."""
        sent = asked.body
        place: Mapping[str, Any] = {
            "collection": access.collection(sent["collection"]),
            "topic": access.topic(sent["topic"]) if "topic" in sent else None,
            "audience": sent.get("audience", Audience.PUBLIC),
            "teams": [],
        }
        article = create_article(
            place=place,
            language=sent["language"],
            title=" ".join(sent["title"].split()),
            body=sent["body"],
            slug=sent.get("slug", ""),
            by=asked.agent,
            now=asked.now,
        )
        address = absolute(reverse("api:article", args=[article.pk]))
        return answer(_as_it_is(asked, article), status=201, Location=address)


class ArticleDetail(Endpoint):
    """One of them."""

    of = section = "knowledge"

    @call("Read an article", answer=ARTICLE)
    def get(self, asked: Asked, pk: str) -> HttpResponse:
        """With its drafts."""
        return answer(_shown(access.article(asked.agent, pk)))


class Drafts(Endpoint):
    """What an article says in one language."""

    of = section = "knowledge"

    @call(
        "Save a draft",
        answer=ARTICLE,
        body=DRAFT,
        refuses=(409,),
        about="Customers go on reading what is published.",
        example={
            "title": "The printer does not print",
            "body": "Look whether its lamp is green, then restart it.",
            "seen_revision": 1,
        },
    )
    def put(self, asked: Asked, pk: str, language: str) -> HttpResponse:
        """Refused when somebody has saved meanwhile."""
        article = access.article(asked.agent, pk)
        access.check_language(language)
        save_draft(
            article,
            language,
            title=" ".join(asked.body["title"].split()),
            body=asked.body["body"],
            seen=asked.body["seen_revision"],
            by=asked.agent,
            now=asked.now,
        )
        return answer(_as_it_is(asked, article))


class Publications(Endpoint):
    """What customers read in one language."""

    of = section = "knowledge"

    @call("Publish a draft", answer=ARTICLE, about="For who keeps the help centre, and for leads.")
    def post(self, asked: Asked, pk: str, language: str) -> HttpResponse:
        """Customers read it from now on."""
        article, text = _kept(asked, pk, language)
        publish(text, by=asked.agent, now=asked.now)
        return answer(_as_it_is(asked, article))

    @call("Withdraw what customers read", answer=ARTICLE)
    def delete(self, asked: Asked, pk: str, language: str) -> HttpResponse:
        """The draft stays."""
        article, text = _kept(asked, pk, language)
        withdraw(text, by=asked.agent, now=asked.now)
        return answer(_as_it_is(asked, article))


def _kept(asked: Asked, pk: str, language: str) -> tuple[Article, ArticleText]:
    article = access.article(asked.agent, pk)
    if not may_keep_articles(asked.agent):
        raise Problem(403, "not-permitted", _("Only who keeps the help centre publishes."))
    return article, access.article_text(article, language)


def _as_it_is(asked: Asked, article: Article) -> dict[str, Any]:
    return _shown(access.article(asked.agent, str(article.pk)))


def _shown(article: Article) -> dict[str, Any]:
    return {
        "id": article.pk,
        "slug": article.slug,
        "collection": article.collection_id,
        "topic": article.topic_id,
        "audience": article.audience,
        "teams": sorted(team.pk for team in article.teams.all()),
        "texts": [_shown_text(text) for text in article.texts.all()],
        "updated_at": utc(article.updated_at),
    }


def _shown_text(text: ArticleText) -> dict[str, Any]:
    return {
        "language": text.language,
        "title": text.title,
        "body": text.body,
        "is_published": text.is_published,
        "has_newer_draft": text.has_newer_draft,
        "published_at": utc(text.published_at),
        "revision": text.revision,
    }
