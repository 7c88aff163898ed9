"""The settings of what customers see: name, colours, notices, other sites."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from branding.models import Brand, Notice
from branding.selectors import brand
from tests.conftest import signed_in
from tests.factories import a_png, an_inquiry
from tests.html import Page
from tickets.models import Status

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support")]

BRANDING = "/desk/settings/branding/"
SAVED = {"languages": ["ja", "en"], "default_language": "ja"}


@pytest.fixture
def browser(admin) -> Client:
    return signed_in(admin)


def test_name_colour_and_logo_are_kept_and_the_logo_can_be_taken_away(browser: Client):
    logo = SimpleUploadedFile("logo.svg", a_png(), content_type="text/html")
    typed = {**SAVED, "name_en": "Yamada", "accent_light": "#1A4F8B", "logo": logo}

    browser.post(f"{BRANDING}update/", typed)

    kept = Brand.objects.get()
    assert (kept.name_en, kept.accent_light, kept.logo_type) == ("Yamada", "#1a4f8b", "image/png")
    browser.post(f"{BRANDING}update/", {**SAVED, "name_en": "Yamada"})
    assert Brand.objects.get().logo_digest == kept.logo_digest
    browser.post(f"{BRANDING}update/", {**SAVED, "no_logo": "on"})
    assert (Brand.objects.get().logo, Brand.objects.get().name_en) == (None, "")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"accent_light": "#ffcc00"}, "The nearest colour that has it is #"),
        ({"accent_light": "};*{}"}, "Write a colour like"),
        ({"accent_dark": "#000000"}, "cannot be read well"),
        ({"languages": ["fr"]}, "fr"),
        ({"languages": []}, "Offer at least one language."),
        ({"name_en": "x" * 61}, "60"),
        ({"logo": SimpleUploadedFile("x.png", b"")}, "PNG, JPEG or WebP"),
        ({"logo": SimpleUploadedFile("x.png", b"<svg/>")}, "PNG, JPEG or WebP"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_words_and_nothing_is_kept(
    browser: Client, typed: dict[str, object], words: str
):
    page = browser.post(f"{BRANDING}update/", {**SAVED, "name_ja": "山田", **typed})

    assert page.status_code == 422
    assert words in Page(page.text).text
    assert not Brand.objects.filter(name_ja="山田").exists()


def test_colours_can_be_looked_at_before_they_are_kept(browser: Client):
    page = browser.post(
        f"{BRANDING}update/", {**SAVED, "accent_light": "#8b1a4f", "step": "preview"}
    )
    [address] = [link["href"] for link in Page(page.text).all("link") if "preview" in link["href"]]

    assert ".brand-sample { --accent: light-dark(#8b1a4f, #" in browser.get(address).text
    assert browser.get(f"{BRANDING}preview.css?accent_light=%7D*%7B").text == ""
    assert brand().accent_light == ""


def test_a_notice_is_written_changed_and_deleted(browser: Client):
    typed = {"text_en": " Phones\r\nare down ", "starts_at": "2026-10-05T10:00", "places": "form"}
    browser.post("/desk/settings/notices/create/", typed)
    notice = Notice.objects.get()
    assert (notice.text_en, notice.places) == ("Phones are down", ["form"])
    assert "Phones are down" in browser.get("/desk/settings/notices/").text

    address = f"/desk/settings/notices/{notice.pk}/"
    assert "2026-10-05T10:00" in browser.get(address).text
    wrong = browser.post(f"{address}update/", {**typed, "ends_at": "2026-10-05T09:00"})
    assert wrong.status_code == 422
    browser.post(f"{address}update/", {**typed, "ends_at": "2026-10-05T12:00"})
    assert Notice.objects.get().ends_at is not None
    browser.post(f"{address}deletion/")
    assert not Notice.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"text_en": ""},
        {"text_en": "x" * 301},
        {"places": "everywhere"},
        {"places": []},
        {"starts_at": "soon"},
        {"link": "javascript:alert(1)"},
    ],
)
def test_a_notice_that_makes_no_sense_is_refused(browser: Client, wrong: dict[str, object]):
    typed = {"text_en": "x", "starts_at": "2026-10-05T10:00", "places": "form", **wrong}

    assert browser.post("/desk/settings/notices/create/", typed).status_code == 422
    assert not Notice.objects.exists()


def test_sites_are_named_a_line_each_and_the_snippets_stand_below(browser: Client):
    address = "/desk/settings/embedding/"
    browser.post(f"{address}update/", {"origins": "https://a.example\r\n\r\nhttps://b.example/"})

    assert brand().frame_origins == ["https://a.example", "https://b.example"]
    page = browser.get(address).text
    assert "data-yakusoku-form" in page
    assert "/contact/embed/?lang=en" in page
    wrong = browser.post(f"{address}update/", {"origins": "https://a.example\n*"})
    assert wrong.status_code == 422
    assert "“*” is no site" in wrong.text
    browser.post(f"{address}update/", {"origins": ""})
    assert brand().frame_origins == []


def test_the_same_question_is_told_to_the_agent_and_merged_in_one_click(as_aiko: Client):
    earlier = an_inquiry().ticket
    later = an_inquiry(subject="Re: プリンターが動きません").ticket

    assert "same-question" not in as_aiko.get(f"/desk/tickets/{earlier.number}/").text
    page = Page(as_aiko.get(f"/desk/tickets/{later.number}/").text)
    form = page.form(f"/desk/tickets/{later.number}/merge/create/")
    as_aiko.post(form.action, form.sent_with("number", str(earlier.number)))

    later.refresh_from_db()
    assert (later.status, later.merged_into) == (Status.MERGED, earlier)
