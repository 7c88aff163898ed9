from __future__ import annotations

from datetime import timedelta

import pytest

from sla.explaining import explain, terms_in_words
from sla.models import Kind
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_ticket
from tickets.services.rematching import change_priority

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support")]


def test_a_time_is_explained_by_the_events_that_moved_it(aiko, monday_at_ten):
    ticket = a_ticket()
    monday_at_ten.shift(timedelta(minutes=30))
    change_priority(ticket, to="high", by=aiko)

    first_reply = explanation(ticket, Kind.FIRST_REPLY)

    assert [(step.event, step.due_at) for step in first_reply.steps] == [
        ("create", MONDAY_AT_TEN + timedelta(hours=4)),
        ("priority", MONDAY_AT_TEN + timedelta(hours=2)),
    ]
    assert first_reply.target_seconds == 2 * 3600
    assert first_reply.used_seconds == 30 * 60
    assert first_reply.remaining_seconds == 90 * 60


def test_the_promise_is_explained_by_the_one_event_that_made_it(aiko, monday_at_ten):
    ticket = a_ticket()
    change_priority(ticket, to="urgent", by=aiko)

    promise = explanation(ticket, Kind.PROMISE)

    assert [step.event for step in promise.steps] == ["create"]
    assert promise.due_at == MONDAY_AT_TEN + timedelta(hours=4)


def test_the_terms_name_policy_hours_and_their_versions(monday_at_ten):
    terms = terms_in_words(a_ticket().clock)

    assert (terms.policy_number, terms.calendar_number) == (1, 1)
    assert terms.time_zone == "Asia/Tokyo"


def explanation(ticket, kind):
    now = MONDAY_AT_TEN + timedelta(minutes=30)
    return next(each for each in explain(ticket.clock, now=now) if each.kind == kind)
