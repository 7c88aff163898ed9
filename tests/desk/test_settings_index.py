"""All settings on one page: by name, with what they do, and found by words."""

from __future__ import annotations

import re

import pytest

from desk.settings.entries import SECTIONS, url_of
from tests.conftest import signed_in

LINK = re.compile(r'<a href="([^"]+)"')


def shown(client, text=""):
    page = client.get("/desk/settings/", {"q": text} if text else {})
    main = page.content.decode().partition("<main")[2]
    return [url for url in LINK.findall(main) if url != "/desk/settings/"]


def test_an_administrator_finds_every_page_and_each_opens(admin, support):
    browser = signed_in(admin)
    urls = shown(browser)
    assert len(urls) == sum(len(entries) for _label, entries in SECTIONS) + 1
    assert f"/desk/settings/teams/{support.pk}/" in urls
    for url in urls:
        # Security asks for the password once more.
        assert browser.get(url).status_code in {200, 302}, url


def test_everybody_else_finds_what_they_may_open(chika, support):
    browser = signed_in(chika)
    urls = shown(browser)
    assert "/desk/settings/promises/" in urls
    assert "/desk/settings/mailboxes/" not in urls
    for url in urls:
        assert browser.get(url).status_code in {200, 302}, url


@pytest.mark.parametrize("text", ["second factor", "SECOND  factor", "signing"])
def test_words_are_found_in_names_and_effects(admin, support, text):
    assert "/desk/settings/sign-in/" in shown(signed_in(admin), text)
    assert "/desk/settings/topics/" not in shown(signed_in(admin), text)


def test_words_are_found_in_japanese_and_nothing_is_said_to_be_nothing(admin, support):
    admin.language = "ja"
    admin.save()
    browser = signed_in(admin)
    assert "/desk/settings/mailboxes/" in shown(browser, "めーるぼっくす")
    assert shown(browser, "宇宙") == []
    assert "該当する設定はありません" in browser.get("/desk/settings/", {"q": "宇宙"}).text


def test_addresses_are_those_of_pages():
    for _label, entries in SECTIONS:
        for entry in entries:
            assert url_of(entry).startswith("/")
            assert entry.icon
