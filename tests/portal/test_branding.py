"""The company's name, colours, picture and notices on customers' pages and in letters."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from branding.models import Notice
from branding.services import save_brand, save_notice
from mail.models import OutboundEmail
from tests.factories import a_png, an_inquiry
from tests.html import Page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support")]


def test_pages_and_letters_name_the_company(english: Client, japanese: Client):
    save_brand(values={"name_en": "Yamada & Sons", "name_ja": "山田商店"})

    for address in ("/", "/contact/", "/accounts/login/", "/nothing/"):
        assert "Yamada &amp; Sons" in english.get(address).text
    assert "山田商店" in japanese.get("/contact/").text
    an_inquiry()
    assert "山田商店" in OutboundEmail.objects.get().text


def test_the_colours_come_in_a_stylesheet_that_browsers_keep(english: Client):
    assert "brand.css" not in english.get("/contact/").text
    save_brand(values={"accent_light": "#1a4f8b"})

    page = Page(english.get("/contact/").text)
    [address] = [link["href"] for link in page.all("link") if "brand.css" in link["href"]]
    sheet = english.get(address)

    assert "--accent: light-dark(#1a4f8b, #" in sheet.text
    assert sheet.headers["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in sheet.headers["Cache-Control"]
    assert "immutable" not in english.get("/brand.css?v=old").headers["Cache-Control"]
    assert "brand.css" in english.get("/accounts/login/").text


def test_the_logo_is_shown_and_can_do_nothing(english: Client):
    assert english.get("/brand/logo").status_code == 404
    save_brand(values={"name_en": "Yamada", "logo_has_name": True}, logo=a_png(40, 20))

    [image] = Page(english.get("/contact/").text).all("img")
    logo = english.get(image["src"])

    assert (image["width"], image["height"], image["alt"]) == ("40", "20", "Yamada")
    assert (logo.content, logo.headers["Content-Type"]) == (a_png(40, 20), "image/png")
    assert logo.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in logo.headers["Content-Security-Policy"]
    save_brand(values={}, no_logo=True)
    assert "<img" not in english.get("/contact/").text


def test_a_notice_stands_where_it_belongs_and_is_only_words(english: Client, japanese: Client):
    now = timezone.now()
    notice = Notice(starts_at=now - timedelta(hours=1), link="https://status.example/?a=1&b=2")
    words = {"text_en": "Phones <b>down</b>", "text_ja": "電話の不具合"}
    save_notice(notice, values={**words, "places": ["form", "sign_in"]})

    form = english.get("/contact/").text
    assert "Phones &lt;b&gt;down&lt;/b&gt;" in form
    assert 'href="https://status.example/?a=1&amp;b=2"' in form
    assert "電話の不具合" in japanese.get("/contact/").text
    assert "Phones" in english.get("/accounts/login/").text
    assert "Phones" not in english.get("/").text
