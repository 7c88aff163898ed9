"""What a customer does on the page of one inquiry beside answering: the thing we need, the people who
take part, the language."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import Agent
from customers.models import ContactPoint
from mail.models import OutboundEmail
from tests.conftest import MONDAY_AT_TEN
from tests.factories import an_inquiry
from tests.html import Page
from tickets.models import Participant
from tickets.services.inviting import token_of
from tickets.services.opening import Opened
from tickets.services.participating import ignore_participant
from tickets.services.replying import Reply, reply_to_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]
KENJI = "kenji@example.com"


@pytest.fixture
def inquiry() -> Opened:
    return an_inquiry(language="en", subject="No paper", body="It says: no paper.")


def invite(browser: Client, inquiry: Opened, address: str = KENJI) -> str:
    """What the page says afterwards."""
    answer = browser.post(f"/r/{inquiry.token}/people/", {"address": address}, follow=True)
    return Page(answer.text).text


def invitations() -> list[OutboundEmail]:
    return list(OutboundEmail.objects.filter(dedupe_key__startswith="invitation:"))


# The thing we need --------------------------------------------------------------------------------


def test_the_page_names_the_thing_and_one_button_says_that_it_is_done(
    english: Client, inquiry: Opened, aiko: Agent
):
    reply = Reply(body="Please tell us.", asks=True, thing="Your <b>serial</b> number")
    reply_to_customer(inquiry.ticket, reply, agent=aiko)

    page = Page(english.get(f"/r/{inquiry.token}/").text)
    assert "What we need from you Your <b>serial</b> number" in page.text
    assert "Waiting for your reply" in page.text
    answer = english.post(page.form("/done/").action, follow=True)
    again = english.post(page.form("/done/").action, follow=True)

    assert "We have noted that it is done" in answer.text
    assert "We are not waiting for anything from you any more." in again.text
    inquiry.ticket.refresh_from_db()
    assert inquiry.ticket.status == "open"


# People -------------------------------------------------------------------------------------------


def test_an_invited_person_is_told_nothing_until_they_agree_and_then_takes_part(
    english: Client, inquiry: Opened, aiko: Agent
):
    assert "They take part as soon as they agree." in invite(english, inquiry)
    [letter] = invitations()
    assert letter.to == KENJI
    for secret in ("No paper", "no paper", "山田", "hana@example.com", "/r/"):
        assert secret not in letter.subject + letter.text
    promise_at = MONDAY_AT_TEN + timedelta(hours=4)
    reply_to_customer(inquiry.ticket, Reply(body="One.", promise_at=promise_at), agent=aiko)
    assert OutboundEmail.objects.latest("pk").cc == []

    path = re.search(r"(/join/\S+)", letter.text)[1]
    shown = Client().get(path)
    assert Participant.objects.get().kind == "invited"
    assert "No paper" not in shown.text
    page = Client().post(path, follow=True)

    assert "It says: no paper." in page.text
    reply_to_customer(inquiry.ticket, Reply(body="Two.", promise_at=promise_at), agent=aiko)
    assert OutboundEmail.objects.latest("pk").cc == [KENJI]
    told = list(inquiry.ticket.events.filter(kind__startswith="participant").values_list("kind"))
    assert told == [("participant_invited",), ("participant_joined",)]


def test_who_was_removed_gets_nothing_and_cannot_come_in(
    english: Client, inquiry: Opened, aiko: Agent
):
    invite(english, inquiry)
    person = Participant.objects.get()

    english.post(f"/r/{inquiry.token}/people/removal/", {"person": person.pk})

    assert Client().get(f"/join/{token_of(person)}/").status_code == 404
    assert Client().post(f"/join/{token_of(person)}/").status_code == 404
    english.get(f"/r/{inquiry.token}/")  # shows the notice of the removal
    assert KENJI not in english.get(f"/r/{inquiry.token}/").text
    invite(english, inquiry)
    assert Participant.objects.get().kind == "invited"
    assert len(invitations()) == 1


def test_whom_an_agent_has_put_out_only_an_agent_lets_in(
    english: Client, inquiry: Opened, aiko: Agent
):
    invite(english, inquiry)
    ignore_participant(Participant.objects.get(), by=aiko)

    assert "Please ask us in a message to add this person." in invite(english, inquiry)
    assert Participant.objects.get().kind == "ignored"


@pytest.mark.parametrize(
    "address",
    [
        *("", "x", "a@b", "hana@example.com", "HANA@example.com", "no-reply@example.com"),
        *("a@b.c\r\nBcc: d@e.f", "x" * 400, "a@example.com,b@example.com", "<a@example.com>"),
    ],
)
def test_what_is_nobody_to_invite_is_refused_with_a_word(
    english: Client, inquiry: Opened, address: str
):
    invite(english, inquiry, address)

    assert not Participant.objects.exists()
    assert invitations() == []


def test_an_address_gets_three_letters_an_hour_from_all_inquiries_together(english: Client):
    for _ in range(5):
        invite(english, an_inquiry(language="en"))

    assert len(invitations()) == 3


def test_a_visitor_invites_ten_an_hour_and_an_inquiry_has_ten_people(
    english: Client, inquiry: Opened
):
    for number in range(11):
        invite(english, inquiry, f"n{number}@example.com")
    assert len(invitations()) == 10

    other = Client(REMOTE_ADDR="192.0.2.9", headers={"accept-language": "en"})
    assert "At most 10 people can take part." in invite(other, inquiry, "n11@example.com")


def test_who_wants_no_automatic_mail_gets_no_invitation(english: Client, inquiry: Opened):
    an_inquiry(email=KENJI)
    ContactPoint.objects.filter(value=KENJI).update(state="opted_out", state_since=MONDAY_AT_TEN)

    assert "They take part as soon as they agree." in invite(english, inquiry)
    assert invitations() == []


def test_an_invitation_is_over_after_two_weeks(english: Client, inquiry: Opened, monday_at_ten):
    invite(english, inquiry)
    monday_at_ten.move_to(MONDAY_AT_TEN + timedelta(days=14), tick=False)

    assert Client().post(f"/join/{token_of(Participant.objects.get())}/").status_code == 404


def test_nobody_of_another_inquiry_can_be_removed(english: Client, inquiry: Opened):
    other = an_inquiry(email="jiro@example.com", language="en")
    invite(english, other)
    person = Participant.objects.get()

    for wrong in (person.pk, "", "x", "１", "9" * 30):
        path = f"/r/{inquiry.token}/people/removal/"
        assert english.post(path, {"person": wrong}).status_code == 302
    assert Participant.objects.get().kind == "invited"


# Language and zone --------------------------------------------------------------------------------


def test_another_language_and_zone_hold_for_page_and_letters(
    english: Client, inquiry: Opened, aiko: Agent
):
    path = f"/r/{inquiry.token}/language/"
    english.post(path, {"language": "ja", "time_zone": "Europe/Paris"})

    promise_at = MONDAY_AT_TEN + timedelta(hours=5)
    reply_to_customer(inquiry.ticket, Reply(body="調べます。", promise_at=promise_at), agent=aiko)
    assert "2026年10月5日(月) 08:00" in OutboundEmail.objects.latest("pk").text
    page = english.get(f"/r/{inquiry.token}/").text
    assert '<html lang="ja"' in page
    assert "2026年10月5日(月) 08:00" in page
    inquiry.ticket.refresh_from_db()
    assert inquiry.ticket.language == "ja"
    assert inquiry.ticket.events.filter(kind="language_changed").count() == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"language": "xx", "time_zone": "Asia/Tokyo"},
        {"language": "ja", "time_zone": "../etc/passwd"},
        {"language": "ja"},
        {},
    ],
)
def test_what_is_not_on_the_lists_changes_nothing(
    english: Client, inquiry: Opened, fields: dict[str, str]
):
    answer = english.post(f"/r/{inquiry.token}/language/", fields)

    inquiry.ticket.refresh_from_db()
    assert (answer.status_code, inquiry.ticket.language) == (302, "en")
    assert inquiry.ticket.customer.time_zone == "Asia/Tokyo"


def test_the_page_is_small_and_has_no_script(english: Client, inquiry: Opened):
    text = english.get(f"/r/{inquiry.token}/").text

    assert "<script" not in text
    assert len(text.encode()) < 30_000


def test_a_broken_promise_is_named_with_the_new_time(
    english: Client, inquiry: Opened, aiko: Agent, monday_at_ten
):
    monday_at_ten.move_to(MONDAY_AT_TEN + timedelta(hours=5), tick=False)
    assert "We are late." in english.get(f"/r/{inquiry.token}/").text
    tomorrow = MONDAY_AT_TEN + timedelta(days=1)
    reply_to_customer(inquiry.ticket, Reply(body="Sorry.", promise_at=tomorrow), agent=aiko)

    text = Page(english.get(f"/r/{inquiry.token}/").text).text

    assert "We did not keep our last promise of Mon 5 Oct 2026, 14:00, and are sorry." in text
    assert "We will contact you by Tue 6 Oct 2026, 10:00 (JST)" in text
