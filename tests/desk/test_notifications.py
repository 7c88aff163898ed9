from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from sla.sweep import sweep_due
from tests.conftest import MONDAY_AT_TEN, signed_in
from tests.desk.pages import links, words
from tests.factories import a_ticket
from tickets.services.handling import assign
from tickets.services.replying import Reply, receive_reply, reply_to_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]
BELL = "/desk/notifications/"


def test_a_broken_promise_is_told_with_its_ticket_and_its_time(as_aiko, aiko, monday_at_ten):
    ticket = a_ticket(subject="印字がかすれます")
    promise_at = MONDAY_AT_TEN + timedelta(minutes=30)
    reply_to_customer(ticket, Reply(body="調べます。", promise_at=promise_at), agent=aiko)
    monday_at_ten.shift(timedelta(minutes=31))
    sweep_due(now=MONDAY_AT_TEN + timedelta(minutes=31))

    page = as_aiko.get(BELL)

    seen = words(page)
    assert "A promise is broken" in seen
    assert "印字がかすれます" in seen
    assert "Promised for today 10:30" in seen
    assert reverse("desk:ticket", args=[ticket.number]) in links(page)


def test_each_hears_only_what_concerns_them(aiko, ben, mallory):
    ticket = a_ticket()
    assign(ticket, to=ben, by=aiko)

    assert "Assigned to you" in words(signed_in(ben).get(BELL))
    assert "Assigned to you" not in words(signed_in(aiko).get(BELL))
    assert "Assigned to you" not in words(signed_in(mallory).get(BELL))


def test_everything_can_be_marked_as_read(as_aiko, aiko):
    ticket = a_ticket()
    receive_reply(ticket, body="まだです。")
    assert "Mark all as read" in words(as_aiko.get(BELL))

    page = as_aiko.post(reverse("desk:notifications_read"), follow=True)

    assert "The customer wrote" in words(page)
    assert "Mark all as read" not in words(page)


def test_an_empty_bell_says_when_it_will_ring(as_aiko):
    seen = words(as_aiko.get(BELL))

    assert "Nobody has told you anything yet. You hear of it when" in seen


def test_the_bell_asks_few_questions_for_many_notifications(as_aiko, django_assert_max_num_queries):
    for _ in range(8):
        receive_reply(a_ticket(), body="まだです。")

    with django_assert_max_num_queries(6):
        as_aiko.get(BELL)
