"""Articles as their readers find them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from accounts.models import Agent
from accounts.permissions import Permission
from common.excerpts import Piece, excerpt
from common.markup import plain
from common.remembered import Remembered
from common.tokens import fold
from knowledge.models import Article, ArticleText, Collection, SynonymGroup
from knowledge.searching import Term, keywords_of, terms_of

VERSION = "knowledge:synonyms"
MOST_FOUND = 20
LOOKED_AT = 60
MOST_COLLECTIONS = 50
IN_TITLE, IN_BODY = 3, 1
ENOUGH = 3
ON_A_SHELF = 5
MOST_ON_A_SHELF = 100
RELATED = 4
# One word in common is chance.
AKIN = 2


@dataclass(frozen=True)
class Found:
    """An article in a list: what it is called, in which language, and where it says something."""

    slug: str
    title: str
    language: str
    pieces: Sequence[Piece] = ()


@dataclass(frozen=True)
class Results:
    """What a search brought. `is_partial`: no article says all of it, and these say a part."""

    found: Sequence[Found]
    is_partial: bool = False


@dataclass(frozen=True)
class Shelf:
    """A collection with the first of its articles, and how many it has."""

    collection: Collection
    articles: Sequence[Found]
    count: int


@dataclass(frozen=True)
class Reading:
    """A published article in one language, as customers read it."""

    article: Article
    language: str
    title: str
    body: str
    published_at: datetime
    languages: Sequence[str]

    @property
    def published_on(self) -> date:
        """The day, where the desk is."""
        return timezone.localdate(self.published_at)


def synonyms() -> Sequence[Sequence[str]]:
    """Groups of folded words that mean the same; remembered by each process."""
    return _synonyms.get()


def forget_synonyms() -> None:
    """Every process reads them anew. Call it when they have changed, and when that is committed."""
    _synonyms.forget()


def search(text: str, language: str) -> Results:
    """What customers may read and says all of it, titles first; else what says a part of it."""
    terms = terms_of(text, synonyms())
    if not terms:
        return Results([])
    if found := _found(terms, language, limit=MOST_FOUND, least=None):
        return Results(found)
    keywords = keywords_of(text, synonyms())
    return Results(_found(keywords, language, limit=MOST_FOUND, least=IN_TITLE), is_partial=True)


def suggestions(text: str, language: str, limit: int = 3) -> list[Found]:
    """Public articles that may answer what somebody is writing, the likeliest first; one query."""
    return _found(keywords_of(text, synonyms()), language, limit=limit, least=ENOUGH)


def shelves(language: str) -> list[Shelf]:
    """The collections that have something to read, each with its first articles, in one query."""
    texts = _public(language).annotate(
        place=Window(
            RowNumber(),
            partition_by=F("article__collection"),
            order_by=[F("article__position").asc(), F("article").asc()],
        ),
        count=Window(Count("*"), partition_by=F("article__collection")),
    )
    shown = texts.filter(place__lte=ON_A_SHELF).order_by(
        *("article__collection__position", "article__collection", "place")
    )
    shelves: dict[int, Shelf] = {}
    for text in shown.select_related("article__collection")[: ON_A_SHELF * MOST_COLLECTIONS]:
        collection = text.article.collection
        shelf = shelves.setdefault(collection.pk, Shelf(collection, [], text.count))
        shelves[collection.pk] = Shelf(collection, [*shelf.articles, _entry(text)], text.count)
    return list(shelves.values())


def on_shelf(collection: Collection, language: str) -> list[Found]:
    """All articles of a collection that customers may read."""
    texts = _public(language).filter(article__collection=collection)
    ordered = texts.order_by("article__position", "article")[:MOST_ON_A_SHELF]
    return [_entry(text) for text in ordered]


def reading(slug: str, language: str) -> Reading | None:
    """A public article in this language, else in the other one; None when there is none."""
    texts = ArticleText.objects.public().filter(article__slug=slug).defer(*TOKENS)
    found = {text.language: text for text in texts.select_related("article__collection")}
    text = found.get(language) or next(iter(found.values()), None)
    if text is None or text.published_at is None:
        return None
    return Reading(
        article=text.article,
        language=text.language,
        title=text.published_title,
        body=text.published_body,
        published_at=text.published_at,
        languages=sorted(found),
    )


def related(shown: Reading, language: str) -> list[Found]:
    """Other public articles: on the same topic, of the same collection, with the same words."""
    same = Q(article__collection=shown.article.collection_id)
    score = _weight(same, 2)
    if shown.article.topic_id:
        about = Q(article__topic=shown.article.topic_id)
        same, score = same | about, score + _weight(about, 3)
    for term in keywords_of(shown.title, synonyms()):
        said = Q(tokens__holds=term.index_query)
        same, score = same | said, score + _weight(said, 1)
    texts = _public(language).exclude(article=shown.article).filter(same)
    likely = texts.annotate(score=score).filter(score__gte=AKIN)
    ranked = likely.order_by("-score", "article__position", "article")
    return [_entry(text) for text in ranked[:RELATED]]


def articles_named(articles: QuerySet[Article], text: str) -> QuerySet[Article]:
    """Those of these articles whose drafts say all of it, in either language."""
    for term in terms_of(text, synonyms()):
        texts = ArticleText.objects.filter(draft_tokens__holds=term.index_query)
        articles = articles.filter(pk__in=texts.values("article"))
    return articles


def places_of(articles: Iterable[Article]) -> Mapping[int, int]:
    """Where each stands among all of its collection, by id; 0 is the first. One query."""
    place = Window(
        RowNumber(),
        partition_by=F("collection"),
        order_by=[F("position").asc(), F("pk").asc()],
    )
    shelves = Article.objects.filter(collection__in={each.collection_id for each in articles})
    return {
        pk: number - 1 for pk, number in shelves.annotate(place=place).values_list("pk", "place")
    }


TOKENS = ("title_tokens", "tokens", "draft_tokens")


def _public(language: str) -> QuerySet[ArticleText, Any]:
    return (
        ArticleText.objects.public().one_of_each(language).select_related("article").defer(*TOKENS)
    )


def _found(terms: Sequence[Term], language: str, *, limit: int, least: int | None) -> list[Found]:
    """By score: those that say every term, or, if `least` is given, those that reach it.

    The index knows pairs of characters and beginnings of words; whether a text really says a word
    is compared here.
    """
    if not terms:
        return []
    ranked = []
    for text in _candidates(terms, language, are_all_wanted=least is None):
        title, body = fold(text.published_title), fold(plain(text.published_body))
        in_title = sum(term.is_in(title) for term in terms)
        in_body = sum(term.is_in(body) for term in terms)
        score = IN_TITLE * in_title + IN_BODY * in_body
        is_enough = score >= least if least else _says_all(terms, title, body)
        if is_enough:
            ranked.append((-score, text.article.position, text.pk, text))
    return [
        _entry(text, terms) for *_order, text in sorted(ranked, key=lambda row: row[:3])[:limit]
    ]


def _says_all(terms: Iterable[Term], title: str, body: str) -> bool:
    return all(term.is_in(title) or term.is_in(body) for term in terms)


def may_keep_articles(agent: Agent) -> bool:
    """Who publishes: who manages the help centre, and who leads a team."""
    return agent.may(Permission.HELP) or agent.memberships.filter(is_lead=True).exists()


def _candidates(
    terms: Sequence[Term], language: str, *, are_all_wanted: bool
) -> QuerySet[ArticleText, Any]:
    wanted = Q()
    score: Any = Value(0)
    for term in terms:
        said = Q(tokens__holds=term.index_query)
        wanted = wanted & said if are_all_wanted else wanted | said
        score = score + _weight(said, IN_BODY)
        score = score + _weight(Q(title_tokens__holds=term.index_query), IN_TITLE)
    texts = _public(language).filter(wanted).annotate(score=score)
    return texts.order_by("-score", "article__position", "pk")[:LOOKED_AT]


def _weight(condition: Q, points: int) -> Any:
    return Case(When(condition, then=points), default=0, output_field=IntegerField())


def _entry(text: ArticleText, terms: Sequence[Term] = ()) -> Found:
    pieces = excerpt(plain(text.published_body), terms) if terms else []
    return Found(text.article.slug, text.published_title, text.language, pieces)


def _read() -> list[list[str]]:
    groups = SynonymGroup.objects.values_list("words", flat=True)
    return [[fold(word) for word in words] for words in groups]


_synonyms = Remembered(VERSION, _read)
