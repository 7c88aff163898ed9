"""Articles over the API: everybody drafts, who keeps the help centre publishes."""

from __future__ import annotations

import pytest

from accounts.models import Agent, Membership, Team
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


def test_collections_and_articles_are_arranged_by_who_keeps_them(
    shop: Program, manager: Program, support: Team, ben: Agent
):
    first, second = a_collection(slug="printers"), a_collection(slug="scanners")
    articles = [an_article(collection=first, slug=name, by=ben) for name in ("a", "b")]
    problem(shop.post("collections/", {"name_en": "Returns"}), 403, "not-permitted")
    problem(shop.patch(f"articles/{articles[0].pk}/", {"position": 0}), 403, "not-permitted")
    problem(shop.send("DELETE", f"articles/{articles[0].pk}/"), 403, "not-permitted")

    made = manager.post("collections/", {"name_en": "Returns"}).json()
    assert (made["slug"], made["position"]) == ("returns", 2)
    assert wrong_fields(manager.post("collections/", {})) == {"name_ja"}
    moved = manager.patch(f"collections/{made['id']}/", {"position": 0, "name_ja": "返品"}).json()
    assert (moved["position"], moved["name"]) == (0, {"ja": "返品", "en": "Returns"})
    shown = {each["id"]: each["position"] for each in shop.get("collections/").json()["items"]}
    assert shown == {made["id"]: 0, first.pk: 1, second.pk: 2}

    address = f"articles/{articles[1].pk}/"
    etag = manager.get(address)["ETag"]
    assert manager.patch(address, {"position": 0}).json()["position"] == 0
    stale = manager.patch(address, {"audience": "internal"}, If_Match=etag)
    problem(stale, 412, "changed-meanwhile")
    assert shop.get(f"articles/{articles[0].pk}/").json()["position"] == 1
    inside = {"collection": second.pk, "audience": "internal", "teams": [support.pk]}
    placed = manager.patch(address, inside).json()
    assert {name: placed[name] for name in inside} == inside
    assert wrong_fields(manager.patch(address, {"teams": [999]})) == {"teams"}
    assert wrong_fields(manager.patch(address, {"collection": 999})) == {"collection"}

    problem(manager.send("DELETE", address), 409, "conflict")
    problem(manager.send("DELETE", f"collections/{second.pk}/"), 409, "conflict")
    assert manager.send("DELETE", f"collections/{made['id']}/").status_code == 204
    begun = {"collection": first.pk, "language": "en", "title": "No ink", "body": "x"}
    draft = shop.post("articles/", begun).json()
    assert manager.send("DELETE", f"articles/{draft['id']}/").status_code == 204


def test_a_lead_may_give_an_article_to_a_team_of_others(
    shop: Program, aiko: Agent, support: Team, other_team: Team
):
    Membership.objects.filter(agent=aiko).update(is_lead=True)
    article = an_article(collection=a_collection())

    given = shop.patch(
        f"articles/{article.pk}/", {"audience": "internal", "teams": [other_team.pk]}
    )

    assert (given.status_code, given.json()["teams"]) == (200, [other_team.pk])
    problem(shop.get(f"articles/{article.pk}/"), 404, "not-found")


def test_words_that_mean_the_same_are_read_and_written(shop: Program, manager: Program):
    problem(shop.get("synonyms/"), 403, "not-permitted")
    groups = {"groups": [["請求書", "invoice"], ["PC", "computer"]]}

    assert manager.send("PUT", "synonyms/", groups).json() == groups

    told = manager.get("synonyms/")
    assert told.json() == groups
    fewer = {"groups": groups["groups"][:1]}
    assert manager.send("PUT", "synonyms/", fewer, If_Match=told["ETag"]).status_code == 200
    stale = manager.send("PUT", "synonyms/", groups, If_Match=told["ETag"])
    problem(stale, 412, "changed-meanwhile")
    for wrong, field in (
        ([["alone"]], "groups.0"),
        ([["same", " same "]], "groups.0"),
        ([["a", "b, c"]], "groups.0.1"),
        ([["a", "b\nc"]], "groups.0.1"),
    ):
        assert wrong_fields(manager.send("PUT", "synonyms/", {"groups": wrong})) == {field}
    assert manager.get("synonyms/").json() == fewer
