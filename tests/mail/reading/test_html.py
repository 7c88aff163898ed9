"""HTML mail: its text can be read, and nothing in it runs, loads or covers the page."""

from __future__ import annotations

import time

import pytest

from mail.reading.html_text import html_to_lines
from mail.reading.quoting import trim_lines
from mail.reading.safe_html import safe_html


def visible(document: str) -> str:
    lines = html_to_lines(document)
    return trim_lines(lines.lines, lines.quoted, lines.end).visible


@pytest.mark.parametrize(
    "quote",
    [
        '<div class="gmail_quote"><div class="gmail_attr">whatever<br></div><blockquote class="gmail_quote">old</blockquote></div>',
        '<blockquote type="cite">old</blockquote>',
        '<div class="moz-cite-prefix">whatever</div><blockquote type="cite">old</blockquote>',
        '<hr><div id="divRplyFwdMsg">whatever</div><div>old</div>',
        '<div id="x_appendonsend"></div><div>old</div>',
        '<div class="yahoo_quoted">old</div>',
        '<div class="protonmail_quote">old<blockquote>older</blockquote></div>',
        '<div style="border-top:solid #E1E1E1 1.0pt"><p><b>差出人:</b> 窓口<br><b>送信日時:</b> 今日<br><b>宛先:</b> 佐藤<br><b>件名:</b> 件</p></div><p>old</p>',
    ],
)
def test_what_the_mail_program_quotes_is_not_shown(quote: str):
    assert (
        visible(f"<p>はい、<b>動き</b>ました。</p><p>佐藤</p>{quote}")
        == "はい、動きました。\n\n佐藤"
    )


def test_text_keeps_its_lines_and_loses_what_is_not_text():
    document = "<title>t</title><style>x{}</style><p>a&nbsp;b<br>c</p><script>x()</script><ul><li>d<li>e</ul><table><tr><td>1<td>2</table><pre>x\n  y</pre>"

    assert [line for line in html_to_lines(document).lines if line] == [
        "a b",
        "c",
        "- d",
        "- e",
        "1\t2",
        "x",
        "  y",
    ]


def test_pictures_in_the_letter_are_shown_and_remote_ones_wait():
    shown = safe_html(
        '<img src="cid:a@b"><img src="https://t.example/p.gif"><img src="//t.example/q"><img src="data:image/png;base64,xx">',
        lambda cid: f"/files/{cid}",
    )

    assert 'src="/files/a@b"' in shown
    assert ' src="https://t.example' not in shown
    assert 'data-remote="https://t.example/p.gif"' in shown
    assert "data:" not in shown


@pytest.mark.parametrize(
    "bait",
    [
        "<div>" * 100_000, "<div a='</div>'>" * 60_000, "<" * 900_000, "<!" * 400_000, "<a " * 300_000, "<b><i><u>" * 50_000,
        "<p>行</p>" * 100_000, "&" * 900_000, "<table><tr><td>" * 50_000, "<img src='" * 90_000,
    ],
    ids=lambda bait: bait[:15],
)  # fmt: skip
def test_no_markup_takes_long(bait: str):
    started = time.process_time()

    html_to_lines(bait)
    safe_html(bait)

    assert time.process_time() - started < 8
