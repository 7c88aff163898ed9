from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from knowledge.models import Collection, Feedback, SearchCount, SelfService
from knowledge.services.arranging import save_collection, save_synonyms
from knowledge.services.writing import publish, save_draft, withdraw
from tests.factories import AgentFactory, a_topic
from tests.knowledge.articles import a_collection, also_in, an_article

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support")]
SECRET = "管理者パスワードの初期化手順"


def test_the_front_door_has_the_collections_their_articles_and_the_way_to_a_person(
    japanese: Client,
):
    article = an_article(slug="power")

    page = japanese.get("/").text

    assert "プリンター" in page
    assert f'href="/help/articles/{article.slug}/"' in page
    assert 'href="/contact/"' in page
    assert 'name="q"' in page


def test_without_articles_there_is_nothing_to_search(japanese: Client):
    page = japanese.get("/").text

    assert 'name="q"' not in page
    assert 'href="/contact/"' in page


def test_a_long_collection_is_cut_at_the_front_door_and_whole_on_its_own_page(japanese: Client):
    shelf = a_collection(slug="many")
    for number in range(7):
        an_article(f"記事{number}", collection=shelf)

    assert japanese.get("/").text.count("/help/articles/") == 5
    assert japanese.get("/help/many/").text.count("/help/articles/") == 7


def test_an_article_is_read_in_the_language_of_the_page(japanese: Client, english: Client):
    article = an_article("返品の方法", "## 手順\n\n- 箱に入れる", slug="returns")
    also_in(article, "en", title="How to return", body="Put it in the box.")

    page = japanese.get("/help/articles/returns/").text
    other = english.get("/help/articles/returns/").text

    assert "<h1>返品の方法</h1>" in page
    assert "<h2>手順</h2>" in page
    assert '<html lang="ja"' in page
    assert "<h1>How to return</h1>" in other
    assert 'hreflang="en" href="http' in page
    assert 'href="?lang=en"' in page


def test_the_address_of_a_language_shows_it_to_everybody(japanese: Client):
    article = an_article("返品の方法", slug="returns")
    also_in(article, "en", title="How to return", body="Put it in the box.")

    page = japanese.get("/help/articles/returns/?lang=en").text

    assert '<html lang="en"' in page
    assert "<h1>How to return</h1>" in page
    assert '/help/articles/returns/?lang=en">' in page  # canonical
    # Whoever chooses Japanese here gets it.
    assert 'name="next" value="/help/articles/returns/"' in page


def test_an_article_in_the_other_language_only_says_so(english: Client):
    an_article("返品の方法", slug="returns")

    page = english.get("/help/articles/returns/").text

    assert "This article is there in Japanese only." in page
    assert '<article class="stack article" lang="ja">' in page


def test_customers_go_on_reading_what_was_published(japanese: Client):
    article = an_article("返品の方法", "古い文章", slug="returns")
    by = AgentFactory()
    text = save_draft(article, "ja", title="返品", body="新しい文章", seen=2, by=by)

    assert "古い文章" in japanese.get("/help/articles/returns/").text
    assert "新しい文章" not in japanese.get("/help/?q=新しい").text

    publish(text, by=by)

    assert "新しい文章" in japanese.get("/help/articles/returns/").text


# What is not for customers ----------------------------------------------------------------------


def everything_a_visitor_can_ask(browser: Client, slug: str, shelf: str, words: str) -> str:
    """All pages that could tell of an article, as one text."""
    addresses = [
        *("/", "/help/", f"/help/{shelf}/", f"/help/articles/{slug}/"),
        *(f"/help/articles/{slug}/?lang={language}" for language in ("ja", "en")),
        *("/help/articles/public/", f"/help/?q={words}", f"/help/suggestions/?q={words}"),
    ]
    pages = [browser.get(address) for address in addresses]
    voted = browser.post(f"/help/articles/{slug}/feedback/", {"has_helped": "yes"})
    assert pages[3].status_code == pages[4].status_code == voted.status_code == 404
    return "".join(page.text for page in pages)


@pytest.mark.parametrize("way", ["internal", "draft", "withdrawn", "switched off"])
def test_what_is_not_for_customers_is_nowhere(way: str, japanese: Client):
    shelf, topic = a_collection(slug="shelf"), a_topic()
    an_article("管理者への公開記事", collection=shelf, topic=topic, slug="public")
    hidden = an_article(
        SECRET,
        "初期値はzebraです。",
        collection=a_collection("Other") if way == "switched off" else shelf,
        topic=topic,
        slug="secret",
        audience="internal" if way == "internal" else "public",
        is_published=way != "draft",
    )
    if way == "withdrawn":
        withdraw(hidden.texts.get(), by=AgentFactory())
    if way == "switched off":
        save_collection(hidden.collection, values={"is_active": False})

    told = everything_a_visitor_can_ask(japanese, "secret", "shelf", "zebra 初期化")

    assert SECRET not in told
    assert "/help/articles/secret/" not in told
    assert "zebraです" not in told
    assert not Feedback.objects.exists()
    assert SearchCount.objects.get(query="zebra 初期化").results == 0


def test_a_collection_of_internal_articles_does_not_exist(japanese: Client):
    an_article(SECRET, collection=a_collection(slug="inner"), audience="internal")

    assert japanese.get("/help/inner/").status_code == 404
    assert "inner" not in japanese.get("/").text


# Searching --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed", ["サポート", "ｻﾎﾟｰﾄ", "ポート", "ﾎﾟ", "窓", "口", "窓口", "ＡＢ－１０", "ab-10", "LINE"]
)
def test_words_are_found_in_every_width_and_length(typed: str, japanese: Client):
    an_article("サポート窓口", "型番AB-10はLine upをご覧ください。", slug="window")
    an_article("関係のない記事", "なし", slug="other")

    page = japanese.get("/help/", {"q": typed}).text

    assert "/help/articles/window/" in page
    assert "/help/articles/other/" not in page


def test_the_place_is_shown_with_the_word_marked(japanese: Client):
    an_article("電源", "まず**主電源**を[こちら](/help/articles/x/)で確認します。")

    page = japanese.get("/help/?q=確認").text

    assert "<mark>確認</mark>" in page
    assert "**" not in page


def test_a_title_stands_above_a_body(japanese: Client):
    shelf = a_collection()
    an_article("ほかの話", "領収書も出ます。", collection=shelf, slug="body")
    an_article("領収書の発行", "画面から。", collection=shelf, slug="title")

    page = japanese.get("/help/?q=領収書").text

    assert page.index("/articles/title/") < page.index("/articles/body/")


def test_words_that_mean_the_same_find_each_other(japanese: Client, english: Client):
    save_synonyms("請求書, インボイス, invoice\nパスワード, password, one time code", seen="")
    article = an_article("請求書の宛名変更", slug="invoice")

    assert f"/articles/{article.slug}/" in japanese.get("/help/?q=ｲﾝﾎﾞｲｽ").text
    assert f"/articles/{article.slug}/" in japanese.get("/help/?q=インボイスの宛名").text
    assert f"/articles/{article.slug}/" in english.get("/help/?q=Invoice").text
    an_article("パスワードの再設定", slug="password")
    assert "/articles/password/" in english.get("/help/?q=one+time+code").text


def test_a_sentence_finds_what_says_a_part_of_it(japanese: Client):
    an_article("領収書の発行", "画面から発行できます。", slug="receipt")

    page = japanese.get("/help/?q=領収書はどこから出せますか").text

    assert "/articles/receipt/" in page
    assert "一部" in page


def test_searches_are_counted_by_day_and_say_what_was_missing(japanese: Client):
    an_article("領収書の発行", slug="receipt")
    for _ in range(2):
        japanese.get("/help/?q=領収書")
    japanese.get("/help/?q=宇宙船")
    japanese.get("/help/articles/receipt/?q=領収書")

    receipt = SearchCount.objects.get(query="領収書")
    assert (receipt.searches, receipt.results, receipt.openings) == (2, 1, 1)
    assert SearchCount.objects.get(query="宇宙船").results == 0
    assert receipt.day == timezone.localdate()


@pytest.mark.parametrize("typed", ["hana@example.com", "090-1234-5678", "注文 1234567"])
def test_what_may_name_somebody_is_not_kept(typed: str, japanese: Client):
    japanese.get("/help/", {"q": typed})

    assert not SearchCount.objects.exists()


@pytest.mark.parametrize(
    "typed",
    ["'", "a & b | !c:*", "((((", "\\", "%_", "-", "x" * 10_000, "あ" * 10_000, "from:x", "' OR 1=1;--",
     "{{ 7|add:1 }}", "<script>alert(1)</script>", "\u202e", "⚙️", "''':*"],
)  # fmt: skip
def test_whatever_is_asked_is_answered(typed: str, japanese: Client):
    an_article()

    pages = [japanese.get(place, {"q": typed}) for place in ("/help/", "/help/suggestions/")]

    assert [page.status_code for page in pages] == [200, 200]
    assert all("<script>alert" not in page.text for page in pages)
    assert all(len(row.query) <= 80 for row in SearchCount.objects.all())


def test_nul_is_a_bad_request(japanese: Client):
    assert japanese.get("/help/?q=a%00b").status_code == 400


# Suggestions ------------------------------------------------------------------------------------


def test_what_is_being_written_brings_the_likeliest_answer_first(japanese: Client):
    shelf = a_collection()
    an_article("請求書の宛名を変更する", "画面から変更します。", collection=shelf, slug="name")
    an_article("返品の方法", "箱に入れます。", collection=shelf, slug="returns")

    part = japanese.get("/help/suggestions/", {"q": "先月の請求書ですが、宛名を変えたいです"})

    assert "/help/articles/name/?from=contact" in part.text
    assert "/articles/returns/" not in part.text
    assert "<html" not in part.text
    assert part.headers["Cache-Control"] == "no-store"
    assert not SearchCount.objects.exists()


def test_nothing_likely_suggests_nothing(japanese: Client):
    an_article()

    assert japanese.get("/help/suggestions/?q=こんにちは").text.strip() == ""


def test_an_answer_found_at_the_form_is_counted_once(japanese: Client):
    an_article(slug="power")
    vote = {"has_helped": "yes", "from": "contact"}

    first = japanese.post("/help/articles/power/feedback/", vote, follow=True)
    japanese.post("/help/articles/power/feedback/", vote)
    japanese.post("/help/articles/power/feedback/", {"has_helped": "yes"})

    assert SelfService.objects.count() == 1
    assert "何も送信されていません" in first.text


# Feedback ---------------------------------------------------------------------------------------


def test_a_vote_is_changed_and_not_added_by_the_same_browser(japanese: Client, english: Client):
    article = an_article(slug="power")
    japanese.post("/help/articles/power/feedback/", {"has_helped": "yes"})
    japanese.post("/help/articles/power/feedback/", {"has_helped": "no", "comment": "型番がない"})
    english.post("/help/articles/power/feedback/", {"has_helped": "yes", "lang": "ja"})

    votes = Feedback.objects.filter(article=article)
    assert sorted(votes.values_list("has_helped", "comment")) == [(False, "型番がない"), (True, "")]
    assert Feedback.objects.values("reader").distinct().count() == 2


def test_who_was_not_helped_may_say_what_was_missing_and_is_led_to_a_person(japanese: Client):
    topic = a_topic()
    an_article("電源の入れ方", slug="power", topic=topic)

    page = japanese.post("/help/articles/power/feedback/", {"has_helped": "no"}, follow=True).text

    assert 'name="comment"' in page
    assert f"topic={topic.pk}" in page
    assert "/contact/?subject=" in page


def test_reading_is_no_vote(japanese: Client):
    an_article(slug="power")

    assert japanese.get("/help/articles/power/feedback/?has_helped=yes").status_code == 405
    japanese.get("/help/articles/power/?has_helped=yes&said=yes")

    assert not Feedback.objects.exists()
    assert "reader" not in japanese.cookies


@pytest.mark.parametrize(
    "fields", [{}, {"has_helped": "maybe"}, {"has_helped": "no", "comment": "x" * 1001}]
)
def test_what_is_no_vote_is_not_kept(fields: dict[str, str], japanese: Client):
    an_article(slug="power")

    assert japanese.post("/help/articles/power/feedback/", fields).status_code == 422
    assert not Feedback.objects.exists()


def test_a_forged_browser_is_a_new_one(japanese: Client):
    an_article(slug="power")
    japanese.cookies["reader"] = "forged:value"

    assert japanese.post("/help/articles/power/feedback/", {"has_helped": "yes"}).status_code == 302
    assert Feedback.objects.count() == 1


def test_one_place_cannot_vote_without_end(japanese: Client):
    an_article(slug="power")

    statuses = [
        Client().post("/help/articles/power/feedback/", {"has_helped": "yes"}).status_code
        for _ in range(31)
    ]

    assert statuses.count(429) == 1
    assert Feedback.objects.count() == 30


# Cost -------------------------------------------------------------------------------------------


def test_pages_are_small_and_cost_the_same_however_many_articles_there_are(
    japanese: Client, django_assert_max_num_queries
):
    topic = a_topic()
    for shelf in (a_collection(slug=f"shelf{number}") for number in range(3)):
        for number in range(6):
            an_article(f"電源の記事{number}", "電源の話。" * 50, collection=shelf, topic=topic)
    slug = Collection.objects.first().articles.first().slug
    addresses = {"/": 5, "/help/shelf1/": 5, f"/help/articles/{slug}/": 5, "/help/?q=電源": 8,
                 "/help/suggestions/?q=電源": 2}  # fmt: skip

    for address, most in addresses.items():
        japanese.get(address)
        with django_assert_max_num_queries(most):
            page = japanese.get(address)
        assert len(page.content) < 30_000


def test_nothing_in_an_article_runs(japanese: Client):
    body = (
        "<script>alert(1)</script>\n\n[x](javascript:alert(1))\n\n[y](//evil.example/)\n\n"
        "<img src=x onerror=alert(1)>\n\n[z](data:text/html,x)\n\n| a |\n|---|\n| <b onclick=x> |"
    )
    an_article("危険", body, slug="hostile")

    page = japanese.get("/help/articles/hostile/").text
    said = page.split("<article", 1)[1].split("</article>", 1)[0]

    assert "<script" not in said
    assert "<img" not in said
    assert "<b" not in said.replace("<br", "").replace("<body", "")
    assert "href" not in said
