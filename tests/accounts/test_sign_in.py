from __future__ import annotations

import pytest
from django.test import Client

from tests.conftest import PASSWORD
from tests.html import Page


def stops(client: Client) -> list[str]:
    """What Tab reaches on the page, in order: names of fields, addresses of links."""
    page = Page(client.get("/accounts/login/").text)
    return [
        attributes.get("name") or attributes.get("href") or tag
        for tag, attributes in page.elements
        if tag in {"a", "button", "input"} and attributes.get("type") != "hidden"
    ]


@pytest.mark.django_db
def test_tab_leads_from_the_address_to_the_password_and_on_to_the_button(english: Client):
    found = stops(english)

    address = found.index("login")
    assert found[address : address + 4] == [
        "login",
        "password",
        "button",
        "/accounts/password/reset/",
    ]


@pytest.mark.django_db
def test_the_way_to_a_new_password_is_said_in_the_readers_language(
    english: Client, japanese: Client
):
    assert "Forgot your password?" in Page(english.get("/accounts/login/").text).text
    assert "パスワードをお忘れですか？" in Page(japanese.get("/accounts/login/").text).text


def test_the_form_still_signs_in(english: Client, aiko):
    aiko.set_password(PASSWORD)
    aiko.save()

    answer = english.post("/accounts/login/", {"login": aiko.email, "password": PASSWORD})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/desk/")
