"""The promise as an entry of the customer's own calendar."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from icalendar import Calendar, Component

from accounts.models import Agent
from mail.models import OutboundEmail
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_customer, an_inquiry
from tests.html import Page
from tickets.services.handling import reopen, solve
from tickets.services.opening import Opened
from tickets.services.replying import Reply, reply_to_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]
AT_THREE = MONDAY_AT_TEN.replace(hour=15)


def entry(browser: Client, inquiry: Opened) -> Component:
    answer = browser.get(f"/r/{inquiry.token}/promise.ics")
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    [event] = Calendar.from_ical(answer.content).walk("VEVENT")
    return event


def test_page_mail_and_calendar_name_the_same_instant(english: Client, aiko: Agent):
    customer = a_customer(language="en", time_zone="Europe/Paris")
    inquiry = an_inquiry(customer=customer, language="en")
    reply_to_customer(inquiry.ticket, Reply(body="Soon.", promise_at=AT_THREE), agent=aiko)

    page = Page(english.get(f"/r/{inquiry.token}/").text)
    letter = OutboundEmail.objects.latest("pk").text

    told = "Mon 5 Oct 2026, 08:00 (CEST)"
    assert told in page.text
    assert told in letter
    assert AT_THREE.astimezone(UTC) == entry(english, inquiry).decoded("dtstart")
    assert AT_THREE in [datetime.fromisoformat(each["datetime"]) for each in page.all("time")]


def test_a_renewed_promise_moves_the_same_entry(english: Client, aiko: Agent):
    inquiry = an_inquiry(language="en")
    first = entry(english, inquiry)
    reply_to_customer(inquiry.ticket, Reply(body="Soon.", promise_at=AT_THREE), agent=aiko)
    second = entry(english, inquiry)

    assert first["uid"] == second["uid"]
    assert second["sequence"] > first["sequence"]
    assert second.decoded("dtstart") > first.decoded("dtstart")


def test_a_solved_inquiry_takes_it_out_and_a_reopened_one_puts_it_back(
    english: Client, aiko: Agent
):
    inquiry = an_inquiry(language="en")
    sequences = [entry(english, inquiry)["sequence"]]
    solve(inquiry.ticket, agent=aiko)
    over = entry(english, inquiry)
    reopen(inquiry.ticket, agent=aiko, now=MONDAY_AT_TEN + timedelta(hours=1))
    back = entry(english, inquiry)

    sequences += [over["sequence"], back["sequence"]]
    assert (over["status"], back["status"]) == ("CANCELLED", "CONFIRMED")
    assert sequences == sorted(set(sequences))


def test_only_its_address_field_knows_the_link_and_no_line_is_too_long(english: Client):
    inquiry = an_inquiry(language="ja", subject="件名に\r\nSUMMARY:悪い行")
    raw = english.get(f"/r/{inquiry.token}/promise.ics").content

    event = entry(english, inquiry)
    assert inquiry.token in event["url"]
    assert inquiry.token not in f"{event['summary']}{event['description']}{event['uid']}"
    assert "悪い行" not in raw.decode()
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    assert re.search(rb"DTSTART:\d{8}T\d{6}Z\r\n", raw)
