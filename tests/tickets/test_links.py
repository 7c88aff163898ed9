"""Secret links: what opens a ticket, what does not, and what a copied database gives away."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.db import connection
from django.utils import timezone

from tests.factories import a_ticket, an_inquiry
from tickets import links
from tickets.models import CustomerLink

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support")]


def test_a_token_opens_its_own_ticket_only():
    first, second = an_inquiry(), an_inquiry(email="jiro@example.com")

    assert links.find_ticket(first.token) == first.ticket
    assert links.find_ticket(second.token) == second.ticket


def test_a_token_has_160_bits_and_no_two_are_alike():
    tokens = {links.token_of(links.create_link(a_ticket(), now=timezone.now())) for _ in range(20)}

    assert len(tokens) == 20
    assert {len(token) for token in tokens} == {32}
    assert set("".join(tokens)) <= set("abcdefghijklmnopqrstuvwxyz234567")


def test_the_database_holds_no_token_outside_the_letters():
    opened = an_inquiry()

    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(t::text, ' ') FROM tickets_customerlink t")
        (stored,) = cursor.fetchone()

    assert opened.token not in stored
    assert CustomerLink.objects.get().digest in stored


def test_what_the_database_holds_opens_nothing():
    an_inquiry()
    link = CustomerLink.objects.get()

    assert links.find_ticket(link.digest) is None
    assert links.find_ticket(link.digest[:32]) is None
    assert links.find_ticket(link.nonce) is None


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "a" * 32,
        "A" * 32,
        "a" * 31,
        "a" * 33,
        "a" * 31 + "\n",
        "１" * 32,
        "%61" * 32,
        "' or 1=1",
    ],
)
def test_a_forged_token_opens_nothing(forged: str):
    a_ticket()

    assert links.find_ticket(forged) is None


def test_a_token_in_other_letters_is_another_token():
    token = an_inquiry().token

    assert links.find_ticket(token.upper()) is None
    assert links.find_ticket(token[:-1]) is None
    assert links.find_ticket(f"{token}\n") is None


def test_a_revoked_link_opens_nothing_and_is_in_no_further_letter():
    opened = an_inquiry()
    CustomerLink.objects.update(revoked_at=timezone.now())

    url = links.url_for(opened.ticket, now=timezone.now())

    assert links.find_ticket(opened.token) is None
    assert opened.token not in url
    assert CustomerLink.objects.filter(revoked_at=None).count() == 1


def test_links_outlive_a_change_of_the_secret_key(settings: LazySettings):
    opened = an_inquiry()
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another key"
    settings.SECRET_KEY_FALLBACKS = [old]

    assert links.find_ticket(opened.token) == opened.ticket
    assert opened.token in links.url_for(opened.ticket, now=timezone.now())


def test_when_the_old_key_is_gone_the_link_still_opens_and_letters_get_a_new_one(
    settings: LazySettings,
):
    opened = an_inquiry()
    settings.SECRET_KEY = "another key"

    url = links.url_for(opened.ticket, now=timezone.now())

    assert opened.token not in url
    assert links.find_ticket(url.rstrip("/").rpartition("/")[2]) == opened.ticket
    assert links.find_ticket(opened.token) == opened.ticket


def test_another_key_makes_other_tokens_from_the_same_database(settings: LazySettings):
    """Whoever has the database alone cannot compute the links."""
    an_inquiry()
    link = CustomerLink.objects.get()
    settings.SECRET_KEY = "a guess"

    with pytest.raises(ValueError, match="secret key"):
        links.token_of(link)
