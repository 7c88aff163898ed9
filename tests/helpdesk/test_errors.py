"""Pages for what goes wrong, in the reader's language."""

from __future__ import annotations

import pytest
from django.db import OperationalError
from django.test import Client

from tests.conftest import signed_in
from tests.factories import a_ticket
from tests.html import Page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support")]


def test_a_wrong_method_gets_a_page_of_ours_and_the_methods_there_are(
    english: Client, japanese: Client
):
    answers = [browser.put("/contact/") for browser in (english, japanese)]

    for answer in answers:
        assert answer.status_code == 405
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
        assert [link["href"] for link in Page(answer.text).all("a")] == ["/", "/"]
    assert "This address does not work like that" in answers[0].text
    assert 'lang="ja"' in answers[1].text
    assert "This address does not work like that" not in answers[1].text


def test_what_was_typed_can_be_copied_from_it(english: Client):
    answer = english.post("/", {"body": "It took me an hour to write this."})

    assert answer.status_code == 405
    assert "It took me an hour to write this." in answer.text


def test_an_agent_reads_it_in_their_language(aiko):
    ticket = a_ticket()

    answer = signed_in(aiko).get(f"/desk/tickets/{ticket.number}/replies/")

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert "This address does not work like that" in answer.text


def test_when_the_database_goes_before_the_page_is_made_one_is_asked_to_come_again(
    monkeypatch: pytest.MonkeyPatch,
):
    def gone() -> None:
        raise OperationalError("the database system is shutting down")

    monkeypatch.setattr("helpdesk.middleware.shown", gone)

    answer = Client(raise_request_exception=False).get("/contact/")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
