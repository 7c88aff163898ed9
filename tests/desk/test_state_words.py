"""Administrators choose the words in which customers read how far their inquiry is."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Agent, PermissionSet
from audit.models import Change
from tests.conftest import signed_in
from tests.desk.pages import words
from tests.factories import an_inquiry
from tests.html import Page
from tickets.models import StateWording
from tickets.services.handling import solve

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support")]
PAGE = "/desk/settings/states/"


@pytest.fixture
def as_admin(admin: Agent) -> Client:
    Agent.objects.filter(pk=admin.pk).update(language="en")
    return signed_in(admin)


def save(client: Client, path: str = PAGE, **changes: str) -> str:
    """The form of the page with these fields changed; what the page says then."""
    fields = Page(client.get(path).text).form("/states/update/").fields
    return words(client.post(f"{PAGE}update/", {**fields, **changes}, follow=True))


def test_customers_read_the_words_at_once_and_the_ones_before_come_back(
    as_admin: Client, english: Client, aiko: Agent, admin: Agent
):
    asked = an_inquiry(language="en")
    own_page = f"/r/{asked.token}/"
    assert "Received" in words(english.get(own_page))

    said = save(as_admin, new_en=" In our  inbox ", resolved_en="Finished")
    assert "New (English): Received → In our inbox" in said
    assert "In our inbox" in words(english.get(own_page))
    solve(asked.ticket, agent=aiko)
    assert "Finished" in words(english.get(own_page))
    first = StateWording.objects.get()
    assert Change.objects.get(table_name="tickets_statewording").agent == admin.pk

    said = save(as_admin, resolved_en="")
    assert "Resolved (English): Finished → Done" in said
    assert "Finished" not in words(english.get(own_page))
    assert "This is what customers read since" in words(as_admin.get(f"{PAGE}?version={first.pk}"))
    save(as_admin, f"{PAGE}?version={first.pk}")
    assert "Finished" in words(english.get(own_page))
    save(as_admin)
    assert StateWording.objects.count() == 3, "what holds is not written down again"
    assert as_admin.get(f"{PAGE}?version=99999999").status_code == 404


def test_words_that_are_being_typed_are_shown_and_what_is_too_long_is_kept_in_the_form(
    as_admin: Client, english: Client
):
    typed = {"open_ja": "お調べしています", "open_en": "<b>", "new_en": "x" * 31}

    shown = as_admin.post(f"{PAGE}preview/", typed, headers={"HX-Request": "true"}).text
    assert "お調べしています" in shown
    assert "&lt;b&gt;" in shown
    refused = as_admin.post(f"{PAGE}update/", typed)

    assert refused.status_code == 422
    assert "x" * 31 in refused.text
    assert not StateWording.objects.exists()


def test_a_customers_page_asks_the_database_no_more_for_it(as_admin: Client, english: Client):
    asked = an_inquiry(language="en")
    save(as_admin, new_en="In our inbox")
    english.get(f"/r/{asked.token}/")

    with CaptureQueriesContext(connection) as captured:
        page = english.get(f"/r/{asked.token}/")

    assert "In our inbox" in words(page)
    assert not [each for each in captured if "tickets_statewording" in each["sql"]]


def test_only_who_keeps_the_brand_may_do_it(aiko: Agent):
    assert signed_in(aiko).post(f"{PAGE}update/", {}).status_code == 403
    aiko.permission_set = PermissionSet.objects.create(name="Brand", permissions=["brand"])
    aiko.save()

    assert signed_in(aiko).get(PAGE).status_code == 200
