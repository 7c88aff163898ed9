from __future__ import annotations

import pytest
from django.utils import translation

from topics.exceptions import BadValues
from topics.models import Field
from topics.values import Kind, as_typed, in_words, merged, read_values, words_of

CHOICES = [
    {"key": "c1", "ja": "保証期間内", "en": "In guarantee", "is_off": False},
    {"key": "c2", "ja": "", "en": "Expired", "is_off": True},
]


def a(kind: str) -> Field:
    choices = CHOICES if kind == "choice" else []
    return Field(key="k", kind=kind, label_ja="項目", label_en="Thing", choices=choices)


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        ("text", "  LP-220 \u3000A ", "LP-220 A"),
        ("text", " \u3000 ", None),
        ("number", "12", "12"),
        ("number", "１，２００．５０", "1200.5"),
        ("number", "1e3", "1000"),
        ("number", "-0", "0"),
        ("number", "0.000001", "0.000001"),
        ("date", "2026-11-24", "2026-11-24"),
        ("date", "2026/1/4", "2026-01-04"),
        ("choice", "c1", "c1"),
        ("choice", "c2", "c2"),
        ("yes_no", "yes", True),
        ("yes_no", "no", False),
        ("yes_no", "", None),
    ],
)
def test_what_is_typed_becomes_one_value(kind, typed, value):
    assert read_values([a(kind)], {"k": typed}) == {"k": value}


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("text", "x" * 501),
        *(("number", each) for each in ["twelve", "nan", "1e15", "0.0000001", "1e999999999"]),
        *(("date", each) for each in ["2026-02-30", "tomorrow", "2026-11", "0000-01-01"]),
        ("choice", "c3"),
        ("yes_no", "maybe"),
    ],
)
def test_what_a_field_does_not_take_is_a_sentence_that_names_it(kind, typed):
    with pytest.raises(BadValues) as bad, translation.override("en"):
        read_values([a(kind)], {"k": typed})

    assert bad.value.sentences["k"].startswith("Thing: ")


def test_all_that_is_wrong_is_said_at_once():
    fields = [a("number"), Field(key="other", kind="date", label_en="Day")]

    with pytest.raises(BadValues) as bad:
        read_values(fields, {"k": "x", "other": "y"})

    assert set(bad.value.sentences) == {"k", "other"}


def test_fields_that_are_not_asked_stay_and_empty_ones_go():
    before = {"k": "LP-220", "other": True}

    assert read_values([a("text")], {}) == {}
    assert merged(before, {"k": None}) == {"other": True}
    assert merged(before, {"k": "LP-221"}) == {"k": "LP-221", "other": True}


@pytest.mark.parametrize(
    ("kind", "value", "ja", "en"),
    [
        ("text", "LP-220", "LP-220", "LP-220"),
        ("number", "1200.5", "1200.5", "1200.5"),
        ("date", "2026-11-24", "2026年11月24日(火)", "Tue 24 Nov 2026"),
        ("choice", "c1", "保証期間内", "In guarantee"),
        ("choice", "c2", "Expired", "Expired"),
        ("choice", "gone", "gone", "gone"),
        ("yes_no", True, "はい", "Yes"),
        ("yes_no", False, "いいえ", "No"),
        ("text", None, "", ""),
    ],
)
def test_a_value_reads_in_both_languages(kind, value, ja, en):
    with translation.override("ja"):
        assert in_words(a(kind), value) == ja
    with translation.override("en"):
        assert in_words(a(kind), value) == en


@pytest.mark.parametrize("kind", Kind.values)
def test_a_value_that_is_typed_again_is_the_same(kind):
    typed = {"text": "x", "number": "1.5", "date": "2026-11-24", "choice": "c1", "yes_no": "no"}

    [value] = read_values([a(kind)], {"k": typed[kind]}).values()

    assert as_typed(value) == typed[kind]


def test_a_search_finds_values_by_either_language():
    fields = [a("choice"), Field(key="d", kind="date"), Field(key="y", kind="yes_no")]

    said = words_of(fields, {"k": "c1", "d": "2026-11-24", "y": True})

    assert said == [
        "保証期間内",
        "In guarantee",
        "2026-11-24",
        "2026年11月24日(火)",
        "Tue 24 Nov 2026",
    ]
