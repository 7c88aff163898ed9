"""Who is at a ticket: seen by colleagues for seconds, by nobody else, and never an error."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse
from redis import Redis

from common import doorbell
from common.presence import who_is_at
from tests.conftest import signed_in
from tests.factories import a_ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]


@pytest.fixture(autouse=True)
def _nobody_is_there():
    redis = doorbell.client()
    for key in redis.scan_iter("yakusoku:presence:*"):
        redis.delete(key)


def be(client, ticket, state="viewing"):
    return client.post(reverse("desk:presence_create", args=[ticket.number]), {"state": state})


def in_list(client, *tickets):
    numbers = [ticket.number for ticket in tickets]
    return client.get(reverse("desk:presence_list"), {"number": numbers}).json()


def path(ticket):
    return reverse("desk:ticket", args=[ticket.number])


def test_colleagues_see_who_looks_and_who_writes(as_aiko, ben):
    ticket = a_ticket()
    as_ben = signed_in(ben)

    assert be(as_aiko, ticket).json()["words"] == ""
    assert be(as_ben, ticket, "writing").json()["words"] == "Aiko is looking"
    assert be(as_aiko, ticket).json()["words"] == "Ben is writing"
    assert in_list(as_aiko, ticket, a_ticket()) == {
        path(ticket): {"words": "Ben is writing", "is_writing": True, "seconds": 30}
    }


def test_who_writes_is_named_first(as_aiko, ben, chika):
    ticket = a_ticket()
    be(signed_in(ben), ticket)
    be(signed_in(chika), ticket, "writing")

    assert be(as_aiko, ticket).json()["words"] == "Chika is writing, Ben is looking"


def test_who_leaves_is_gone_at_once(as_aiko, ben):
    ticket = a_ticket()
    be(signed_in(ben), ticket)

    assert be(signed_in(ben), ticket, "left").status_code == 204
    assert be(as_aiko, ticket).json()["words"] == ""


def test_who_says_nothing_any_more_is_gone_after_half_a_minute(as_aiko, ben, monday_at_ten):
    ticket = a_ticket()
    be(signed_in(ben), ticket)

    monday_at_ten.shift(29)
    assert be(as_aiko, ticket).json()["words"] == "Ben is looking"
    monday_at_ten.shift(1)
    assert be(as_aiko, ticket).json()["words"] == ""
    # And Redis keeps nothing.
    assert 0 < doorbell.client().ttl(f"yakusoku:presence:{path(ticket)}") <= 30


def test_other_teams_neither_see_it_nor_are_seen(as_aiko, mallory):
    ticket = a_ticket()
    be(as_aiko, ticket)

    assert be(signed_in(mallory), ticket).status_code == 404
    assert in_list(signed_in(mallory), ticket) == {}
    assert len(who_is_at([path(ticket)])[path(ticket)]) == 1


@pytest.mark.parametrize("number", ["", "x", "9" * 30, "１０４２", "-1"])
def test_what_is_no_number_is_nobody(as_aiko, number):
    answer = as_aiko.get(reverse("desk:presence_list"), {"number": number})

    assert (answer.status_code, answer.json()) == (200, {})


def test_what_is_no_state_is_refused(as_aiko):
    assert be(as_aiko, a_ticket(), "dancing").status_code == 422


def test_a_page_of_tickets_costs_one_question_each(as_aiko, ben, django_assert_max_num_queries):
    tickets = [a_ticket() for _ in range(12)]
    for ticket in tickets:
        be(signed_in(ben), ticket)

    with django_assert_max_num_queries(3):
        assert len(in_list(as_aiko, *tickets)) == 12


def test_browsers_hear_only_of_news(as_aiko, settings):
    ticket = a_ticket()
    with Redis.from_url(settings.REDIS_URL) as redis, redis.pubsub() as subscription:
        subscription.subscribe(doorbell.CHANNEL)
        subscription.get_message(timeout=2)

        def heard():
            message = subscription.get_message(ignore_subscribe_messages=True, timeout=1)
            return json.loads(message["data"]) if message else None

        for state, news in [
            ("viewing", True),
            ("viewing", False),
            ("writing", True),
            ("left", True),
        ]:
            be(as_aiko, ticket, state)
            # Addresses only: whoever may not see the ticket learns nothing.
            assert heard() == ({"presence": [path(ticket)]} if news else None)


def test_without_redis_nobody_is_seen_and_nothing_fails(as_aiko, settings, monkeypatch):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(doorbell, "_publisher", None)
    ticket = a_ticket()

    assert be(as_aiko, ticket).json()["words"] == ""
    assert be(as_aiko, ticket, "left").status_code == 204
    assert in_list(as_aiko, ticket) == {}
