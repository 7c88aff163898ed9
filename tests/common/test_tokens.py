from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from common.tokens import RUN, WORD_LENGTH, fold, index_query, pattern, tokens

LETTERS = st.sampled_from("返品商サポートはなﾊﾅｶﾞがabcXYZ019éßΣς ・。-_@.〇々한국ไทย\n　")
TEXTS = st.one_of(st.text(LETTERS, max_size=60), st.text(max_size=40))


def finds(term: str, text: str) -> bool:
    """What PostgreSQL does with the index, and then the comparison with the text."""
    held = tokens(text)
    conditions = index_query(term).split(" & ")
    return all(_is_held(each, held) for each in conditions) and bool(
        pattern(term).search(fold(text))
    )


def _is_held(condition: str, held: list[str]) -> bool:
    token = condition.removesuffix(":*").strip("'")
    return any(
        each.startswith(token) if condition.endswith(":*") else each == token for each in held
    )


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("返品", "商品を返品したい"),
        ("品", "返品"),
        ("品", "品物"),
        ("返", "ご返品"),
        ("ｻﾎﾟｰﾄ", "サポートへ"),
        ("サポート", "ｻﾎﾟｰﾄへ"),
        ("ＡＢ－１０４２", "注文 ab-1042 の件"),
        ("AB-1042", "AB−1042"),
        ("1042", "AB-1042"),
        ("ab-10", "AB-1042"),
        ("hana@example.com", "Hana@Example.com まで"),
        ("example", "hana@example.com"),
        ("hana@exam", "hana@example.com"),
        ("refun", "Refunds, please"),
        ("strasse", "Hauptstraße"[5:]),
        ("don't", "I don’t know"),
        ("please tell", "Please\n  tell me"),
        ("iphoneを返品", "iPhoneを返品したい"),
    ],
)
def test_what_people_mean_is_found(term, text):
    assert finds(fold(term), text)


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("はな", "ハナ"),
        ("返商", "返品と商品"),
        # All pairs are there, but not in a row.
        ("商品返品商", "商品返 品商"),
        ("art", "start"),
        ("ab-1042", "ab 1042"),
    ],
)
def test_what_is_not_said_is_not_found(term, text):
    assert not finds(fold(term), text)


@given(TEXTS, st.data())
def test_every_part_of_a_text_is_found_that_begins_with_a_word_or_within_a_run(text, data):
    folded = fold(text)
    starts = [
        place
        for run in RUN.finditer(folded)
        for place in (range(run.start(), run.end()) if run[1] else [run.start()])
    ]
    assume(starts)
    start = data.draw(st.sampled_from(starts))
    end = data.draw(st.integers(start + 1, len(folded)))
    term = folded[start:end].strip()

    # Folding is done once: whatever folds on and on is compared as it stands.
    assume(fold(text) == fold(folded))
    assert finds(term, folded)


@given(TEXTS)
def test_tokens_can_be_stored_and_asked_for_whatever_the_text(text):
    for token in tokens(text):
        assert not re.search(r"['\\\s\x00]", token)
        assert 0 < len(token) <= WORD_LENGTH


@given(TEXTS)
def test_a_token_stands_once(text):
    assert len(tokens(text)) == len(set(tokens(text)))


def test_a_huge_text_has_tokens_that_postgresql_can_hold():
    text = " ".join(f"{number:x}" * 20 for number in range(50_000))

    assert sum(len(token.encode()) + 2 for token in tokens(text)) < 1_000_000
