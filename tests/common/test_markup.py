from __future__ import annotations

import time

import pytest

from common.markup import article_html, marked_up, plain


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("一行目\n二行目", "<p>一行目<br>\n二行目</p>"),
        ("**「重要」**です", "<p><strong>「重要」</strong>です</p>"),
        ("2 ** 3 ** 4", "<p>2 ** 3 ** 4</p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. c", '<ol start="3">\n<li>c</li>\n</ol>'),
        ("`<b>`", "<p><code>&lt;b&gt;</code></p>"),
        ("```\n<b>\n```", "<pre><code>&lt;b&gt;\n</code></pre>"),
        ("> 引用", "<blockquote>\n<p>引用</p>\n</blockquote>"),
        ("\u3000字下げ", "<p>\u3000字下げ</p>"),
    ],
)
def test_the_little_that_is_markup(text: str, html: str):
    assert marked_up(text) == html


@pytest.mark.parametrize(
    "text",
    [
        *("# 見出し", "| a | b |", "snake_case *it* _it_ __b__", "-----", "&amp; ~~x~~"),
        *("<b>x</b>", "<script>alert(1)</script>", "C:\\*.txt", "a@example.com"),
        *(
            "[x](javascript:alert(1))",
            "[x](data:text/html,1)",
            "[x](/desk/)",
            "[x](//evil.example)",
        ),
    ],
)
def test_everything_else_stays_as_typed(text: str):
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    assert marked_up(text) == f"<p>{escaped}</p>"


def test_a_picture_is_never_loaded():
    assert "<img" not in marked_up("![x](https://example.com/x.png)")


def test_an_address_is_a_link_but_not_within_one():
    seen = marked_up(
        "https://a.example/x). [https://b.example](https://c.example) https://d.example"
    )

    assert seen.count("<a ") == 3
    assert 'href="https://a.example/x"' in seen
    assert 'href="https://b.example"' not in seen


@pytest.mark.parametrize("text", ["**a " * 12_000, "[" * 25_000, "> " * 5_000, "`" * 25_000])
def test_no_text_takes_long(text: str):
    began = time.process_time()
    marked_up(text)

    assert time.process_time() - began < 3


# Articles ---------------------------------------------------------------------------------------


def test_an_article_has_headings_below_its_own_and_tables():
    html = article_html(
        "# 一\n\n## 二\n\n### 三\n\n##### 五\n\n| a | b |\n|---|--:|\n| 1 | **2** |"
    )

    assert "<h1" not in html
    assert html.count("<h2>") == 2
    assert "<h3>三</h3>" in html
    assert "<h4>五</h4>" in html
    assert "<td><strong>2</strong></td>" in html
    assert "style" not in html


@pytest.mark.parametrize(
    ("address", "is_live"),
    [
        ("/help/articles/x/?lang=ja#a", True),
        ("https://example.com/", True),
        ("mailto:a@example.com", True),
        ("//evil.example/", False),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("help/x/", False),
    ],
)
def test_an_article_leads_to_our_pages_and_to_whole_addresses(address: str, *, is_live: bool):
    assert ("<a " in article_html(f"[x]({address})")) is is_live


def test_words_of_an_article_are_sought_without_its_signs():
    text = "## 見出し\n\n- **太字** [リンク](/help/a/)\n\n| 症状 | 対処 |\n|---|:-:|\n| 無音 | `確認` |"

    assert plain(text).split() == ["見出し", "太字", "リンク", "症状", "対処", "無音", "確認"]


@pytest.mark.parametrize("text", ["**a" * 6000, "[a](" * 6000, "|a|b|\n|-|-|\n" + "|x|y\n" * 2000])
def test_hostile_text_is_shown_in_time(text: str):
    started = time.monotonic()

    article_html(text)
    plain(text)

    assert time.monotonic() - started < 5
