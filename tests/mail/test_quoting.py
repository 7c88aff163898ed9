"""What stands below a letter, and that our own reader folds it when it comes back."""

from __future__ import annotations

import pytest

from mail.quoting import MOST, Said, as_html, as_text, at_most
from mail.reading.quoting import trim
from tests.html import Page

LINES = {
    "ja": [
        "2026年10月5日(月) 10:00(日本時間)、山田花子様のメッセージ:",
        "2026年10月5日(月) 09:00(日本時間)、佐藤 愛子のメッセージ:",
        "2026年10月4日(日) 18:00(日本時間)、お客様のメッセージ:",
    ],
    "en": [
        "On Mon 5 Oct 2026, 10:00 (JST), Emma Clarke wrote:",
        "On Mon 5 Oct 2026, 09:00 (JST), Aiko wrote:",
        "On Sun 4 Oct 2026, 18:00 (JST), you wrote:",
    ],
}
BODIES = ["まだ動きません。\n\n> 電源は？\n入っています。", "Please try again.", "It is broken."]


def said(language: str, count: int = 3) -> list[Said]:
    return [Said(*each) for each in list(zip(LINES[language], BODIES, strict=True))[:count]]


def test_each_stands_inside_the_one_that_answers_it():
    assert as_text(said("en")) == (
        "On Mon 5 Oct 2026, 10:00 (JST), Emma Clarke wrote:\n"
        "> まだ動きません。\n"
        ">\n"
        "> > 電源は？\n"
        "> 入っています。\n"
        ">\n"
        "> On Mon 5 Oct 2026, 09:00 (JST), Aiko wrote:\n"
        "> > Please try again.\n"
        "> >\n"
        "> > On Sun 4 Oct 2026, 18:00 (JST), you wrote:\n"
        "> > > It is broken."
    )
    assert as_text([]) == as_html([]) == ""


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_our_own_reader_folds_it(language: str, count: int):
    quotation = as_text(said(language, count))
    again = "\n".join(f"> {line}" for line in f"Letter.\n\n{quotation}".split("\n"))

    for below in (
        quotation,
        f"On Tue, 6 Oct 2026 at 09:00, Help <help@desk.example> wrote:\n{again}",
    ):
        trimmed = trim(f"Thank you, it works.\n\n{below}\n")

        assert trimmed.visible == "Thank you, it works."
        assert trimmed.quoted.strip() == below


def test_the_html_is_quiet_and_runs_nothing():
    html = as_html([Said("<b>Eve</b> wrote:", "<script>x</script>\nhttps://example.com/a")])

    page = Page(html)
    assert page.all("script") == page.all("b") == []
    assert len(page.all("blockquote")) == 1
    assert [a["href"] for a in page.all("a")] == ["https://example.com/a"]


@pytest.mark.parametrize(
    "bodies",
    [
        ["x" * 30_000],
        ["line\n" * 9_000],
        ["x" * 19_900, "y" * 500, "z"],
        ["a" + "\n" * 30_000 + "x"],
    ],
)
def test_it_is_never_longer_than_it_may_be(bodies: list[str]):
    kept = at_most([Said(f"{number} wrote:", body) for number, body in enumerate(bodies)])

    assert len(as_text(kept)) <= MOST
    assert kept[-1].body.endswith("…")
    assert kept[0].line == "0 wrote:"


def test_what_is_short_stays_whole():
    assert at_most(said("ja")) == said("ja")
