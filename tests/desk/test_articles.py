from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Agent, Team
from knowledge.models import Article, ArticleText, ArticleVersion, Collection, SynonymGroup
from knowledge.services.arranging import save_synonyms
from knowledge.services.counting import count_answer, count_opening, count_search, record_feedback
from knowledge.services.writing import publish, save_draft
from tests.conftest import signed_in
from tests.factories import AgentFactory, a_ticket, a_topic
from tests.html import Page
from tests.knowledge.articles import a_collection, also_in, an_article
from tickets.models import Draft, TicketArticle
from tickets.services.replying import Reply, reply_to_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support")]


@pytest.fixture
def as_ben(ben: Agent) -> Client:
    return signed_in(ben)


def fields(collection: Collection, **typed: object) -> dict[str, object]:
    return {
        "title": "電源の入れ方",
        "body": "## 手順\n\nスイッチを押します。",
        "language": "ja",
        "collection": collection.pk,
        "audience": "public",
        "outcome": "save",
        **typed,
    }


def said(article: Article, language: str = "ja") -> ArticleText:
    return article.texts.defer("title_tokens", "tokens", "draft_tokens").get(language=language)


# Writing ----------------------------------------------------------------------------------------


def test_an_agent_writes_a_draft_and_a_lead_publishes_it(
    as_aiko: Client, as_ben: Client, japanese: Client
):
    shelf = a_collection()
    as_aiko.post("/desk/articles/create/", fields(shelf, slug="power", outcome="publish"))
    article = Article.objects.get(slug="power")

    assert japanese.get("/help/articles/power/").status_code == 404

    typed = {"title": "電源の入れ方", "body": "押します。", "seen": 1, "outcome": "publish"}
    as_ben.post(f"/desk/articles/{article.pk}/ja/update/", typed)

    assert "押します。" in japanese.get("/help/articles/power/").text
    whats = ArticleVersion.objects.order_by("pk").values_list("what", "by__name")
    assert list(whats) == [("saved", "Aiko"), ("saved", "Ben"), ("published", "Ben")]


def test_what_is_missing_is_said_and_nothing_typed_is_lost(as_aiko: Client):
    shelf = a_collection()

    page = as_aiko.post("/desk/articles/create/", fields(shelf, title="", body="長い文章"))

    assert page.status_code == 422
    assert "長い文章" in page.text
    assert not Article.objects.exists()


def test_an_address_is_made_of_the_title_or_typed_and_taken_once(as_ben: Client):
    shelf = a_collection()
    as_ben.post("/desk/articles/create/", fields(shelf, title="How to return", language="en"))
    as_ben.post("/desk/articles/create/", fields(shelf))
    taken = as_ben.post("/desk/articles/create/", fields(shelf, slug="how-to-return"))
    bad = as_ben.post("/desk/articles/create/", fields(shelf, slug="Über uns/"))

    assert taken.status_code == bad.status_code == 422
    slugs = sorted(Article.objects.values_list("slug", flat=True))
    assert slugs[-1] == "how-to-return"
    assert slugs[0].startswith("article-")


def test_who_was_overtaken_keeps_what_they_typed_and_sees_the_other_text(as_aiko: Client):
    article = an_article("題", "もとの文章")
    seen = said(article).revision
    save_draft(article, "ja", title="題", body="先に保存した文章", seen=seen, by=AgentFactory())
    typed = {"title": "題", "body": "あとから書いた文章", "seen": seen, "outcome": "save"}

    page = as_aiko.post(f"/desk/articles/{article.pk}/ja/update/", typed)

    assert page.status_code == 409
    assert "あとから書いた文章" in page.text
    assert "先に保存した文章" in page.text
    assert said(article).body == "先に保存した文章"
    # Having compared the two, they may.
    again = Page(page.text).form("/ja/update/").fields["seen"]
    as_aiko.post(f"/desk/articles/{article.pk}/ja/update/", {**typed, "seen": again})
    assert said(article).body == "あとから書いた文章"


def test_saving_the_same_twice_is_one_version(as_aiko: Client):
    article = an_article("題", "文章")
    text = said(article)
    typed = {"title": "題", "body": "文章", "seen": text.revision, "outcome": "save"}

    as_aiko.post(f"/desk/articles/{article.pk}/ja/update/", typed)

    assert text.versions.count() == 2


def test_what_it_said_before_is_restored_as_a_draft(as_aiko: Client, japanese: Client):
    article = an_article("題", "はじめの文章", slug="power")
    text = save_draft(article, "ja", title="題", body="次の文章", seen=2, by=AgentFactory())
    publish(text, by=AgentFactory())
    first = text.versions.earliest("pk")

    as_aiko.post(f"/desk/articles/{article.pk}/ja/restoration/", {"version": first.pk})

    assert said(article).body == "はじめの文章"
    assert said(article).has_newer_draft
    assert "次の文章" in japanese.get("/help/articles/power/").text
    assert text.versions.latest("pk").what == "restored"


def test_a_version_of_another_article_cannot_be_restored(as_aiko: Client):
    article, other = an_article("題", "文章"), an_article("他", "他の文章")
    foreign = ArticleVersion.objects.filter(text__article=other).earliest("pk")

    page = as_aiko.post(f"/desk/articles/{article.pk}/ja/restoration/", {"version": foreign.pk})

    assert page.status_code == 404
    assert said(article).body == "文章"


def test_a_withdrawn_article_is_gone_for_customers_and_stays_at_the_desk(
    as_ben: Client, japanese: Client
):
    article = an_article(slug="power")

    as_ben.post(f"/desk/articles/{article.pk}/ja/withdrawal/")

    assert japanese.get("/help/articles/power/").status_code == 404
    assert as_ben.get(f"/desk/articles/{article.pk}/").status_code == 200


def test_only_what_nobody_can_have_read_is_deleted(as_ben: Client):
    draft, known = an_article(is_published=False), an_article()
    as_ben.post(f"/desk/articles/{known.pk}/ja/withdrawal/")

    for article in (draft, known):
        as_ben.post(f"/desk/articles/{article.pk}/deletion/")

    assert list(Article.objects.all()) == [known]


def test_an_empty_text_is_not_published(as_ben: Client):
    article = an_article(is_published=False)
    typed = {"title": "題", "body": " \n", "seen": 1, "outcome": "publish"}

    page = as_ben.post(f"/desk/articles/{article.pk}/ja/update/", typed, follow=True)

    assert "Write the text before you publish it." in page.text
    assert not said(article).is_published


@pytest.mark.parametrize("what", ["ja/withdrawal", "ja/place", "order", "deletion"])
def test_an_agent_publishes_places_and_deletes_nothing(what: str, as_aiko: Client):
    article = an_article()

    assert as_aiko.post(f"/desk/articles/{article.pk}/{what}/").status_code == 404
    assert said(article).is_published


def test_where_an_article_stands_is_changed_by_one_at_a_time(as_ben: Client, japanese: Client):
    article, shelf = an_article(slug="power"), a_collection("Phones", "電話")
    place = {"collection": shelf.pk, "audience": "internal", "seen": article.revision}

    as_ben.post(f"/desk/articles/{article.pk}/ja/place/", place)
    late = as_ben.post(f"/desk/articles/{article.pk}/ja/place/", {**place, "audience": "public"})

    assert late.status_code == 409
    article.refresh_from_db()
    assert (article.collection, article.audience) == (shelf, "internal")
    assert japanese.get("/help/articles/power/").status_code == 404


def test_the_preview_shows_what_readers_would_see_and_saves_nothing(as_aiko: Client):
    article = an_article("題", "文章")
    typed = {
        "title": "題",
        "body": "## 見出し\n<script>x</script>",
        "seen": 2,
        "outcome": "preview",
    }

    part = as_aiko.post("/desk/articles/preview/", typed, headers={"HX-Request": "true"})
    page = as_aiko.post(f"/desk/articles/{article.pk}/ja/update/", typed)
    new = as_aiko.post("/desk/articles/create/", typed)

    for shown in (part, page, new):
        assert shown.status_code == 200
        assert "<h2>見出し</h2>" in shown.text
        assert "<script>x" not in shown.text
    assert said(article).body == "文章"
    assert Article.objects.count() == 1


# Who reads internal articles --------------------------------------------------------------------


def test_an_internal_article_of_a_team_is_there_for_its_people_only(
    as_aiko: Client, mallory: Agent, chika: Agent, support: Team
):
    article = an_article("社内手順", audience="internal", teams=[support])
    ticket = a_ticket()
    TicketArticle.objects.create(ticket=ticket, article=article, at=article.created_at)
    stranger = signed_in(mallory)

    for browser in (as_aiko, signed_in(chika)):
        assert "社内手順" in browser.get("/desk/articles/?q=社内").text
        assert "社内手順" in browser.get(f"/desk/articles/{article.pk}/").text
        assert "社内手順" in browser.get(f"/desk/tickets/{ticket.number}/").text
    assert "社内手順" not in stranger.get("/desk/articles/").text
    assert stranger.get(f"/desk/articles/{article.pk}/").status_code == 404
    assert stranger.get(f"/desk/articles/{article.pk}/ja/").status_code == 404
    typed = {"title": "x", "body": "x", "seen": 2}
    assert stranger.post(f"/desk/articles/{article.pk}/ja/update/", typed).status_code == 404


# The list ---------------------------------------------------------------------------------------


def test_the_list_says_what_is_missing_and_what_helped(as_ben: Client):
    whole, half, draft = an_article("両方"), an_article("日本語だけ"), an_article(
        "下書きだけ", is_published=False
    )  # fmt: skip
    also_in(whole, "en", title="両方 (Both)", body="x")
    for number in range(4):
        record_feedback(half, "ja", reader=str(number), has_helped=number > 0)
    save_draft(half, "ja", title="日本語だけ", body="新しい", seen=2, by=AgentFactory())

    def titles(query: str) -> set[str]:
        page = as_ben.get(f"/desk/articles/?{query}").text
        return {title for title in ("両方", "日本語だけ", "下書きだけ") if title in page}

    assert titles("") == {"両方", "日本語だけ", "下書きだけ"}
    assert titles("state=published") == {"両方", "日本語だけ"}
    assert titles("state=draft") == {"下書きだけ"}
    assert titles("state=changed") == titles("state=gap") == {"日本語だけ"}
    assert titles("q=新しい") == {"日本語だけ"}
    assert titles(f"collection={draft.collection_id}") == {"下書きだけ"}
    page = as_ben.get("/desk/articles/").text
    assert "75 % helped" in page
    assert "Not published in English" in page


def test_the_list_costs_the_same_however_long_it_is(as_ben: Client, django_assert_max_num_queries):
    shelf, topic = a_collection(), a_topic()
    for number in range(8):
        also_in(
            an_article(f"記事{number}", collection=shelf, topic=topic), "en", title="x", body="y"
        )

    as_ben.get("/desk/articles/")
    with django_assert_max_num_queries(9):
        as_ben.get(f"/desk/articles/?collection={shelf.pk}")


def test_articles_of_a_collection_change_places(as_ben: Client, japanese: Client):
    shelf = a_collection(slug="shelf")
    first, second = an_article("一番", collection=shelf), an_article("二番", collection=shelf)

    as_ben.post(f"/desk/articles/{second.pk}/order/", {"by": "-1"})

    page = japanese.get("/help/shelf/").text
    assert page.index("二番") < page.index("一番")
    assert first.pk < second.pk


# Collections, synonyms, report ------------------------------------------------------------------


def test_a_lead_keeps_collections(as_ben: Client):
    as_ben.post("/desk/articles/collections/create/", {"name_en": "First steps", "is_active": "on"})
    shelf = Collection.objects.get()
    refused = as_ben.post("/desk/articles/collections/create/", {"slug": "x"})
    reserved = as_ben.post(
        "/desk/articles/collections/create/", {"name_en": "X", "slug": "suggestions"}
    )
    as_ben.post(
        f"/desk/articles/collections/{shelf.pk}/update/", {"name_en": "Steps", "slug": "other"}
    )
    an_article(collection=shelf)
    as_ben.post(f"/desk/articles/collections/{shelf.pk}/deletion/")

    assert refused.status_code == reserved.status_code == 422
    shelf.refresh_from_db()
    assert (shelf.slug, shelf.name_en, shelf.is_active) == ("first-steps", "Steps", False)


def test_an_agent_keeps_no_collections_and_no_synonyms(as_aiko: Client):
    for address in ("collections/", "collections/new/", "synonyms/"):
        assert as_aiko.get(f"/desk/articles/{address}").status_code == 404
    for address in ("collections/create/", "synonyms/update/"):
        posted = as_aiko.post(f"/desk/articles/{address}", {"name_en": "x", "words": "a, b"})
        assert posted.status_code == 404


def test_synonyms_are_kept_line_by_line_and_nobody_is_overwritten(as_ben: Client):
    as_ben.post("/desk/articles/synonyms/update/", {"words": "請求書、インボイス\n\nbill,invoice"})
    kept = list(SynonymGroup.objects.values_list("words", flat=True))
    alone = as_ben.post("/desk/articles/synonyms/update/", {"words": "alone", "seen": "x"})
    late = as_ben.post("/desk/articles/synonyms/update/", {"words": "a, b", "seen": ""})

    assert kept == [["請求書", "インボイス"], ["bill", "invoice"]]
    assert (alone.status_code, late.status_code) == (422, 409)
    assert "a, b" in late.text
    assert "bill, invoice" in late.text
    assert SynonymGroup.objects.count() == 2
    save_synonyms("", seen="請求書, インボイス\nbill, invoice")
    assert not SynonymGroup.objects.exists()


def test_the_report_tells_what_is_missing_and_what_was_solved(as_aiko: Client):
    a_ticket()
    article = an_article("電源")
    for _ in range(3):
        count_search("宇宙船", "ja", results=0)
    count_search("電源", "ja", results=1)
    count_opening("電源", "ja")
    record_feedback(article, "ja", reader="a", has_helped=False, comment="型番がわかりません")
    count_answer(article, "ja", reader="a")

    page = as_aiko.get("/desk/articles/report/?days=7").text

    assert "宇宙船" in page
    assert "型番がわかりません" in page
    assert page.index("宇宙船") < page.index("電源")
    solved = page.split("Solved without a person", 1)[1]
    assert solved.split('tabular">', 1)[1].startswith("1<")
    assert "50 % of 2 who came to the form" in page


# At the ticket ----------------------------------------------------------------------------------


def test_an_article_is_found_linked_and_put_into_the_reply(as_aiko: Client, aiko: Agent):
    ticket = a_ticket(subject="プリンターが動きません")
    article = an_article("プリンターが動かないとき", slug="printer")
    at = f"/desk/tickets/{ticket.number}/articles/"

    assert "プリンターが動かないとき" in as_aiko.get(at).text
    assert "プリンターが動かないとき" in as_aiko.get(f"{at}?q=電源").text
    as_aiko.post(f"{at}create/", {"article": article.pk})
    as_aiko.post(f"{at}{article.pk}/insertion/")

    draft = Draft.objects.get(ticket=ticket, agent=aiko)
    assert "プリンターが動かないとき\n" in draft.body
    assert "/help/articles/printer/?lang=ja" in draft.body
    page = as_aiko.get(f"/desk/tickets/{ticket.number}/").text
    assert page.count(f'href="/desk/articles/{article.pk}/?lang=ja"') == 1
    assert "/help/articles/printer/?lang=ja" in page
    assert f"#{ticket.number}" in as_aiko.get(f"/desk/articles/{article.pk}/").text

    as_aiko.post(f"{at}{article.pk}/deletion/")
    assert not TicketArticle.objects.exists()


@pytest.mark.parametrize("way", ["internal", "draft"])
def test_what_the_customer_could_not_open_is_not_put_into_the_reply(way: str, as_aiko: Client):
    ticket = a_ticket()
    article = an_article(
        audience="internal" if way == "internal" else "public", is_published=way != "draft"
    )

    page = as_aiko.post(
        f"/desk/tickets/{ticket.number}/articles/{article.pk}/insertion/", follow=True
    )

    assert "Nothing was put into the reply." in page.text
    assert not Draft.objects.exists()


def test_an_article_begins_with_the_last_answer_and_nothing_of_the_customer(
    as_aiko: Client, aiko: Agent, as_ben: Client
):
    ticket = a_ticket(subject="山田花子の注文")
    reply_to_customer(
        ticket,
        Reply(
            body="山田 花子様\n\nリボンを交換します。hana@example.com 宛に送ります。", solves=True
        ),
        agent=aiko,
    )

    page = as_aiko.get(f"/desk/articles/new/?ticket={ticket.number}")
    typed = page.text.split('<form class="form', 1)[1]

    assert "リボンを交換します。" in typed
    for word in ("山田", "花子", "hana@example.com", "昨日から印刷できません"):
        assert word not in typed
    as_aiko.post("/desk/articles/create/", fields(a_collection(), ticket=ticket.number))
    assert TicketArticle.objects.get().ticket == ticket


def test_another_teams_ticket_makes_no_article(mallory: Agent):
    ticket = a_ticket()
    stranger = signed_in(mallory)

    assert stranger.get(f"/desk/articles/new/?ticket={ticket.number}").status_code == 404
    typed = fields(a_collection(), ticket=ticket.number)
    assert stranger.post("/desk/articles/create/", typed).status_code == 404
    assert not Article.objects.exists()


def test_hostile_numbers_are_no_articles(as_aiko: Client):
    ticket = a_ticket()

    for value in ("", "x", "9" * 30, "１"):
        at = f"/desk/tickets/{ticket.number}/articles/create/"
        assert as_aiko.post(at, {"article": value}).status_code == 404
    article = an_article()
    assert as_aiko.get(f"/desk/articles/{article.pk}/de/").status_code == 404
    restore = f"/desk/articles/{article.pk}/ja/restoration/"
    assert as_aiko.post(restore, {"version": "9" * 30}).status_code == 404


def test_the_palette_leads_to_articles_the_agent_may_read(
    as_aiko: Client, mallory: Agent, support: Team
):
    article = an_article("社内手順", audience="internal", teams=[support])

    for_aiko = as_aiko.get("/desk/palette/?q=手順").text
    for_mallory = signed_in(mallory).get("/desk/palette/?q=手順").text

    assert f"/desk/articles/{article.pk}/" in for_aiko
    assert "社内手順" not in for_mallory
