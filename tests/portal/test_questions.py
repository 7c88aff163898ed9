"""What a topic asks: on the form, on the confirmation and on the ticket."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from customers.signing_in import make_link, use_link
from portal.sessions import cookie_name
from tests.conftest import signed_in
from tests.factories import a_field, a_topic, an_inquiry
from tests.html import Page
from tickets.models import Message, Ticket
from topics.models import Field
from topics.services import save_field

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support")]

TYPED = {"name": "Grace", "email": "grace@example.com", "subject": "Fault", "body": "It smokes."}


@pytest.fixture
def fault():
    """A topic that asks for a model, a guarantee, and in the guarantee for the invoice."""
    topic = a_topic("Fault", "故障")
    shown = {"topics": [topic], "is_for_customers": True}
    a_field("Model", "型番", is_required_for_customers=True, help_en="On the back", **shown)
    guarantee = a_field("Guarantee", "保証", kind="choice", **shown)
    waits = {"depends_on": guarantee, "depends_value": "c1"}
    a_field("Invoice number", "請求書番号", kind="number", **waits, **shown)
    a_field("Cause", "原因", topics=[topic])
    return topic


def asked_on(text: str) -> set[str]:
    return {name for name in Page(text).form("/contact/").fields if name.startswith("field.")}


def test_a_topic_shows_its_questions_and_only_those_for_customers(english: Client, fault):
    assert asked_on(english.get("/contact/").text) == set()
    assert asked_on(english.get(f"/contact/?topic={fault.pk}").text) == {
        *("field.model", "field.guarantee"),
    }
    address = f"/contact/?topic={fault.pk}&subject=%20Smoke%20"
    assert Page(english.get(address).text).form("/contact/").fields["subject"] == "Smoke"


@pytest.mark.parametrize("topic", ["0", "x", "9" * 30, "１", "<b>", "-1"])
def test_an_address_with_no_topic_of_ours_is_the_plain_form(english: Client, fault, topic: str):
    page = english.get("/contact/", {"topic": topic, "subject": "x" * 5000})

    assert page.status_code == 200
    assert asked_on(page.text) == set()
    assert len(Page(page.text).form("/contact/").fields["subject"]) == 200


def test_without_a_script_a_button_shows_the_questions_and_keeps_what_was_typed(
    english: Client, fault
):
    typed = {**TYPED, "topic": fault.pk, "email": "not yet", "asked": ""}

    page = english.post("/contact/", {**typed, "step": "topic"})

    assert page.status_code == 200
    form = Page(page.text).form("/contact/")
    assert asked_on(page.text) == {"field.model", "field.guarantee"}
    assert (form.fields["body"], form.fields["email"]) == ("It smokes.", "not yet")
    assert "so that we can answer" not in page.text
    assert not Ticket.objects.exists()


def test_the_part_of_the_page_that_a_script_asks_for(english: Client, fault):
    part = english.get("/contact/questions/", {"topic": fault.pk, "field.guarantee": "c1"})

    assert part.headers["Cache-Control"] == "no-store"
    assert 'name="asked" value="model guarantee invoice_number"' in part.text
    assert "On the back" in part.text


def test_what_was_answered_is_kept_on_the_ticket_and_the_agent_reads_it(
    english: Client, fault, aiko
):
    answers = {
        "field.model": " X-1 ",
        "field.guarantee": "c1",
        "field.invoice_number": "１,２００",
        "field.cause": "not asked",
    }
    english.post("/contact/", {**TYPED, "topic": fault.pk, **answers})

    ticket = Ticket.objects.get()
    assert ticket.fields == {"model": "X-1", "guarantee": "c1", "invoice_number": "1200"}
    page = Page(signed_in(aiko).get(f"/desk/tickets/{ticket.number}/").text)
    assert "In guarantee" in page.text
    assert "X-1" in page.text


def test_what_depends_on_another_answer_is_neither_asked_nor_kept_without_it(
    english: Client, fault
):
    answers = {"field.model": "X", "field.guarantee": "c2", "field.invoice_number": "12"}
    english.post("/contact/", {**TYPED, "topic": fault.pk, **answers})

    assert Ticket.objects.get().fields == {"model": "X", "guarantee": "c2"}


def test_an_answer_that_brings_a_question_is_followed_by_it_before_anything_is_sent(
    english: Client, fault
):
    typed = {**TYPED, "topic": fault.pk, "field.model": "X", "field.guarantee": "c1"}
    again = english.post("/contact/", {**typed, "asked": "model guarantee"})
    assert "one more question" in again.text
    assert "field.invoice_number" in asked_on(again.text)
    assert not Ticket.objects.exists()

    english.post("/contact/", Page(again.text).form("/contact/").fields)

    assert Ticket.objects.get().fields == {"model": "X", "guarantee": "c1"}


@pytest.mark.parametrize(
    ("answers", "in_japanese", "in_english"),
    [
        ({}, "型番", "Fill this in"),
        ({"field.model": "x" * 501}, "500", "at most 500"),
        ({"field.model": "X", "field.guarantee": "c9"}, "保証", "Choose one from the list"),
        ({"field.model": "X", "field.guarantee": "<script>"}, "保証", "Choose one from the list"),
        (
            {"field.model": "X", "field.guarantee": "c1", "field.invoice_number": "Inf"},
            *("請求書番号", "Enter a number"),
        ),
    ],
)
def test_a_wrong_answer_is_told_at_its_question(
    english: Client, japanese: Client, fault, answers, in_japanese, in_english
):
    for browser, words in ((english, in_english), (japanese, in_japanese)):
        page = browser.post("/contact/", {**TYPED, "topic": fault.pk, **answers})

        assert page.status_code == 422
        assert words in Page(page.text).text
        assert "<script>" not in page.text
    assert not Ticket.objects.exists()


def test_a_choice_that_is_no_longer_offered_cannot_be_chosen(english: Client, fault):
    guarantee = Field.objects.get(key="guarantee")
    choices = [{**each, "is_off": each["key"] == "c2"} for each in guarantee.choices]
    save_field(guarantee, values={"choices": choices}, topics=[fault])
    answers = {"field.model": "X", "field.guarantee": "c2"}

    page = english.post("/contact/", {**TYPED, "topic": fault.pk, **answers})

    assert page.status_code == 422
    assert "Choose one from the list" in page.text
    assert not Ticket.objects.exists()


def test_the_confirmation_shows_the_answers_and_sends_them(japanese: Client, fault):
    answers = {"field.model": "<b>X</b>", "field.guarantee": "c1"}
    page = japanese.post("/contact/", {**TYPED, "topic": fault.pk, **answers})
    assert "保証期間内" in Page(page.text).text
    assert "<b>X</b>" not in page.text
    assert not Ticket.objects.exists()

    japanese.post("/contact/", Page(page.text).form("/contact/").sent_with("step", "send"))

    assert Ticket.objects.get().fields == {"model": "<b>X</b>", "guarantee": "c1"}


def test_an_answer_that_was_corrected_after_sending_is_added(english: Client, fault):
    form = Page(english.get(f"/contact/?topic={fault.pk}").text).form("/contact/").fields
    typed = {**form, **TYPED, "field.model": "X"}
    english.post("/contact/", typed)

    english.post("/contact/", {**typed, "field.model": "Y"})

    assert Ticket.objects.get().fields == {"model": "X"}
    assert Message.objects.latest("pk").body == "Model: Y"


# The same question ----------------------------------------------------------------------------------

SAME = {**TYPED, "email": "hana@example.com", "subject": "Re: プリンターが動きません"}


def test_a_stranger_is_not_told_what_a_customer_has_asked(english: Client):
    an_inquiry(email="hana@example.com")

    answer = english.post("/contact/", SAME)

    assert answer.status_code == 302
    assert Ticket.objects.count() == 2


def test_whoever_has_shown_who_they_are_is_told_once_that_it_is_open(english: Client):
    ticket = an_inquiry(email="hana@example.com").ticket
    link = make_link("hana@example.com", now=timezone.now())
    english.cookies[cookie_name()] = use_link(link.token, now=timezone.now()) or ""

    page = english.post("/contact/", SAME)

    assert "same question open" in page.text
    assert "send it once more" in page.text
    assert f"/inquiries/{ticket.number}/" in page.text
    assert Ticket.objects.count() == 1
    for _ in range(2):
        english.post("/contact/", Page(page.text).form("/contact/").fields)
    assert Ticket.objects.count() == 2
    english.post("/contact/", {**SAME, "subject": "Billing", "body": "Something else entirely"})
    assert Ticket.objects.count() == 3
