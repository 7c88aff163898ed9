from __future__ import annotations

import pytest
from django.urls import reverse

from mail.models import Mailbox, OutboundEmail
from tests.desk.pages import words
from tests.desk.test_replies import send
from tests.factories import a_ticket
from tickets.models import Participant

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]


@pytest.fixture
def ticket():
    return a_ticket()


def add(browser, ticket, address):
    return browser.post(
        reverse("desk:participant_create", args=[ticket.number]), {"address": address}, follow=True
    )


def test_who_is_added_to_cc_gets_the_next_reply(as_aiko, ticket):
    page = words(add(as_aiko, ticket, " Boss@Example.org "))
    assert "Cc: boss@example.org" in page

    send(as_aiko, ticket, body="承知しました")

    letter = OutboundEmail.objects.get(letter="reply")
    assert letter.cc == ["boss@example.org"]


def test_somebody_who_was_ignored_can_be_added_after_all(as_aiko, ticket, aiko):
    Participant.objects.create(
        ticket=ticket, address="boss@example.org", kind="ignored", added_at=ticket.opened_at
    )

    add(as_aiko, ticket, "boss@example.org")

    assert Participant.objects.get().kind == "cc"


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("nobody", "This is not an email address."),
        ("", "This is not an email address."),
        ("a@b.example, c@d.example", "This is not an email address."),
        ("HANA@example.com", "This is the customer, who gets every reply anyway."),
    ],
)
def test_an_address_that_cannot_be_in_cc_is_explained(as_aiko, ticket, address, sentence):
    assert sentence in words(add(as_aiko, ticket, address))
    assert not Participant.objects.exists()


def test_our_own_mailbox_is_not_put_in_cc(as_aiko, ticket):
    Mailbox.objects.create(address="help@desk.example", name="Help", team=ticket.team)

    page = words(add(as_aiko, ticket, "help@desk.example"))

    assert "A reply there would come back to us." in page
