from __future__ import annotations

from datetime import timedelta

import pytest

from sla.explaining import explain, terms_in_words
from sla.models import Kind
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_ticket
from tickets.services.handling import solve
from tickets.services.recording import lock_ticket, record
from tickets.services.rematching import change_priority
from tickets.services.replying import Reply, reply_to_customer

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


def test_the_working_time_that_counted_is_told_opening_by_opening(aiko, monday_at_ten):
    ticket = a_ticket()
    solve(ticket, agent=aiko, now=MONDAY_AT_TEN + timedelta(days=1))

    explained = explain(ticket.clock, now=MONDAY_AT_TEN + timedelta(days=2))
    resolution = next(each for each in explained if each.kind == Kind.RESOLUTION)

    assert [(span.start, span.end) for span in resolution.counted] == [
        (MONDAY_AT_TEN, MONDAY_AT_TEN.replace(hour=18)),
        (MONDAY_AT_TEN.replace(day=6, hour=9), MONDAY_AT_TEN.replace(day=6, hour=10)),
    ]
    assert sum(span.seconds for span in resolution.counted) == resolution.used_seconds


def test_what_has_ended_is_explained_too_with_the_reason(aiko, monday_at_ten):
    ticket = a_ticket()
    solve(ticket, agent=aiko, now=MONDAY_AT_TEN + timedelta(hours=1))

    ended = {each.kind: each for each in explain(ticket.clock, now=MONDAY_AT_TEN)}

    assert {kind: each.end_reason for kind, each in ended.items()} == {
        "ack": "ack_sent",
        "first_reply": "resolved_without_reply",
        "promise": "resolved",
        "resolution": "resolved",
    }
    assert [step.event for step in ended["promise"].steps] == ["create"]


def test_a_promise_is_not_explained_by_one_that_nobody_was_told_of(aiko, monday_at_ten):
    ticket = a_ticket()
    first, second = (
        reply_to_customer(
            ticket, Reply(body="x", promise_at=MONDAY_AT_TEN + each), agent=aiko, now=at
        )
        for at, each in (
            (MONDAY_AT_TEN + timedelta(minutes=5), timedelta(hours=1)),
            (MONDAY_AT_TEN + timedelta(minutes=9), timedelta(hours=2)),
        )
    )
    held = lock_ticket(ticket)
    record(held, "delivery_failed", now=MONDAY_AT_TEN + timedelta(minutes=20), outgoing=first.pk)

    promise = explanation(ticket, Kind.PROMISE)

    assert second.sent_at == promise.started_at
    assert [(step.event, step.at) for step in promise.steps] == [
        ("outgoing", MONDAY_AT_TEN + timedelta(minutes=9))
    ]
