"""The page behind the link of a rating."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import Agent
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_ticket
from tests.html import Page
from tickets.models import Rating
from tickets.ratings import token_of
from tickets.services.replying import Reply, reply_to_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]


@pytest.fixture
def rating(aiko: Agent) -> Rating:
    ticket = a_ticket(language="en", subject="No paper", body="Tray 2 is empty.")
    reply_to_customer(ticket, Reply(body="Fixed.", solves=True), agent=aiko)
    return Rating.objects.get()


def chosen(page: Page) -> list[str]:
    return [each["value"] for each in page.all("input") if "checked" in each]


@pytest.mark.parametrize("value", ["0", "1"])
def test_the_link_only_chooses_and_the_button_records(english: Client, rating: Rating, value: str):
    path = f"/rating/{token_of(rating)}/"

    page = Page(english.get(f"{path}?value={value}").text)
    rating.refresh_from_db()
    assert (chosen(page), rating.value) == ([value], None)
    answer = english.post(path, {"value": value, "comment": "So be it."}, follow=True)

    rating.refresh_from_db()
    assert (str(rating.value), rating.comment) == (value, "So be it.")
    assert "Thank you. Your answer has arrived." in answer.text
    assert chosen(Page(answer.text)) == [value]


def test_it_shows_nothing_of_the_inquiry(english: Client, rating: Rating):
    answer = english.get(f"/rating/{token_of(rating)}/")

    for secret in ("No paper", "Tray 2", "山田", "hana@", str(rating.ticket.number)):
        assert secret not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "<script" not in answer.text


@pytest.mark.parametrize("value", ["", "2", "-1", "x", "１x", "9" * 30])
def test_what_was_not_asked_is_refused_with_the_text_kept(
    english: Client, rating: Rating, value: str
):
    answer = english.post(f"/rating/{token_of(rating)}/", {"value": value, "comment": "<b>Hm</b>"})

    assert answer.status_code == 422
    assert "&lt;b&gt;Hm&lt;/b&gt;" in answer.text
    rating.refresh_from_db()
    assert rating.answered_at is None


@pytest.mark.parametrize("value", ["", "7", "<script>", "１"])
def test_a_made_up_choice_of_the_link_chooses_nothing(english: Client, rating: Rating, value: str):
    page = english.get(f"/rating/{token_of(rating)}/", {"value": value})

    assert (page.status_code, chosen(Page(page.text))) == (200, [])


def test_after_two_weeks_it_is_told_and_not_changed(english: Client, rating: Rating, monday_at_ten):
    path = f"/rating/{token_of(rating)}/"
    english.post(path, {"value": "1"})
    monday_at_ten.move_to(MONDAY_AT_TEN + timedelta(days=14), tick=False)

    page = english.get(path)
    answer = english.post(path, {"value": "0"}, follow=True)

    assert "cannot be changed any more" in page.text
    assert not Page(page.text).all("textarea")
    assert "This rating cannot be changed any more." in answer.text
    rating.refresh_from_db()
    assert rating.value == 1


def test_effort_is_asked_on_five_steps(english: Client, rating: Rating):
    Rating.objects.update(kind="effort")

    page = Page(english.get(f"/rating/{token_of(rating)}/").text)

    radios = [each["value"] for each in page.all("input") if each.get("name") == "value"]
    assert radios == ["5", "4", "3", "2", "1"]
    assert "How easy was it to get this solved?" in page.text
