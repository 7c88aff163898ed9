"""The help centre: articles, their drafts, and what customers read of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from accounts.models import Language, Team
from api import access
from api.endpoint import (
    PAGED,
    Asked,
    Endpoint,
    absolute,
    answer,
    call,
    check_unchanged,
    etag_of,
    page,
    tagged,
)
from api.filtering import BY_ID, check_after
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
from common.keyset import page_of as keyset_page
from common.positions import steps_to
from knowledge.models import BODY_LENGTH, TITLE_LENGTH, Article, ArticleText, Audience
from knowledge.selectors import places_of
from knowledge.services.writing import (
    create_article,
    delete_article,
    move_article,
    place_article,
    publish,
    save_draft,
    withdraw,
)

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
        "position": Whole(0, about="Its place in its collection; 0: the first"),
        "updated_at": Instant(),
    },
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
PLACE_CHANGE = body(
    "ArticleChange",
    {
        "collection": Whole(),
        "topic": OrNull(Whole()),
        "audience": Choice(Audience.values),
        "teams": ListOf(Whole(), 1000, about="Who may read an internal one; none: everybody here"),
        "position": Whole(0, 100_000, about="Its place in its collection; 0: the first"),
    },
)
PLACE = ("collection", "topic", "audience", "teams")
DRAFT = body(
    "Draft",
    {
        "title": Text(TITLE_LENGTH, 1),
        "body": Text(BODY_LENGTH),
        "seen_revision": Whole(0, about="That you began with; 0 where nothing was written yet"),
    },
    ["title", "body", "seen_revision"],
)


class Articles(Endpoint):
    """All that the agent may read."""

    of = section = "knowledge"

    @call("List articles", answer=page_of(ARTICLE), query=PAGED)
    def get(self, asked: Asked) -> HttpResponse:
        """By id, drafts included."""
        check_after(BY_ID, asked.after)
        articles = access.articles(asked.agent)
        found = keyset_page(articles, BY_ID, after=asked.after, size=asked.limit)
        return page(asked, _shown_in_order(found.rows), found.older)

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
            "collection": access.collection_in_body(sent["collection"]),
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

    @call("Read an article", answer=ARTICLE, has_etag=True)
    def get(self, asked: Asked, pk: str) -> HttpResponse:
        """With its drafts."""
        return tagged(asked, _shown(access.article(asked.agent, pk)))

    @call(
        "Move an article, or say who reads it",
        answer=ARTICLE,
        body=PLACE_CHANGE,
        has_etag=True,
        refuses=(409,),
        about="For who keeps the help centre, and for leads. What is left out stays.",
        example={"position": 0, "topic": None},
    )
    def patch(self, asked: Asked, pk: str) -> HttpResponse:
        """Its texts stay as they are."""
        article = _kept_article(asked, pk)
        check_unchanged(asked, etag=etag_of(_shown(article)))
        if {*PLACE} & {*asked.body}:
            place = _place(article, asked.body)
            place_article(article, place=place, seen=article.revision, by=asked.agent)
        # Also for a lead who has given it to teams of others.
        article = access.with_texts(Article.objects.all()).get(pk=article.pk)
        if "position" in asked.body:
            beside = Article.objects.filter(collection=article.collection_id)
            place_wanted = asked.body["position"]
            move_article(article, by=steps_to(beside, article, place=place_wanted))
        return tagged(asked, _shown(article))

    @call(
        "Delete an article that was never published",
        status=204,
        refuses=(409,),
        about="For good. What customers may have read is withdrawn instead.",
    )
    def delete(self, asked: Asked, pk: str) -> HttpResponse:
        """With its drafts."""
        delete_article(_kept_article(asked, pk))
        return HttpResponse(status=204)


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
    article = _kept_article(asked, pk)
    return article, access.article_text(article, language)


def _kept_article(asked: Asked, pk: str) -> Article:
    article = access.article(asked.agent, pk)
    access.check_keeps_articles(asked.agent)
    return article


def _place(article: Article, sent: Mapping[str, Any]) -> Mapping[str, Any]:
    """Where it is to stand; what was not sent stays. Raises Problem."""
    place = {"collection": article.collection, "topic": article.topic}
    if "collection" in sent:
        place["collection"] = access.collection_in_body(sent["collection"])
    if "topic" in sent:
        place["topic"] = None if sent["topic"] is None else access.topic(sent["topic"])
    teams = list(article.teams.all())
    if "teams" in sent:
        teams = access.all_in_body(Team.objects.all(), sent["teams"], at="teams")
    return {**place, "audience": sent.get("audience", article.audience), "teams": teams}


def _as_it_is(asked: Asked, article: Article) -> dict[str, Any]:
    return _shown(access.article(asked.agent, str(article.pk)))


def _shown(article: Article) -> dict[str, Any]:
    return _shown_in_order([article])[0]


def _shown_in_order(articles: Sequence[Article]) -> list[dict[str, Any]]:
    """With the place of each, found for all of them at once; one that is taken away meanwhile has
    none any more."""
    places = places_of(articles)
    return [_shown_at(places.get(article.pk, 0), article) for article in articles]


def _shown_at(position: int, article: Article) -> dict[str, Any]:
    return {
        "id": article.pk,
        "slug": article.slug,
        "collection": article.collection_id,
        "topic": article.topic_id,
        "audience": article.audience,
        "teams": sorted(team.pk for team in article.teams.all()),
        "texts": [_shown_text(text) for text in article.texts.all()],
        "position": position,
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
