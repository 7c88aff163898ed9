"""The form in a frame of another site: who may show it, and that it needs no cookies."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from branding.services import save_brand, save_frame_origins
from tests.html import Page
from tickets.models import Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support")]

SITE = "https://www.example.com"
FORM = "/contact/embed/?lang=en"
TYPED = {"name": "Grace", "email": "grace@example.com", "subject": "Fault", "body": "It smokes."}


@pytest.fixture
def stranger() -> Client:
    """A browser that keeps no cookie, and whose posts Django would refuse."""
    return Client(enforce_csrf_checks=True)


def ancestors(response) -> str:
    policy = response.headers["Content-Security-Policy"]
    return next(part for part in policy.split("; ") if part.startswith("frame-ancestors"))


def test_nobody_may_show_the_form_until_a_site_is_named(english: Client):
    assert ancestors(english.get(FORM)) == "frame-ancestors 'none'"

    save_frame_origins([SITE, "https://shop.example"])

    response = english.get(FORM)
    assert ancestors(response) == f"frame-ancestors {SITE} https://shop.example"
    assert "X-Frame-Options" not in response.headers
    assert SITE in response.text


def test_every_other_page_stays_out_of_frames(english: Client):
    save_frame_origins([SITE])

    for address in ("/", "/contact/", "/contact/questions/", "/accounts/login/"):
        response = english.get(address)
        assert ancestors(response) == "frame-ancestors 'none'"
        assert response.headers["X-Frame-Options"] == "DENY"


def test_an_inquiry_is_sent_from_a_frame_without_any_cookie(stranger: Client):
    save_frame_origins([SITE])
    form = Page(stranger.get(FORM).text).form(FORM)
    stranger.cookies.clear()

    sent = stranger.post(FORM, {**form.fields, **TYPED}, headers={"Origin": "null"})
    stranger.cookies.clear()
    arrived = stranger.get(sent.headers["Location"])

    assert str(Ticket.objects.get().number) in arrived.text
    assert ancestors(arrived) == f"frame-ancestors {SITE}"
    [link] = [a for a in Page(arrived.text).all("a") if "/r/" in a["href"]]
    assert (link["target"], link["rel"]) == ("_blank", "noopener")


def test_in_japanese_the_confirmation_is_in_the_frame_too(stranger: Client):
    form = Page(stranger.get("/contact/embed/?lang=ja").text).form("?lang=ja")

    page = stranger.post("/contact/embed/?lang=ja", {**form.fields, **TYPED})
    assert not Ticket.objects.exists()
    sending = Page(page.text).form("/contact/embed/?lang=ja").sent_with("step", "send")
    stranger.post("/contact/embed/?lang=ja", sending)

    assert Ticket.objects.get().language == "ja"


def test_a_post_without_a_form_of_ours_is_asked_to_send_again(stranger: Client):
    for submission in ("", "forged"):
        page = stranger.post(FORM, {**TYPED, "submission": submission})
        assert page.status_code == 422
        assert "send it once more" in page.text
    assert not Ticket.objects.exists()

    stranger.post(FORM, {**Page(page.text).form(FORM).fields})

    assert Ticket.objects.get().subject == "Fault"


def test_a_form_that_was_open_for_more_than_a_day_is_sent_again(stranger: Client):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        form = Page(stranger.get(FORM).text).form(FORM)
        clock.shift(timedelta(hours=25))
        page = stranger.post(FORM, {**form.fields, **TYPED})

    assert page.status_code == 422
    assert Page(page.text).form(FORM).fields["body"] == "It smokes."
    assert not Ticket.objects.exists()


def test_a_double_click_in_a_frame_is_one_ticket(stranger: Client):
    form = Page(stranger.get(FORM).text).form(FORM)

    for _ in range(2):
        stranger.post(FORM, {**form.fields, **TYPED})

    assert Ticket.objects.count() == 1


def test_the_limits_of_the_form_hold_in_a_frame(stranger: Client, settings):
    settings.FORM_POSTS_PER_TEN_MINUTES = 4
    form = Page(stranger.get(FORM).text).form(FORM)

    statuses = [stranger.post(FORM, {**form.fields, **TYPED}).status_code for _ in range(4)]
    trap = stranger.post(FORM, {**form.fields, **TYPED, "website": "x"})

    assert statuses[0] == 302
    assert statuses[-1] == 429
    assert trap.status_code == 429
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize("language", ["fr", "<script>", "", "ja'"])
def test_a_language_that_nobody_offers_is_the_visitors(english: Client, language: str):
    page = english.get("/contact/embed/", {"lang": language})

    assert 'lang="en"' in page.text
    assert "?lang=en" in page.text


def test_the_script_is_small_and_loads_from_everywhere(english: Client):
    script = english.get("/contact/embed.js")

    assert len(script.content) < 1500
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert "max-age=3600" in script.headers["Cache-Control"]
    assert not script.cookies


def test_only_languages_that_are_offered_are_spoken(english: Client):
    save_brand(values={"languages": ["ja"], "default_language": "ja"})

    page = english.get("/contact/")

    assert '<html lang="ja"' in page.text
    assert 'value="en"' not in page.text
    assert '<html lang="ja"' in english.get(FORM).text


def test_who_asks_for_no_language_of_ours_gets_the_default():
    save_brand(values={"default_language": "en"})

    french = Client(headers={"Accept-Language": "fr-FR,fr;q=0.9"})

    assert '<html lang="en"' in french.get("/contact/").text
    assert '<html lang="ja"' in Client(headers={"Accept-Language": "fr,ja;q=0.5"}).get("/").text
