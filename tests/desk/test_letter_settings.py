"""Administrators word the letters: with a preview, a test to themselves, and a way back."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Agent
from mail.delivery import as_received
from mail.letter_texts import built_in_text, text_of
from mail.models import LetterText, LetterTextVersion, OutboundEmail
from tests.conftest import signed_in
from tests.desk.pages import words
from tests.html import Page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support")]

BODY = "Hi {{customer}},\n\n{{body}}\n\n{{promise}}\n{{link}}\n"


@pytest.fixture
def english_admin(admin: Agent) -> Agent:
    Agent.objects.filter(pk=admin.pk).update(language="en")
    return admin


@pytest.fixture
def as_admin(english_admin: Agent) -> Client:
    return signed_in(english_admin)


def address(what: str = "", name: str = "reply", language: str = "en") -> str:
    return reverse(f"desk:settings_letter{what}", args=[name, language])


def save(client: Client, body: str = BODY, subject: str = "Re: {{subject}}", **where: str) -> Any:
    return client.post(address("_update", **where), {"subject": subject, "body": body})


def entered(page: Any) -> dict[str, str]:
    return next(form.fields for form in Page(page.text).forms if "subject" in form.fields)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_form_begins_with_the_text_we_come_with(as_admin: Client, language: str):
    page = as_admin.get(address(language=language))

    assert entered(page)["subject"] == built_in_text("reply", language).subject
    assert ("{{約束}}" if language == "ja" else "{{promise}}") in entered(page)["body"]
    assert "Back to the text we come with" not in page.text


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_text_is_kept_for_one_letter_in_one_language(
    as_admin: Client, english_admin: Agent, language: str
):
    other = "en" if language == "ja" else "ja"

    response = save(as_admin, language=language)

    assert response.headers["Location"] == address(language=language)
    kept = LetterText.objects.get()
    assert (kept.name, kept.language, kept.changed_by) == ("reply", language, english_admin)
    assert text_of("reply", language).body == BODY
    assert text_of("reply", other) == built_in_text("reply", other)
    assert f"by {english_admin.name}" in words(as_admin.get(reverse("desk:settings_letters")))


def test_a_text_without_its_promise_is_not_kept_and_the_page_says_why(as_admin: Client):
    response = save(as_admin, body=BODY.replace("{{promise}}", "Bye"))

    assert response.status_code == 422
    assert "it tells the customer when they will hear from us" in words(response)
    assert (
        entered(response)["body"].replace("\r\n", "\n").strip()
        == BODY.replace("{{promise}}", "Bye").strip()
    )
    assert not LetterText.objects.exists()


def test_an_unknown_placeholder_is_named(as_admin: Client):
    response = save(as_admin, body=BODY + "{{secret_key}}")

    assert response.status_code == 422
    assert "“{{secret_key}}” is none of the placeholders." in words(response)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_preview_shows_the_letter_as_a_customer_gets_it(as_admin: Client, language: str):
    fields = {"subject": "{{number}}", "body": BODY + "{% now 'Y' %} <b>{{brand}}</b>"}

    part = as_admin.post(
        address("_preview", language=language), fields, headers={"HX-Request": "true"}
    )
    page = as_admin.post(address("_preview", language=language), fields)

    assert "<html" not in part.text
    for shown in (part, page):
        assert ("山田 花子" if language == "ja" else "Emma Clarke") in shown.text
        assert ("次のご連絡" if language == "ja" else "contact you again by") in shown.text
        assert "{% now &#x27;Y&#x27; %} &lt;b&gt;" in shown.text
    assert entered(page)["body"] == fields["body"]
    assert not LetterText.objects.exists()


def test_the_preview_says_what_is_missing(as_admin: Client):
    part = as_admin.post(
        address("_preview"), {"subject": "x", "body": "Hi"}, headers={"HX-Request": "true"}
    )

    assert "it is what the agent wrote" in words(part)


def test_a_test_goes_to_nobody_but_the_administrator(as_admin: Client, english_admin: Agent):
    page = as_admin.post(address("_test"), {"subject": "About {{subject}}", "body": BODY})

    received = as_received(OutboundEmail.objects.get())
    assert received["To"] == english_admin.email
    assert received["Subject"].startswith("[Test] About ")
    assert "Hi Emma Clarke," in received.get_body(("plain",)).get_content()
    assert entered(page)["subject"] == "About {{subject}}"
    assert not LetterText.objects.exists()


def test_what_cannot_be_kept_is_not_sent_either(as_admin: Client):
    assert as_admin.post(address("_test"), {"subject": "x", "body": "Hi"}).status_code == 422
    assert not OutboundEmail.objects.exists()


def test_every_version_stays_and_can_be_restored(as_admin: Client, english_admin: Agent):
    save(as_admin, subject="First")
    save(as_admin, subject="Second")
    page = as_admin.get(address())
    first = LetterTextVersion.objects.order_by("pk")[0]
    restoring = f"{address()}?version={first.pk}"

    assert f'href="{restoring}"' in page.text
    assert f"by {english_admin.name}" in words(page)
    fields = entered(as_admin.get(restoring))
    assert fields["subject"] == "First"
    as_admin.post(address("_update"), fields)

    assert text_of("reply", "en").subject == "First"
    assert [each.subject for each in LetterTextVersion.objects.order_by("pk")] == [
        *("First", "Second", "First")
    ]


def test_the_text_we_come_with_comes_back(as_admin: Client):
    save(as_admin)

    as_admin.post(address("_restore"))

    assert text_of("reply", "en") == built_in_text("reply", "en")
    assert LetterTextVersion.objects.count() == 2
    page = as_admin.get(address())
    assert "In the beginning" in words(page)
    assert "Back to the text we come with" not in page.text


@pytest.mark.parametrize(
    "path",
    [
        *("reply/fr/", "notification/en/", "reply/en/?version=999999", "reply/en/?version=x"),
        "reply/en/?version=99999999999999999999",
    ],
)
def test_there_are_no_other_letters(as_admin: Client, path: str):
    assert as_admin.get(f"/desk/settings/letters/{path}").status_code == 404


def test_a_version_of_another_letter_is_not_shown(as_admin: Client):
    save(as_admin)
    version = LetterTextVersion.objects.get()

    assert as_admin.get(f"{address(language='ja')}?version={version.pk}").status_code == 404
