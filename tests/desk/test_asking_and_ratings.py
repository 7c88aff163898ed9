"""What an agent asks of the customer, and what comes of a bad rating."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from accounts.models import Agent
from tests.conftest import signed_in
from tests.factories import a_ticket
from tests.html import Page
from tickets.models import CustomerTask, Rating, RatingSettings, Ticket
from tickets.services.rating import record_rating
from tickets.services.replying import Reply, reply_to_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]


@pytest.fixture
def as_ben(ben: Agent) -> Client:
    return signed_in(ben)


@pytest.fixture
def as_admin(admin: Agent) -> Client:
    return signed_in(admin)


def reply(browser: Client, ticket: Ticket, **fields: str) -> Page:
    page = Page(browser.get(f"/desk/tickets/{ticket.number}/").text)
    form = page.form(f"/desk/tickets/{ticket.number}/replies/")
    return Page(browser.post(form.action, {**form.fields, "body": "?", **fields}, follow=True).text)


@pytest.fixture
def rated(aiko: Agent) -> Ticket:
    ticket = a_ticket()
    reply_to_customer(ticket, Reply(body="Fixed.", solves=True), agent=aiko)
    record_rating(Rating.objects.get(), value=0, comment="<b>Slow</b>")
    return ticket


def test_the_reply_that_waits_names_the_thing_and_the_side_shows_it(as_aiko: Client):
    ticket = a_ticket()

    page = reply(as_aiko, ticket, outcome="ask", thing="Your serial number", needed_on="2026-10-09")

    task = CustomerTask.objects.get()
    assert (task.thing, task.needed_on) == ("Your serial number", date(2026, 10, 9))
    assert "Asked of the customer Your serial number by Fri 9 Oct 2026" in page.text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {"outcome": "solve", "thing": "Your number"},
            "Send it with the button that waits for the answer",
        ),
        (
            {"outcome": "ask", "needed_on": "2026-10-09"},
            "Say what the customer is to do by that day.",
        ),
        (
            {"outcome": "ask", "thing": "x", "needed_on": "2026-10-04"},
            "This day is in the past. Choose a later one.",
        ),
        ({"outcome": "ask", "thing": "x", "needed_on": "soon"}, "Enter a day such as 2026-11-24."),
        ({"outcome": "ask", "thing": "x" * 201}, "200"),
    ],
)
def test_what_would_not_be_asked_is_not_sent(as_aiko: Client, fields: dict[str, str], said: str):
    ticket = a_ticket()

    page = reply(as_aiko, ticket, **fields)

    assert said in page.text
    assert ticket.messages.count() == 1
    assert not CustomerTask.objects.exists()


def test_the_lead_sees_a_bad_rating_and_says_that_it_is_made_up_for(
    rated: Ticket, as_ben: Client, as_aiko: Client
):
    listed = Page(as_ben.get("/desk/ratings/").text).text
    assert f"#{rated.number}" in listed
    assert "not good · <b>Slow</b>" in listed
    page = Page(as_ben.get(f"/desk/tickets/{rated.number}/").text)
    form = page.form("/recovery/")
    assert not any("/recovery/" in f.action for f in agents_page(as_aiko, rated).forms)

    answer = as_ben.post(
        form.action, {**form.fields, "words": "Called and said sorry."}, follow=True
    )

    assert "Made up for by Ben" in Page(answer.text).text
    assert "Nothing waits." in as_ben.get("/desk/ratings/").text


def agents_page(browser: Client, ticket: Ticket) -> Page:
    page = Page(browser.get(f"/desk/tickets/{ticket.number}/").text)
    assert "not good" in page.text
    return page


@pytest.mark.parametrize("words", ["", " ", "x" * 501])
def test_making_up_for_it_needs_a_word(rated: Ticket, as_ben: Client, words: str):
    as_ben.post(f"/desk/tickets/{rated.number}/recovery/", {"words": words})

    assert Rating.objects.get().recovered_at is None


def test_an_agent_has_no_list_of_ratings(rated: Ticket, as_aiko: Client):
    assert as_aiko.get("/desk/ratings/").status_code == 404
    path = f"/desk/tickets/{rated.number}/recovery/"
    assert as_aiko.post(path, {"words": "Done."}).status_code == 404


def test_the_settings_switch_the_question_off(as_admin: Client, aiko: Agent):
    page = Page(as_admin.get("/desk/settings/ratings/").text)
    form = page.form("/settings/ratings/update/")
    assert form.fields["days_between"] == "30"

    as_admin.post(form.action, {"days_between": "90"})

    rules = RatingSettings.objects.get()
    assert (rules.is_on, rules.days_between) == (False, 90)
    reply_to_customer(a_ticket(), Reply(body="Fixed.", solves=True), agent=aiko)
    assert not Rating.objects.exists()


@pytest.mark.parametrize("days", ["", "0", "366", "x"])
def test_days_that_make_no_sense_are_refused(as_admin: Client, days: str):
    answer = as_admin.post("/desk/settings/ratings/update/", {"is_on": "on", "days_between": days})

    assert answer.status_code == 422
    assert not RatingSettings.objects.exists()


def test_who_opens_a_ticket_for_a_customer_asks_with_it(as_aiko: Client):
    customer = a_ticket().customer
    page = Page(as_aiko.get(f"/desk/tickets/new/?customer={customer.pk}").text)
    form = page.form("/desk/tickets/create/")
    typed = {"subject": "Paper", "body": "She calls.", "outcome": "ask", "thing": "Your number"}

    as_aiko.post(form.action, {**form.fields, **typed})

    task = CustomerTask.objects.get()
    assert (task.thing, task.ticket.subject, task.ticket.status) == (
        "Your number",
        "Paper",
        "pending_customer",
    )
