"""Japanese and English are complete, and no translation loses what the code puts into it."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator

import polib
import pytest

from scripts.messages import CATALOG, Message, found

PERCENT = re.compile(r"%(?:\([a-z_]+\))?[sd%]")
BRACES = re.compile(r"\{[a-z_]*\}")
TAGS = re.compile(r"</?[a-z][^>]*>")
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
# Names and signs that are the same in both languages.
SAME_IN_BOTH = re.compile(
    r"^[\W\d_]*(?:%\([a-z_]+\)s|[A-Z][A-Za-z-]*|CSV|JSON|URL|SLA|#)?[\W\d_]*$"
)


@pytest.fixture(scope="module")
def messages() -> dict[Message, list[str]]:
    return found()


@pytest.fixture(scope="module")
def catalog() -> polib.POFile:
    return polib.pofile(str(CATALOG))


def key_of(entry: polib.POEntry) -> Message:
    return entry.msgctxt or "", entry.msgid, entry.msgid_plural or ""


def said(entry: polib.POEntry) -> str:
    return entry.msgstr_plural.get(0, "") if entry.msgid_plural else entry.msgstr


def placeholders(text: str) -> list[str]:
    return sorted(PERCENT.findall(text) + BRACES.findall(text) + TAGS.findall(text))


def untranslated(
    messages: dict[Message, list[str]], catalog: polib.POFile
) -> Iterator[tuple[str, str]]:
    translated = {key_of(entry) for entry in catalog if said(entry).strip()}
    for message, places in messages.items():
        if message not in translated:
            yield message[1], places[0]


def test_the_search_finds_strings_in_code_and_in_templates(messages: dict[Message, list[str]]):
    places = {place.rpartition(".")[2] for found_in in messages.values() for place in found_in}

    assert len(messages) > 100
    assert places >= {"py", "html"}


def test_every_string_has_a_japanese_translation(
    messages: dict[Message, list[str]], catalog: polib.POFile
):
    assert list(untranslated(messages, catalog)) == []


def test_the_catalogue_holds_no_string_that_is_gone(
    messages: dict[Message, list[str]], catalog: polib.POFile
):
    assert [entry.msgid for entry in catalog if key_of(entry) not in messages] == []
    assert [entry.msgid for entry in catalog.obsolete_entries()] == []


def test_no_translation_is_a_guess(catalog: polib.POFile):
    assert [entry.msgid for entry in catalog if entry.fuzzy] == []


def test_no_string_stands_twice_in_the_catalogue(catalog: polib.POFile):
    keys = [key_of(entry) for entry in catalog]

    assert sorted(key for key in set(keys) if keys.count(key) > 1) == []


def test_translations_take_the_same_values_as_the_originals(catalog: polib.POFile):
    differing = {}
    for entry in catalog:
        # A language without a plural form may name the number or leave it to the words.
        originals = [placeholders(entry.msgid)]
        if entry.msgid_plural:
            originals.append(placeholders(entry.msgid_plural))
        if placeholders(said(entry)) not in originals:
            differing[entry.msgid] = said(entry)

    assert differing == {}


def test_translations_are_japanese(catalog: polib.POFile):
    copied = [
        entry.msgid
        for entry in catalog
        if said(entry) == entry.msgid and not SAME_IN_BOTH.match(entry.msgid)
    ]

    assert copied == []


def test_translations_neither_gain_nor_lose_spaces_at_their_ends(catalog: polib.POFile):
    blank = string.whitespace
    changed = [
        entry.msgid
        for entry in catalog
        if entry.msgid[:1] not in blank and said(entry) != said(entry).strip()
    ]

    assert changed == []


def test_the_checks_know_bad_from_good():
    assert placeholders("%(count)d files of {name}") == placeholders("{name}: %(count)d")
    assert placeholders("%(count)d files") != placeholders("%(number)d")
    assert JAPANESE.search("お問い合わせ")
    entry = polib.POEntry(msgid="Send", msgstr="")
    assert list(untranslated({("", "Send", ""): ["a.py"]}, polib.POFile())) == [("Send", "a.py")]
    assert said(entry) == ""
