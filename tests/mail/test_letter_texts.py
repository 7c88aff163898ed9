"""Letters to customers in the words of administrators: what may stand in them, and what must."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Agent
from mail.delivery import as_received
from mail.letter_editing import BadText, restore_built_in_text, save_text
from mail.letter_texts import RULES, Text, built_in_text, objections, text_of
from mail.letters import write_to
from mail.models import LetterTextVersion, OutboundEmail
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_ticket, an_inquiry
from tests.html import Page
from tickets.letters import letter_values
from tickets.services.replying import Reply, reply_to_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]

LETTERS = ["acknowledgement", "reply", "holding", "reminder", "closing", "returned"]
LINK = "http://127.0.0.1/r/abc/"
REPLY = "{{customer}}\n\n{{body}}\n\n{{promise}}\n{{link}}\n\n{{signature}}"


def values(name: str, language: str, agent: Agent, **context: Any) -> dict[str, str]:
    ticket = a_ticket(language=language, subject="Paper")
    told = {"body": "**Done.**", "agent": agent, "promised_at": MONDAY_AT_TEN, **context}
    return letter_values(ticket, name, link=LINK, context=told)


def refusals(name: str, body: str, subject: str = "Hello") -> list[tuple[str, str]]:
    return list(objections(name, Text(subject, body)))


# What we come with ------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("name", LETTERS)
def test_the_texts_we_come_with_keep_the_rules(name: str, language: str, aiko: Agent):
    assert list(objections(name, built_in_text(name, language))) == []

    letter = write_to(name, values(name, language, aiko), language=language)

    assert "{{" not in letter.subject + letter.text
    assert LINK in letter.text
    assert len(letter.text.splitlines()) > 4
    assert "\n\n\n" not in letter.text
    named = letter.text.replace("山田花子", "")
    assert named.isascii() == (language == "en")


def test_the_letters_are_all_there():
    assert sorted(RULES) == sorted(LETTERS)


def test_a_customer_without_a_name_is_greeted(aiko: Agent):
    ticket = a_ticket(language="en")
    ticket.customer.name = ""
    told = {"body": "Done.", "agent": aiko}

    english = write_to(
        "reply", letter_values(ticket, "reply", link=LINK, context=told), language="en"
    )
    ticket.language = "ja"
    japanese = write_to(
        "reply", letter_values(ticket, "reply", link=LINK, context=told), language="ja"
    )

    assert english.text.startswith("Hello,\n")
    assert japanese.text.startswith("お客様\n")


# What administrators write ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "gone"),
    [
        *(("acknowledgement", gone) for gone in ("promise", "link", "number")),
        *(("reply", gone) for gone in ("body", "promise", "link")),
        *(
            (name, gone)
            for name in ("holding", "reminder", "closing")
            for gone in ("promise", "link")
        ),
    ],
)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_what_a_letter_is_for_cannot_be_edited_away(
    name: str, gone: str, language: str, admin: Agent
):
    words = {"promise": "約束", "link": "専用ページ", "number": "受付番号", "body": "本文"}
    placeholder = f"{{{{{words[gone] if language == 'ja' else gone}}}}}"
    text = built_in_text(name, language)
    assert placeholder in text.body

    with pytest.raises(BadText) as refused:
        save_text(
            name, language, subject=text.subject, body=text.body.replace(placeholder, ""), by=admin
        )

    [(field, sentence)] = refused.value.wrong
    assert field == "body"
    assert f"{{{{{words[gone]}}}}}" in sentence
    assert text_of(name, language) == text


def test_what_means_nothing_is_refused_and_named():
    [(field, sentence)] = refusals("closing", "{{promise}} {{link}} {{ customer.email }}")

    assert field == "body"
    assert "{{ customer.email }}" in sentence


@pytest.mark.parametrize("stranger", ["customer", "subject", "件名", "お客様名", "body"])
@pytest.mark.parametrize("name", ["acknowledgement", "holding"])
def test_letters_that_anybody_can_cause_say_nothing_the_sender_wrote(name: str, stranger: str):
    body = "{{number}} {{promise}} {{link}} "

    assert refusals(name, body) == []
    assert f"{{{{{stranger}}}}}" in refusals(name, body + f"{{{{{stranger}}}}}")[0][1]
    assert refusals(name, body, subject=f"{{{{{stranger}}}}}")[0][0] == "subject"


@pytest.mark.parametrize("private", ["link", "body", "promise", "signature"])
def test_a_subject_tells_no_secret(private: str):
    assert refusals("reply", REPLY, subject=f"{{{{{private}}}}}")[0][0] == "subject"


@pytest.mark.parametrize("body", ["Hello {{body}}\n", "{{body}}\n\n{{本文}}\n"])
def test_the_agents_words_stand_once_and_alone(body: str):
    assert len(refusals("reply", f"{body}{{{{promise}}}} {{{{link}}}}")) == 1


def test_nothing_that_is_written_is_run_and_values_are_not_filled_again(aiko: Agent, admin: Agent):
    code = "{% load i18n %}{# gone #}${7*7}"
    save_text("reply", "en", subject="Re: {{subject}}", body=f"{code}\n{REPLY}", by=admin)
    told = {**values("reply", "en", aiko), "body": "{{link}} <b>{% now 'Y' %}</b>"}

    letter = write_to("reply", {**told, "subject": "{{number}}"}, language="en")

    assert letter.subject == "Re: {{number}}"
    assert code in letter.text
    assert "{{link}} <b>{% now 'Y' %}</b>" in letter.text
    assert "<b>" not in letter.html


def test_what_is_written_is_no_html(aiko: Agent, admin: Agent):
    save_text("reply", "en", subject="Hi", body=f"<img src=x>\n{REPLY}", by=admin)

    html = write_to("reply", values("reply", "en", aiko), language="en").html

    assert Page(html).all("img") == []
    assert "&lt;img" in html
    assert "<strong>Done.</strong>" in html


def test_the_agents_words_are_a_part_of_their_own_wherever_they_stand(aiko: Agent, admin: Agent):
    text = "{{お客様名}}様\n{{本文}}\n{{約束}}\n{{専用ページ}}"
    save_text("reply", "ja", subject="件名", body=text, by=admin)

    letter = write_to("reply", values("reply", "ja", aiko), language="ja")

    assert "\ue001" not in letter.html
    assert "<p><strong>Done.</strong></p>" in letter.html
    assert letter.text.startswith("山田花子様\n**Done.**\n")


# In use -----------------------------------------------------------------------------------------


def test_letters_say_what_is_kept_until_the_text_we_come_with_is_restored(admin: Agent):
    ours = "ABC 承りました。\n{{number}} {{promise}} {{link}}"
    save_text("acknowledgement", "ja", subject="受付 {{受付番号}}", body=ours, by=admin)
    an_inquiry(email="one@example.com")
    restore_built_in_text("acknowledgement", "ja", by=admin)
    an_inquiry(email="two@example.com")

    one, two = OutboundEmail.objects.order_by("pk")
    assert one.text.startswith("ABC 承りました。")
    assert "までに、担当者からご連絡いたします。" in one.text
    assert one.subject.startswith("受付 ")
    assert "ABC" not in two.text
    assert [each.is_built_in for each in LetterTextVersion.objects.order_by("pk")] == [False, True]


def test_the_promise_of_a_reply_stands_where_the_text_has_it(aiko: Agent, admin: Agent):
    save_text("reply", "ja", subject="{{件名}}", body=REPLY, by=admin)

    email = reply_to_customer(a_ticket(), Reply(body="はい。", solves=True), agent=aiko).email

    assert email is not None
    assert email.text.startswith("山田花子\n\nはい。\n\n本件はこれで完了といたします。")
    assert email.text.rstrip().endswith("担当 Aiko")
    assert as_received(email)["To"] == "hana@example.com"


def test_texts_are_read_once_for_many_letters(admin: Agent):
    save_text("closing", "en", subject="x", body="{{promise}} {{link}}", by=admin)
    with CaptureQueriesContext(connection) as first:
        text_of("closing", "en")
    with CaptureQueriesContext(connection) as later:
        for name in LETTERS:
            text_of(name, "ja")

    assert (len(first), len(later)) == (1, 0)
