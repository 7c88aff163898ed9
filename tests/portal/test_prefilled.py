"""Links to the form that are filled in already. They prove nothing."""

from __future__ import annotations

from datetime import timedelta
from secrets import token_urlsafe
from urllib.parse import urlsplit

import pytest
import time_machine
from django.core import signing
from django.test import Client
from django.utils import timezone

from tests.factories import a_field, a_topic, an_inquiry
from tests.html import Page
from tickets.form_links import HOLDS, form_link, read_form_link

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support")]

FILLED = {"name": "花子", "email": "hana@example.com", "subject": '"><script>x</script>'}


def path_of(link: str) -> str:
    parts = urlsplit(link)
    return f"{parts.path}?{parts.query}"


def test_what_the_desk_filled_in_stands_in_the_form(as_aiko: Client, english: Client):
    topic = a_topic()
    a_field("Model", topics=[topic], is_for_customers=True)
    typed = {**FILLED, "topic": topic.pk, "field.model": "X-1"}
    made = Page(as_aiko.post("/desk/form-link/create/", typed).text)
    [link] = [a["href"] for a in made.all("a") if "prefill=" in a["href"]]

    page = english.get(path_of(link))

    fields = Page(page.text).form("/contact/").fields
    assert {name: fields[name] for name in FILLED} == FILLED
    assert fields["field.model"] == "X-1"
    assert "<script>x" not in page.text


def test_a_link_shows_nothing_of_the_customer_it_names(english: Client):
    an_inquiry(email="hana@example.com", subject="A secret matter")

    page = english.get(path_of(form_link(FILLED)))

    assert "A secret matter" not in page.text
    assert "/r/" not in page.text


@pytest.mark.parametrize("signed", ["x", "", "a:b:c", "ｘ", "x" * 9000])
def test_a_forged_link_is_the_plain_form(english: Client, signed: str):
    page = english.get("/contact/", {"prefill": signed})

    assert page.status_code == 200
    assert Page(page.text).form("/contact/").fields["email"] == ""
    assert ("too old or incomplete" in page.text) is bool(signed)


def test_a_link_signed_for_another_purpose_or_changed_is_not_read():
    other = signing.dumps(FILLED, salt="x")
    ours = path_of(form_link(FILLED)).split("prefill=")[1]

    assert read_form_link(other) is None
    assert read_form_link(f"x{ours}") is None


def test_a_link_holds_for_its_days():
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        signed = signing.dumps(FILLED, salt="tickets.form_links", compress=True)
        clock.shift(HOLDS - timedelta(minutes=1))
        assert read_form_link(signed) == FILLED
        clock.shift(timedelta(minutes=2))
        assert read_form_link(signed) is None


def test_what_no_link_can_hold_is_said_and_not_cut_off(as_aiko: Client):
    topic = a_topic()
    for name in "abcde":
        a_field(name, topics=[topic], is_for_customers=True)
    typed = {f"field.{name}": token_urlsafe(700) for name in "abcde"}

    page = as_aiko.post("/desk/form-link/create/", {**FILLED, **typed})

    assert page.status_code == 422
    assert "This is more than a link can hold." in page.text
    assert Page(page.text).form("/desk/form-link/create/").fields["field.a"] == typed["field.a"]
