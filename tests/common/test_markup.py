from __future__ import annotations

import time

import pytest

from common.markup import marked_up


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
