"""The customer's own page of one inquiry."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Agent
from customers.models import Customer
from sla.models import Status
from sla.services import record_event
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_customer, an_inquiry
from tests.html import Page
from tickets.services.handling import solve
from tickets.services.holding import hold_due_promises
from tickets.services.opening import Opened
from tickets.services.replying import Reply, add_note, reply_to_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]

AT_THREE = MONDAY_AT_TEN.replace(hour=15)


@pytest.fixture
def inquiry() -> Opened:
    an_inquiry(email="jiro@example.com", subject="Jiro's own matter")
    return an_inquiry(language="en", subject="No paper", body="It says: no paper.")


def page_of(browser: Client, inquiry: Opened) -> Page:
    return Page(browser.get(f"/r/{inquiry.token}/").text)


def test_it_shows_what_was_said_and_nothing_of_anybody_elses(
    english: Client, inquiry: Opened, aiko: Agent
):
    add_note(inquiry.ticket, body="inner thoughts", agent=aiko)
    reply_to_customer(
        inquiry.ticket, Reply(body="Please open tray 2.", promise_at=AT_THREE), agent=aiko
    )

    text = page_of(english, inquiry).text

    assert "It says: no paper." in text
    assert "Please open tray 2." in text
    assert "Aiko" in text
    assert "inner thoughts" not in text
    assert "Jiro" not in text


def test_it_says_whose_turn_it_is(english: Client, inquiry: Opened, aiko: Agent):
    assert "It is our turn." in page_of(english, inquiry).text

    record_event(
        inquiry.ticket.clock,
        event="status",
        now=MONDAY_AT_TEN,
        data={"to": Status.PENDING_CUSTOMER},
    )
    type(inquiry.ticket).objects.filter(pk=inquiry.ticket.pk).update(status=Status.PENDING_CUSTOMER)
    assert "It is your turn" in page_of(english, inquiry).text

    inquiry.ticket.refresh_from_db()
    solve(inquiry.ticket, agent=aiko)
    assert "This inquiry is solved." in page_of(english, inquiry).text


def test_it_names_the_promised_time_in_the_customers_zone(english: Client):
    customer = a_customer("paris@example.com", language="en", time_zone="Europe/Paris")
    inquiry = an_inquiry(email="paris@example.com", customer=customer, language="en")

    text = page_of(english, inquiry).text

    assert "Mon 5 Oct 2026, 07:00 (CEST)" in text


def test_it_tells_how_earlier_promises_ended(
    english: Client, inquiry: Opened, aiko: Agent, monday_at_ten: time_machine.Traveller
):
    reply_to_customer(inquiry.ticket, Reply(body="One.", promise_at=AT_THREE), agent=aiko)
    monday_at_ten.move_to(AT_THREE + timedelta(hours=1), tick=False)
    tomorrow = AT_THREE + timedelta(days=1)
    reply_to_customer(inquiry.ticket, Reply(body="Two.", promise_at=tomorrow), agent=aiko)

    page = page_of(english, inquiry)

    assert "promised for Mon 5 Oct 2026, 14:00 · contacted Mon 5 Oct 2026, 10:00" in page.text
    assert "promised for Mon 5 Oct 2026, 15:00 · contacted Mon 5 Oct 2026, 16:00" in page.text
    labels = [each["aria-label"] for each in page.all("svg") if "aria-label" in each]
    assert labels == ["Kept", "Broken"]


@pytest.mark.usefixtures("holding_notes")
def test_a_time_that_was_put_off_is_told_as_such_and_the_new_one_counts(
    english: Client, monday_at_ten: time_machine.Traveller
):
    inquiry = an_inquiry(language="en")
    monday_at_ten.move_to(AT_THREE - timedelta(minutes=84), tick=False)
    hold_due_promises()

    page = page_of(english, inquiry)

    assert "We will contact you by Tue 6 Oct 2026, 13:36 (JST)" in page.text
    assert (
        "promised for Mon 5 Oct 2026, 14:00 · we wrote to you before this time,"
        " on Mon 5 Oct 2026, 13:36, and named a new one" in page.text
    )
    labels = [each["aria-label"] for each in page.all("svg") if "aria-label" in each]
    assert labels == ["Put off"]


def test_it_speaks_the_language_of_the_inquiry_unless_the_visitor_chose_one(
    english: Client, japanese: Client, inquiry: Opened
):
    assert "It is our turn." in page_of(japanese, inquiry).text

    japanese.post("/language/", {"language": "ja", "next": f"/r/{inquiry.token}/"})
    page = japanese.get(f"/r/{inquiry.token}/")

    assert 'lang="ja"' in page.text
    assert "It is our turn." not in page.text


@pytest.mark.parametrize("cookie", ["de", "xx", "../../etc", "ja\x00", "x" * 4000])
def test_a_made_up_language_is_ignored(english: Client, inquiry: Opened, cookie: str):
    english.cookies["language"] = cookie

    assert '<html lang="en"' in english.get(f"/r/{inquiry.token}/").text


# Replies ----------------------------------------------------------------------------------------


def test_a_reply_is_taken_in_once(english: Client, inquiry: Opened):
    form = page_of(english, inquiry).form("/replies/")
    sending = {**form.fields, "body": "Tray 2 is empty too."}

    for _ in range(3):
        answer = english.post(form.action, sending, follow=True)

    assert "Thank you. Your message has arrived." in answer.text
    assert inquiry.ticket.messages.count() == 2


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"body": "  "}, "Write your message first."),
        ({"body": "x" * 20_001}, "20000"),
        ({"body": "a\x00b"}, "Null characters"),
    ],
)
def test_a_refused_reply_says_why_in_the_language_of_the_page(
    japanese: Client, inquiry: Opened, fields: dict[str, str], said: str
):
    """The inquiry is in English, so the page is, whatever the browser asks for."""
    answer = japanese.post(f"/r/{inquiry.token}/replies/", fields)

    assert answer.status_code == 422
    page = Page(answer.text)
    assert said in page.text
    assert inquiry.ticket.messages.count() == 1


def test_a_refused_file_keeps_the_text_and_says_why_in_the_language_of_the_page(
    japanese: Client, inquiry: Opened
):
    program = SimpleUploadedFile("fix.exe", b"MZ")
    fields = {"body": "Here is the file.", "attachments": program}

    answer = japanese.post(f"/r/{inquiry.token}/replies/", fields)

    assert answer.status_code == 422
    page = Page(answer.text)
    assert "is a program, and we cannot accept programs" in page.text
    assert page.form("/replies/").fields["body"] == "Here is the file."
    assert inquiry.ticket.messages.count() == 1


@pytest.mark.parametrize("verb", ["replies", "solution", "reopening"])
def test_what_the_page_says_after_a_deed_is_in_the_language_of_the_page(
    japanese: Client, inquiry: Opened, verb: str
):
    answer = japanese.post(f"/r/{inquiry.token}/{verb}/", {"body": "Hello?"}, follow=True)

    notice = answer.text.split('id="messages"')[1].split("</div>\n</div>")[0]
    assert notice.isascii()


def test_solving_twice_says_so_kindly(english: Client, inquiry: Opened):
    english.post(f"/r/{inquiry.token}/solution/")

    answer = english.post(f"/r/{inquiry.token}/solution/", follow=True)

    assert answer.status_code == 200
    assert "This ticket is resolved already." in answer.text


def test_a_reply_to_a_solved_inquiry_opens_it_again(english: Client, inquiry: Opened):
    solve(inquiry.ticket, agent=None)

    answer = english.post(
        f"/r/{inquiry.token}/replies/", {"body": "Not solved at all."}, follow=True
    )

    inquiry.ticket.refresh_from_db()
    assert inquiry.ticket.status == "open"
    assert "We will contact you by" in answer.text


def test_the_page_survives_a_customer_without_a_name(english: Client, inquiry: Opened):
    Customer.objects.update(name="")

    assert "You" in page_of(english, inquiry).text


def test_a_visitor_may_not_write_without_end(english: Client, inquiry: Opened, settings):
    settings.FORM_POSTS_PER_TEN_MINUTES = 3
    for number in range(3):
        english.post(f"/r/{inquiry.token}/replies/", {"body": f"{number}"})

    answer = english.post(f"/r/{inquiry.token}/replies/", {"body": "one more"})

    assert answer.status_code == 429
    page = Page(answer.text)
    assert "your text is kept" in page.text
    assert page.form("/replies/").fields["body"] == "one more"
    assert inquiry.ticket.messages.count() == 4
