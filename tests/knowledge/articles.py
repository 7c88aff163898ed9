"""Articles for tests, written and published through the services."""

from __future__ import annotations

from typing import Any

from accounts.models import Agent
from knowledge.models import Article, ArticleText, Audience, Collection
from knowledge.services.arranging import save_collection
from knowledge.services.writing import create_article, publish, save_draft
from tests.factories import AgentFactory


def a_collection(
    name_en: str = "Printers", name_ja: str = "プリンター", **values: Any
) -> Collection:
    given = {"name_en": name_en, "name_ja": name_ja, **values}
    return save_collection(Collection(), values=given)


def an_article(
    title: str = "プリンターが動かないとき",
    body: str = "電源を入れ直してください。",
    *,
    language: str = "ja",
    is_published: bool = True,
    by: Agent | None = None,
    **place: Any,
) -> Article:
    """In its own collection, unless one is given; public and published."""
    by = by or AgentFactory()
    slug = place.pop("slug", "")
    where = {"topic": None, "audience": Audience.PUBLIC, "teams": [], **place}
    where["collection"] = where.get("collection") or a_collection()
    article = create_article(
        place=where, language=language, title=title, body=body, slug=slug, by=by
    )
    if is_published:
        publish(article.texts.get(), by=by)
    return article


def also_in(
    article: Article, language: str, *, title: str, body: str, is_published: bool = True
) -> ArticleText:
    """The article in one more language."""
    by = AgentFactory()
    text = save_draft(article, language, title=title, body=body, seen=0, by=by)
    if is_published:
        publish(text, by=by)
    return ArticleText.objects.get(pk=text.pk)
