"""Pages for what goes wrong, in the reader's language."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client

from tests.conftest import signed_in
from tests.factories import a_ticket
from tests.html import Page
from tests.portal.test_new_inquiry import TYPED
from tickets.models import Ticket

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


def test_a_database_that_takes_nothing_is_an_outage_and_keeps_no_half_of_a_ticket():
    """As after a change of the primary, or when the server protects what is left of its disk."""
    client = Client(raise_request_exception=False, headers={"Accept-Language": "en"})
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        answer = client.post("/contact/", TYPED)
        transaction.set_rollback(True)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert not Ticket.objects.exists()
    assert client.post("/contact/", TYPED).status_code == 302
