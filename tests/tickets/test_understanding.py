"""How well it is told that a customer asks for news, on messages that were labelled by hand.

What is told was learned from those in messages_seen.tsv; nothing was ever learned from, or made
for, those in messages_unseen.tsv.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tickets.understanding import meaning_of

DATA = Path(__file__).parent / "data"


def understood(name: str, language: str) -> list[tuple[str, str]]:
    """What each message of a file means, by hand and by the rules."""
    lines = (DATA / f"messages_{name}.tsv").read_text(encoding="utf-8").splitlines()
    return [
        (label, meaning_of(text.replace("\\n", "\n")) or "other")
        for label, spoken, text in (line.split("\t") for line in lines)
        if spoken == language
    ]


@pytest.mark.parametrize(
    ("name", "language", "precision", "recall"),
    [
        ("seen", "ja", 0.99, 0.99),
        ("seen", "en", 0.99, 0.99),
        ("unseen", "ja", 0.95, 0.92),
        ("unseen", "en", 0.90, 0.90),
    ],
)
def test_who_asks_for_news_is_recognised(name: str, language: str, precision: float, recall: float):
    found = understood(name, language)
    right = found.count(("chaser", "chaser"))
    asked = sum(label == "chaser" for label, _ in found)
    recognised = sum(rule == "chaser" for _, rule in found)

    assert asked >= 70
    assert right / asked >= recall
    assert right / recognised >= precision


@pytest.mark.parametrize("name", ["seen", "unseen"])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_what_is_more_than_thanks_is_never_taken_for_it(name: str, language: str):
    """A question that moves no clock would wait for ever."""
    found = understood(name, language)

    assert {label for label, rule in found if rule == "thanks"} == {"thanks"}


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
    assert meaning_of(text) != "thanks"


def test_thanks_with_a_file_is_a_message():
    assert meaning_of("Thanks!", has_files=True) == ""


def test_however_long_and_strange_a_text_is_it_is_looked_at_quickly():
    """The rules see its beginning alone; what they cannot match costs them no more than that."""
    for piece in ("まだ", "any ", "お待ちして", "thanks ", "ありがとう", "?", "\n", "返信が"):
        meaning_of(piece * 50_000)
