"""Articles as those see them who write them, and what readers say of them and by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    F,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Sum,
    When,
)
from django.utils.translation import get_language

from accounts.models import Agent, Language
from knowledge.models import Article, ArticleText, Feedback, SearchCount, SelfService
from knowledge.selectors import TOKENS, articles_named

MOST_LISTED = 300
MOST_COMMENTS = 20
MOST_QUERIES = 30
SAME = Q(title=F("published_title"), body=F("published_body"))
STATES = ("published", "draft", "changed", "gap")


@dataclass(frozen=True)
class Line:
    """An article in the list: its texts by language, and what readers said of it."""

    article: Article
    texts: dict[str, ArticleText]
    helped: int
    not_helped: int

    @property
    def text(self) -> ArticleText:
        """In the active language, else in the other one: no article is without a text."""
        return self.texts.get(get_language() or "") or next(iter(self.texts.values()))

    @property
    def title(self) -> str:
        """In that language."""
        return self.text.title

    @property
    def gaps(self) -> list[str]:
        """Languages in which customers cannot read it, though they can in another one."""
        spoken = {language for language, text in self.texts.items() if text.is_published}
        return [each for each in Language.values if spoken and each not in spoken]

    @property
    def share(self) -> int | None:
        """Of a hundred who voted, how many it helped."""
        votes = self.helped + self.not_helped
        return round(100 * self.helped / votes) if votes else None


@dataclass(frozen=True)
class Asked:
    """What was sought in a period, and what came of it."""

    query: str
    language: str
    searches: int
    openings: int


@dataclass(frozen=True)
class Period:
    """What readers did since a day."""

    searches: int
    without_result: int
    solved: int
    missed: Sequence[Asked]
    asked: Sequence[Asked]
    lines: Sequence[Line]
    comments: Sequence[Feedback]


def article_lines(
    agent: Agent,
    *,
    text: str = "",
    collection: int | None = None,
    state: str = "",
    limit: int = MOST_LISTED,
) -> list[Line]:
    """The articles that this agent may read and that fit."""
    articles = articles_named(Article.objects.visible_to(agent), text)
    if collection is not None:
        articles = articles.filter(collection=collection)
    articles = _in_state(articles, state)
    ordered = articles.order_by("collection__position", "collection", "position", "pk")
    return lines_of(ordered, limit=limit)


def comments_on(article: Article) -> list[Feedback]:
    """What readers missed in it, the newest first."""
    told = Feedback.objects.filter(article=article).exclude(comment="")
    return list(told.order_by("-at")[:MOST_COMMENTS])


def period(agent: Agent, *, since: date) -> Period:
    """What readers sought and said since this day, as far as the agent may read what it is about."""
    counts = SearchCount.objects.filter(day__gte=since)
    totals = counts.aggregate(
        all=Sum("searches", default=0), missed=Sum("searches", filter=Q(results=0), default=0)
    )
    visible = Article.objects.visible_to(agent)
    told = Feedback.objects.filter(at__date__gte=since, article__in=visible)
    voted = visible.filter(Exists(told.filter(article=OuterRef("pk"))))
    comments = told.exclude(comment="").select_related("article").order_by("-at")
    solved = SelfService.objects.filter(day__gte=since)
    return Period(
        searches=totals["all"],
        without_result=totals["missed"],
        solved=solved.count(),
        missed=_most(counts.filter(results=0)),
        asked=_most(counts),
        lines=sorted(lines_of(voted), key=lambda line: (-line.not_helped, line.article.pk)),
        comments=list(comments[:MOST_COMMENTS]),
    )


def _most(counts: QuerySet[SearchCount]) -> list[Asked]:
    groups = counts.values("query", "language").annotate(
        all=Sum("searches"), opened=Sum("openings")
    )
    return [
        Asked(row["query"], row["language"], row["all"], row["opened"])
        for row in groups.order_by("-all", "query")[:MOST_QUERIES]
    ]


def _in_state(articles: QuerySet[Article], state: str) -> QuerySet[Article]:
    texts = ArticleText.objects.filter(article=OuterRef("pk"))
    published = texts.published()
    if state == "published":
        return articles.filter(Exists(published))
    if state == "draft":
        return articles.filter(~Exists(published))
    if state == "changed":
        return articles.filter(Exists(published.exclude(SAME)))
    if state == "gap":
        spoken = [Exists(published.filter(language=language)) for language in Language.values]
        return articles.filter(Exists(published)).exclude(Q(*spoken))
    return articles


def lines_of(articles: QuerySet[Article], *, limit: int = MOST_LISTED) -> list[Line]:
    """These articles with their texts and votes, in three queries."""
    is_same = When(SAME | Q(published_at=None), then=False)
    is_changed = Case(is_same, default=True, output_field=BooleanField())
    texts = ArticleText.objects.defer("body", "published_body", *TOKENS).order_by("-language")
    votes = articles.annotate(
        helped=Count("feedback", filter=Q(feedback__has_helped=True)),
        not_helped=Count("feedback", filter=Q(feedback__has_helped=False)),
    )
    rows = votes.select_related("collection", "topic").prefetch_related(
        Prefetch("texts", queryset=texts.annotate(is_changed=is_changed))
    )
    return [
        Line(row, {text.language: text for text in row.texts.all()}, row.helped, row.not_helped)
        for row in rows[:limit]
    ]
