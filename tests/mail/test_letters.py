"""What letters look like: headers nobody can inject, ids nobody can forge, HTML nobody can abuse."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import pytest
from django.conf import LazySettings
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Notification
from mail.delivery import as_received, build_message
from mail.letters import Letter, as_html, one_line, write_letter, write_to
from mail.message_ids import is_ours, new_message_id
from mail.models import OutboundEmail
from mail.services import queue_email
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_ticket, an_inquiry
from tests.html import Page
from tickets.letters import letter_values
from tickets.services.replying import Reply, reply_to_customer

pytestmark = pytest.mark.django_db

HEADERS = ["\r\nBcc: evil@example.com", "\nBcc: evil@example.com", "\rX: y", "\x00", "\u2028\x85X"]


def a_letter(subject: str = "Hello", text: str = "Hello.\n", **fields) -> OutboundEmail:
    values = {"to": "hana@example.com", "dedupe_key": "one", "language": "en", **fields}
    return queue_email(letter=Letter(subject, text), now=timezone.now(), **values)


# Headers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("injected", HEADERS)
def test_a_line_break_in_a_subject_stays_in_the_subject(injected: str):
    email = a_letter(subject=f"Printer{injected}")

    received = as_received(email)

    assert received["Bcc"] is None
    assert received["X"] is None
    assert len(str(received["Subject"]).splitlines()) == 1
    assert build_message(email).recipients() == ["hana@example.com"]


@pytest.mark.parametrize("injected", HEADERS)
def test_a_line_break_in_a_header_value_stays_in_it(injected: str):
    email = a_letter(headers={"In-Reply-To": f"<a@b>{injected}"})

    assert as_received(email)["Bcc"] is None


@pytest.mark.usefixtures("support")
def test_what_a_customer_wrote_reaches_no_header_but_the_subject_of_the_reply(aiko):
    ticket = a_ticket(subject="Printer\r\nBcc: evil@example.com\r\n\r\nBuy now")

    email = reply_to_customer(ticket, Reply(body="Hi.", solves=True), agent=aiko).email

    received = as_received(email)
    assert received["Bcc"] is None
    assert received["To"] == "hana@example.com"
    assert build_message(email).recipients() == ["hana@example.com"]


@pytest.mark.usefixtures("support")
def test_an_acknowledgement_carries_nothing_a_stranger_wrote():
    an_inquiry(subject="BUY NOW", body="http://spam.example", name="Prince", email="v@example.com")

    received = as_received(OutboundEmail.objects.get())

    assert all(word not in received.as_string() for word in ("BUY NOW", "spam.example", "Prince"))


@pytest.mark.usefixtures("support", "monday_at_ten")
def test_an_acknowledgement_tells_machines_that_a_machine_wrote_it(settings: LazySettings):
    an_inquiry()

    received = as_received(OutboundEmail.objects.get())

    assert received["Auto-Submitted"] == "auto-replied"
    assert received["X-Auto-Response-Suppress"] == "All"
    assert received["X-Loop"] == settings.MAIL_HOST
    assert received["Precedence"] is None
    assert parsedate_to_datetime(received["Date"]) == MONDAY_AT_TEN
    assert received["From"].addresses[0].addr_spec == settings.DEFAULT_FROM_EMAIL


@pytest.mark.usefixtures("support")
def test_a_persons_reply_is_no_automatic_answer(aiko):
    email = reply_to_customer(a_ticket(), Reply(body="Hi.", solves=True), agent=aiko).email

    assert as_received(email)["Auto-Submitted"] is None


@pytest.mark.parametrize("value", ["a\tb", "  a  b ", "a\x01\x1b\x7fb", "a\r\n b"])
def test_one_line_is_one_line(value: str):
    assert one_line(value) == "a b"


# Identity ---------------------------------------------------------------------------------------


def test_our_message_ids_are_recognised_and_no_others():
    message_id = new_message_id()
    local, _, host = message_id.strip("<>").partition("@")
    kind, nonce, check = local.split(".")
    changed = f"{'1' if nonce[0] == '0' else '0'}{nonce[1:]}"

    assert is_ours(message_id)
    for forged in (
        *("", "<a@b>", f"<{kind}.{nonce}.{'0' * 20}@{host}>", f"<{kind}.{changed}.{check}@{host}>"),
        *(message_id + "\n", message_id.upper(), f"<{kind}.{nonce}@{host}>"),
    ):
        assert not is_ours(forged)


def test_message_ids_made_before_a_change_of_the_secret_key_are_still_ours(settings: LazySettings):
    message_id = new_message_id()
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another key"

    assert not is_ours(message_id)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert is_ours(message_id)


def test_no_two_letters_share_an_id():
    assert len({new_message_id() for _ in range(1000)}) == 1000


def test_one_cause_is_one_letter_for_ever():
    a_letter()

    with pytest.raises(IntegrityError), transaction.atomic():
        a_letter()

    assert OutboundEmail.objects.count() == 1


# The HTML part ----------------------------------------------------------------------------------


def test_the_html_part_says_what_the_text_says():
    page = Page(as_html("Hello,\n\nsee http://127.0.0.1/r/abc/ now.\n", language="en"))

    assert "Hello, see http://127.0.0.1/r/abc/ now." in page.text
    assert [a["href"] for a in page.all("a")] == ["http://127.0.0.1/r/abc/"]


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("template", ["notification", "digest"])
def test_every_letter_to_agents_has_a_subject_and_a_body_in_each_language(
    template: str, language: str
):
    context = {"notification": Notification(kind="breach", label="#7 No paper")}

    letter = write_letter(template, language=language, time_zone="Asia/Tokyo", context=context)

    assert len(letter.subject) > 3
    assert len(letter.text.splitlines()) > 2
    assert letter.text.isascii() == (language == "en")


def test_times_are_told_in_the_readers_zone(support):
    opened = an_inquiry(now=MONDAY_AT_TEN)
    told = []
    for zone in ("Asia/Tokyo", "America/New_York"):
        opened.ticket.language, opened.ticket.customer.time_zone = "en", zone
        values = letter_values(opened.ticket, "acknowledgement", link="", context={})
        told.append(write_to("acknowledgement", values, language="en").text)

    assert "Mon 5 Oct 2026, 14:00 (JST)" in told[0]
    assert "Mon 5 Oct 2026, 01:00 (EDT)" in told[1]
