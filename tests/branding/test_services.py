from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from branding.exceptions import BrandError
from branding.models import Brand, Notice
from branding.selectors import brand, brand_name, shown, stylesheet
from branding.services import (
    delete_notice,
    read_origin,
    save_brand,
    save_frame_origins,
    save_notice,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def test_nothing_said_is_the_desk_as_delivered(settings):
    settings.BRAND_NAME = "Acme"

    assert (brand_name(), stylesheet(brand()), brand().offered_languages) == (
        *("Acme", "", ["ja", "en"]),
    )


def test_a_name_is_of_the_readers_language_or_of_the_other_one():
    save_brand(values={"name_ja": "山田商店", "name_en": ""})
    assert brand_name() == "山田商店"

    save_brand(values={"name_en": "Yamada\r\nBcc: x@y.example"})
    assert (brand_name("ja"), brand_name()) == ("山田商店", "Yamada Bcc: x@y.example")


def test_a_colour_that_cannot_be_read_is_refused_with_the_nearest_that_can():
    with pytest.raises(BrandError, match=r"#ffcc00.* 1\.\d to 1.* #[0-9a-f]{6}\.$") as refusal:
        save_brand(values={"accent_light": "#FFCC00"})
    nearest = str(refusal.value)[-8:-1]

    save_brand(values={"accent_light": nearest})

    assert f"--accent: light-dark({nearest}, #" in stylesheet(brand())


@pytest.mark.parametrize(
    "colour",
    ["red", "#12345", "#1a4f8b;}*{display:none", "url(//e.example)", "#1a4f8b\n}", "＃1a4f8b"],
)
def test_what_is_no_colour_never_comes_into_the_stylesheet(colour: str):
    with pytest.raises(BrandError, match="Write a colour like"):
        save_brand(values={"accent_light": colour})

    assert stylesheet(brand()) == ""


def test_at_least_one_language_is_left_and_the_default_is_one_of_them():
    with pytest.raises(BrandError, match="at least one language"):
        save_brand(values={"languages": []})
    with pytest.raises(BrandError, match="one of the languages"):
        save_brand(values={"languages": ["en"], "default_language": "ja"})

    save_brand(values={"languages": ["en"], "default_language": ""})

    assert (brand().offered_languages, brand().language) == (["en"], "en")


def test_there_is_one_brand():
    save_brand(values={})
    with pytest.raises(IntegrityError), transaction.atomic():
        Brand.objects.create(pk=2)


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("https://www.example.com", "https://www.example.com"),
        (" HTTPS://Example.com:443/ ", "https://example.com"),
        ("https://例え.jp:8443", "https://xn--r8jz45g.jp:8443"),
        ("http://localhost:8001", "http://localhost:8001"),
    ],
)
def test_a_site_is_read_as_browsers_name_it(typed: str, origin: str):
    assert read_origin(typed) == origin


@pytest.mark.parametrize(
    "typed",
    [
        *("", "*", "https://*", "https://*.example.com", "http://example.com", "example.com"),
        *("javascript:alert(1)", "data:text/html,x", "https://a.example/path", "https://"),
        *("https://a.example; script-src *", "https://a.example 'self'", "https://u:p@a.example"),
        *(
            "https://a.example\r\nX: y",
            "https://a.example?x",
            "https://[::1",
            "https://a,b.example",
        ),
        "https://" + "a" * 300,
    ],
)
def test_what_is_no_site_comes_into_no_header(typed: str):
    with pytest.raises(BrandError, match="is no site"):
        save_frame_origins(["https://ok.example", typed])

    assert brand().frame_origins == []


def test_a_notice_is_shown_in_its_time_and_place():
    now = timezone.now()
    values = {"text_en": "Phones are down", "text_ja": "", "places": ["form"]}
    notice = Notice(starts_at=now, ends_at=now + timedelta(hours=1))
    save_notice(notice, values=values)

    def read(place: str, minutes: int) -> list[str]:
        at = now + timedelta(minutes=minutes)
        return [each.text for each in shown().notices(Notice.Place(place), now=at)]

    assert read("form", 0) == read("form", 59) == ["Phones are down"]
    assert read("form", -1) == read("form", 60) == read("help", 5) == []
    delete_notice(notice)
    assert read("form", 5) == []


def test_a_notice_says_something_and_ends_after_it_begins():
    now = timezone.now()
    with pytest.raises(BrandError, match="at least one language"):
        save_notice(Notice(starts_at=now), values={"places": ["form"]})
    with pytest.raises(BrandError, match="end after"):
        save_notice(Notice(starts_at=now, ends_at=now), values={"text_en": "x"})
