"""What stands below a reply: the agent's words, else the team's, else name and desk."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from accounts.models import Agent, Team
from tests.conftest import signed_in
from tests.desk.pages import words
from tests.factories import a_ticket
from tickets.services.replying import Reply, reply_to_customer

pytestmark = pytest.mark.django_db

OWN, UPDATE, PREVIEW = (f"desk:signature{what}" for what in ("", "_update", "_preview"))


def ending(agent: Agent, language: str) -> str:
    """The last lines of a letter from this agent."""
    agent.refresh_from_db()
    ticket = a_ticket(language=language)
    email = reply_to_customer(ticket, Reply(body="Hi.", solves=True), agent=agent).email
    assert email is not None
    return email.text.rstrip().rpartition("\n\n")[2]


def keep(agent: Agent, text: str) -> object:
    return signed_in(agent).post(reverse(UPDATE), {"signature": text}, follow=True)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_agents_own_comes_before_the_teams(
    language: str, aiko: Agent, ben: Agent, support: Team, settings: LazySettings
):
    brand = settings.BRAND_NAME
    built_in = f"{brand}\n担当 Aiko" if language == "ja" else f"Aiko\n{brand}"
    assert ending(aiko, language) == built_in

    team_settings = reverse("desk:settings_team_update", args=[support.pk])
    sent = {"assignment": "manual", "signature": "{{チーム名}} / {{agent}}\r\nTel. 03"}
    assert signed_in(ben).post(team_settings, sent).status_code == 302
    assert ending(aiko, language) == "Support / Aiko\nTel. 03"

    keep(aiko, "{{会社名}}\r\n{{担当者名}} <b>")
    assert ending(aiko, language) == f"{brand}\nAiko <b>"
    assert ending(ben, language) == "Support / Ben\nTel. 03"

    keep(aiko, " ")
    assert ending(aiko, language) == "Support / Aiko\nTel. 03"


@pytest.mark.parametrize("text", ["{{customer}}", "x" * 1001])
def test_what_cannot_be_kept_is_refused(aiko: Agent, text: str):
    response = keep(aiko, text)

    aiko.refresh_from_db()
    assert response.status_code == 422
    assert aiko.signature == ""
    if "customer" in text:
        assert "“{{customer}}” is none of the placeholders." in words(response)


def test_a_signature_of_a_team_is_checked_too(ben: Agent, support: Team):
    sent = {"assignment": "manual", "signature": "{{customer}}"}

    response = signed_in(ben).post(reverse("desk:settings_team_update", args=[support.pk]), sent)

    assert response.status_code == 422


def test_the_preview_fills_it_in_with_and_without_scripts(as_aiko: Client, aiko: Agent):
    sent = {"signature": "{{agent}} of {{team}} {% now 'Y' %}"}

    part = as_aiko.post(reverse(PREVIEW), sent, headers={"HX-Request": "true"})
    page = as_aiko.post(reverse(PREVIEW), sent)

    assert "Aiko of Support {% now &#x27;Y&#x27; %}" in part.text
    assert "<html" not in part.text
    assert "Aiko of Support" in words(page)
    aiko.refresh_from_db()
    assert aiko.signature == ""


def test_it_is_in_the_menu(as_aiko: Client):
    assert f'href="{reverse(OWN)}"' in as_aiko.get(reverse("desk:queue")).text
