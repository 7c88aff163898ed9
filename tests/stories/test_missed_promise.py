"""A promise breaks: who hears of it, when, and what the customer is told."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client

from accounts.models import Agent, Notification
from mail.delivery import deliver_due
from mail.notifying import mail_notifications
from sla.models import Commitment, Escalation
from sla.sweep import sweep_due
from tests.conftest import MONDAY_AT_TEN, signed_in
from tests.factories import an_inquiry
from tests.html import Page
from tickets.services.handling import assign
from tickets.services.opening import Opened
from tickets.services.replying import Reply, reply_to_customer

pytestmark = pytest.mark.django_db

DUE = MONDAY_AT_TEN.replace(hour=14)
SECOND = timedelta(seconds=1)
BREACH, WARNING, SETTLED = (
    Notification.Kind.BREACH,
    Notification.Kind.WARNING,
    Notification.Kind.SETTLED,
)


@pytest.fixture
def inquiry(aiko: Agent, ben: Agent, chika: Agent, monday_at_ten: time_machine.Traveller) -> Opened:
    """Aiko has Hana's inquiry, promised for 14:00, and Jiro's lies beside it."""
    an_inquiry(email="jiro@example.com", now=MONDAY_AT_TEN + timedelta(hours=3))
    opened = an_inquiry(language="en", subject="No paper")
    assign(opened.ticket, to=aiko, by=aiko)
    return opened


def told(sort: str, about: Commitment, *people: Agent) -> list[int]:
    """How often each of them was told this about this commitment."""
    return [
        each.notifications.filter(kind=sort, facts__commitment=about.pk).count() for each in people
    ]


def sweep_and_mail(traveller: time_machine.Traveller, at: datetime) -> None:
    traveller.move_to(at, tick=False)
    sweep_due(now=at)
    mail_notifications(now=at)
    deliver_due(now=at)


def promise_of(inquiry: Opened) -> Commitment:
    return inquiry.ticket.clock.commitments.promises().earliest("pk")


def test_at_the_promised_instant_itself_nothing_is_broken(
    inquiry: Opened, monday_at_ten: time_machine.Traveller
):
    sweep_and_mail(monday_at_ten, DUE)

    assert not promise_of(inquiry).is_broken
    assert not Escalation.objects.exists()


def test_the_assignee_hears_first_then_the_lead_then_the_manager_each_once(
    inquiry: Opened,
    aiko: Agent,
    ben: Agent,
    chika: Agent,
    monday_at_ten: time_machine.Traveller,
):
    heard = []

    for minutes in (0, 0, 14, 15, 15, 59, 60, 60, 90):
        sweep_and_mail(monday_at_ten, DUE + timedelta(minutes=minutes) + SECOND)
        heard.append(told(BREACH, promise_of(inquiry), aiko, ben, chika))

    assert heard == [
        *[[1, 0, 0]] * 3,
        *[[1, 1, 0]] * 3,
        *[[1, 1, 1]] * 3,
    ]
    promise = promise_of(inquiry)
    assert promise.breached_at == DUE
    levels = promise.escalations.order_by("level").values_list("level", "at", "is_skipped")
    assert list(levels) == [
        (1, DUE, False),
        (2, DUE + timedelta(minutes=15), False),
        (3, DUE + timedelta(minutes=60), False),
    ]


def test_each_of_them_gets_one_letter_that_leads_to_the_ticket(
    inquiry: Opened,
    aiko: Agent,
    ben: Agent,
    chika: Agent,
    monday_at_ten: time_machine.Traveller,
):
    for minutes in (0, 15, 60, 61):
        sweep_and_mail(monday_at_ten, DUE + timedelta(minutes=minutes) + SECOND)

    for agent in (aiko, ben, chika):
        letters = [
            letter
            for letter in mail.outbox
            if letter.to == [agent.email] and letter.subject.startswith("Promise broken")
        ]
        # The first reply and the promise were due at once: that is one piece of news.
        assert len(letters) == 1
        assert f"#{inquiry.ticket.number} No paper" in letters[0].subject
        assert inquiry.ticket.clock.path in letters[0].body
        assert "Mon 5 Oct 2026, 14:00" in letters[0].body


def test_without_an_assignee_the_whole_team_hears_and_nobody_else(
    aiko: Agent,
    ben: Agent,
    mallory: Agent,
    chika: Agent,
    monday_at_ten: time_machine.Traveller,
):
    inquiry = an_inquiry()

    sweep_and_mail(monday_at_ten, DUE + SECOND)

    told_of_it = told(BREACH, promise_of(inquiry), aiko, ben, mallory, chika)
    assert told_of_it == [1, 1, 0, 0]


def test_a_promise_that_breaks_at_night_is_mailed_in_the_morning(
    inquiry: Opened, aiko: Agent, monday_at_ten: time_machine.Traveller
):
    tonight = MONDAY_AT_TEN.replace(hour=20)
    reply_to_customer(inquiry.ticket, Reply(body="Later.", promise_at=tonight), agent=aiko)
    mail.outbox.clear()

    sweep_and_mail(monday_at_ten, tonight + SECOND)
    promise = inquiry.ticket.clock.commitments.promises().latest("pk")
    assert told(BREACH, promise, aiko) == [1]
    assert [letter for letter in mail.outbox if letter.to == [aiko.email]] == []
    sweep_and_mail(monday_at_ten, MONDAY_AT_TEN.replace(day=6, hour=9))

    assert any(letter.subject.startswith("Promise broken") for letter in mail.outbox)


def test_the_customers_page_says_honestly_that_we_are_late(
    inquiry: Opened, english: Client, monday_at_ten: time_machine.Traveller
):
    in_time = english.get(f"/r/{inquiry.token}/")
    sweep_and_mail(monday_at_ten, DUE + timedelta(minutes=5))
    late = Page(english.get(f"/r/{inquiry.token}/").text)

    assert "We are late." not in in_time.text
    assert "We are late." in late.text
    assert "by Mon 5 Oct 2026, 14:00 (JST) and have not done so" in late.text


def test_a_late_reply_closes_the_promise_and_it_still_counts_as_broken(
    inquiry: Opened,
    aiko: Agent,
    ben: Agent,
    chika: Agent,
    english: Client,
    monday_at_ten: time_machine.Traveller,
):
    sweep_and_mail(monday_at_ten, DUE + SECOND)
    sweep_and_mail(monday_at_ten, DUE + timedelta(minutes=20))
    monday_at_ten.move_to(DUE + timedelta(minutes=30), tick=False)
    desk = signed_in(aiko)
    form = Page(desk.get(inquiry.ticket.clock.path).text).form("/replies/")

    answer = {**form.sent_with("outcome", "promise"), "body": "Sorry, we are still looking."}
    desk.post(form.action, answer)

    promise = promise_of(inquiry)
    assert promise.is_broken
    assert promise.met_at == promise.ended_at == DUE + timedelta(minutes=30)
    live = inquiry.ticket.clock.commitments.promises().live().get()
    assert live.due_at > DUE + timedelta(minutes=30)

    # Whoever was alarmed hears once that it is settled; whoever was not, hears nothing.
    assert told(SETTLED, promise, aiko, ben, chika) == [1, 1, 0]
    sweep_and_mail(monday_at_ten, DUE + timedelta(minutes=61))
    assert told(BREACH, promise, chika) == [0]

    page = Page(english.get(f"/r/{inquiry.token}/").text)
    assert "We are late." not in page.text
    assert "promised for Mon 5 Oct 2026, 14:00 · contacted Mon 5 Oct 2026, 14:30" in page.text
    assert any(each.get("aria-label") == "Broken" for each in page.all("svg"))


def test_a_reply_in_time_is_kept_and_alarms_nobody(
    inquiry: Opened, aiko: Agent, english: Client, monday_at_ten: time_machine.Traveller
):
    monday_at_ten.move_to(DUE, tick=False)
    tomorrow = DUE + timedelta(days=1)

    reply_to_customer(inquiry.ticket, Reply(body="Soon.", promise_at=tomorrow), agent=aiko)
    sweep_and_mail(monday_at_ten, DUE + timedelta(minutes=90))

    promise = promise_of(inquiry)
    assert (promise.state, promise.met_at) == ("met", DUE)
    assert told(BREACH, promise, aiko) == [0]
    breached = Commitment.objects.filter(state="breached", clock=inquiry.ticket.clock)
    assert not breached.exists()
    page = Page(english.get(f"/r/{inquiry.token}/").text)
    assert any(each.get("aria-label") == "Kept" for each in page.all("svg"))


def test_the_assignee_is_warned_before_the_promise_breaks(
    inquiry: Opened, aiko: Agent, ben: Agent, monday_at_ten: time_machine.Traveller
):
    warnings = []

    for minutes in (179, 180, 215, 216):
        sweep_and_mail(monday_at_ten, MONDAY_AT_TEN + timedelta(minutes=minutes))
        warnings.append(told(WARNING, promise_of(inquiry), aiko, ben))

    assert warnings == [[0, 0], [1, 0], [1, 0], [2, 0]]
