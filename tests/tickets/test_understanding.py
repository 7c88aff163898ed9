"""How well rules tell that a customer asks for news, on sentences that were labelled by hand.

Every other line of the file was looked at when the rules were made; the rest was not.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tickets.understanding import meaning_of

SAID = [
    line.split("\t")
    for line in (Path(__file__).parent / "data/what_customers_say.tsv")
    .read_text(encoding="utf-8")
    .splitlines()
]
HALVES = {"tuning": SAID[::2], "test": SAID[1::2]}


def understood(half: str, language: str) -> list[tuple[str, str]]:
    """What each message of one half means, by hand and by the rules."""
    return [
        (label, meaning_of(text.replace("\\n", "\n")) or "other")
        for label, spoken, text in HALVES[half]
        if spoken == language
    ]


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("half", HALVES)
def test_nine_of_ten_who_ask_for_news_are_recognised_and_nine_of_ten_recognised_do(half, language):
    found = understood(half, language)
    right = found.count(("chaser", "chaser"))
    asked = sum(label == "chaser" for label, _ in found)
    recognised = sum(rule == "chaser" for _, rule in found)

    assert asked >= 20
    assert right / asked >= 0.9
    assert right / recognised >= 0.9


@pytest.mark.parametrize("half", HALVES)
def test_what_is_more_than_thanks_is_never_taken_for_it(half):
    """A question that moves no clock would wait for ever."""
    for language in ("ja", "en"):
        assert {label for label, rule in understood(half, language) if rule == "thanks"} == {
            "thanks"
        }


@pytest.mark.parametrize(
    "text",
    [
        "Thanks! One more thing: the door does not close.",
        "ありがとうございます。もう一点教えてください。",
        "Thanks, but it is still broken.",
        "ありがとうございます?",
        "ありがとうございます。" * 40,
        "",
        "よろしくお願いいたします。",
        "Hello",
    ],
)
def test_thanks_with_anything_else_is_a_message(text):
    assert meaning_of(text) == ""


def test_thanks_with_a_file_is_a_message():
    assert meaning_of("Thanks!", has_files=True) == ""


def test_however_long_and_strange_a_text_is_it_is_looked_at_quickly():
    """The rules see its beginning alone; what they cannot match costs them no more than that."""
    for piece in ("まだ", "any ", "お待ちして", "thanks ", "ありがとう", "?", "\n", "返信が"):
        meaning_of(piece * 50_000)
