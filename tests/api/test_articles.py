"""Articles over the API: everybody drafts, who keeps the help centre publishes."""

from __future__ import annotations

import pytest

from accounts.models import Agent, Team
from knowledge.models import Article, ArticleText
from tests.api.programs import Program, problem, wrong_fields
from tests.knowledge.articles import a_collection, an_article


def new(**more: object) -> dict[str, object]:
    collection = a_collection(slug="printers").pk
    said = {"language": "en", "title": "No paper", "body": "Put some in."}
    return {"collection": collection, **said, **more}


def test_a_draft_is_begun_by_an_agent_and_published_by_who_keeps_articles(
    shop: Program, manager: Program, support: Team
):
    made = shop.post("articles/", new(slug="no-paper"))
    assert made.status_code == 201, made.content
    address = f"articles/{made.json()['id']}/"

    refused = shop.post(f"{address}en/publication/")
    published = manager.post(f"{address}en/publication/")

    problem(refused, 403, "not-permitted")
    [text] = published.json()["texts"]
    assert (text["is_published"], text["title"]) == (True, "No paper")
    assert ArticleText.objects.public().count() == 1
    manager.send("DELETE", f"{address}en/publication/")
    assert ArticleText.objects.public().count() == 0
    assert shop.get(address).json()["slug"] == "no-paper"


def test_who_has_not_seen_the_newest_draft_writes_over_nothing(shop: Program):
    made = shop.post("articles/", new()).json()
    seen = made["texts"][0]["revision"]
    draft = {"title": "No paper left", "body": "x", "seen_revision": seen}

    first = shop.send("PUT", f"articles/{made['id']}/en/", draft)
    second = shop.send("PUT", f"articles/{made['id']}/en/", {**draft, "title": "Mine"})

    assert first.json()["texts"][0]["title"] == "No paper left"
    problem(second, 409, "something-new")
    japanese = {"title": "紙がない", "body": "x", "seen_revision": 0}
    assert shop.send("PUT", f"articles/{made['id']}/ja/", japanese).status_code == 200
    problem(shop.send("PUT", f"articles/{made['id']}/fr/", japanese), 404, "not-found")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"collection": 999}, "collection"),
        ({"topic": 999}, "topic"),
        ({"language": "fr"}, "language"),
        ({"title": " "}, "title"),
        ({"slug": "No Paper!"}, "slug"),
        ({"audience": "nobody"}, "audience"),
    ],
)
def test_an_article_that_is_not_right_is_not_begun(
    shop: Program, change: dict[str, object], field: str
):
    assert wrong_fields(shop.post("articles/", new(**change))) == {field}
    assert not Article.objects.exists()


def test_articles_of_another_team_are_not_there(
    shop: Program, manager: Program, other_team: Team, ben: Agent
):
    article = an_article(collection=a_collection(slug="printers"), slug="power", by=ben)
    article.teams.set([other_team])

    assert shop.get("articles/").json()["items"] == []
    problem(shop.get(f"articles/{article.pk}/"), 404, "not-found")
    assert [each["slug"] for each in manager.get("articles/").json()["items"]] == ["power"]
    assert [each["slug"] for each in shop.get("collections/").json()["items"]] == ["printers"]
