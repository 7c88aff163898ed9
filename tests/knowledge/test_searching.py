from __future__ import annotations

import pytest

from common.tokens import fold
from knowledge.searching import LONGEST, MOST_VARIANTS, keywords_of, terms_of


def first(text: str, groups: list[list[str]] | None = None) -> list[str]:
    return [term.variants[0] for term in keywords_of(text, groups or [])]


@pytest.mark.parametrize(
    ("sentence", "keywords"),
    [
        ("先月の請求書ですが、宛名を変えたいです", ["先月", "請求書", "請求", "宛名"]),
        ("ｶｰﾄﾞﾘｰﾀﾞｰが毎日切れます", ["カードリーダー", "毎日切", "毎日"]),
        ("How can I change the name on my invoice?", ["change", "name", "invoice"]),
        ("領収書発行", ["領収書発行", "領収", "発行"]),
        ("こんにちは", []),
        ("？！…", []),
    ],
)
def test_a_sentence_is_about_its_nouns(sentence: str, keywords: list[str]):
    assert first(sentence) == keywords


def test_a_synonym_stands_in_for_a_word_and_for_a_part_of_a_japanese_one():
    groups = [["請求書", "インボイス", "invoice"], ["car", "auto"]]

    [word] = terms_of("Invoice", groups)
    [part] = terms_of("請求書番号", groups)
    [other] = terms_of("card", groups)

    assert word.is_in(fold("インボイスの宛名"))
    assert part.is_in(fold("インボイス番号"))
    assert other.variants == ("card",)


def test_several_words_are_one_synonym():
    groups = [["one time code", "認証コード"]]

    terms = terms_of("lost one time code", groups)

    assert [term.variants[0] for term in terms] == ["one time code", "lost"]
    assert terms[0].is_in("認証コードが届かない")


@pytest.mark.parametrize("text", ["a" * 10_000, "あ " * 5000, "x\x00y", "\ud800", "'&|!():*<->\\"])
def test_any_text_is_cut_to_a_bounded_question(text: str):
    groups = [[f"語{number}" for number in range(20)], ["あ", *(f"い{n}" for n in range(19))]]

    terms = terms_of(text, groups)

    assert len(terms) <= 8
    assert sum(len(term.variants[0]) for term in terms) <= LONGEST
    assert all(len(term.variants) <= MOST_VARIANTS for term in terms)
    assert all(term.index_query and "\x00" not in term.index_query for term in terms)
