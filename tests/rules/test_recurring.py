"""Tickets that are opened again and again."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from rules.models import Recurrence
from rules.recurring import next_time, open_due, save_recurrence
from tests.factories import a_customer
from tickets.models import Ticket

TOKYO = ZoneInfo("Asia/Tokyo")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=TOKYO)


@pytest.mark.parametrize(
    ("every", "first", "after", "expected"),
    [
        ("day", "2026-10-05T09:00", "2026-10-05T08:59", "2026-10-05T09:00"),
        ("day", "2026-10-05T09:00", "2026-10-05T09:00", "2026-10-06T09:00"),
        ("week", "2026-10-05T09:00", "2026-10-13T10:00", "2026-10-19T09:00"),
        ("month", "2026-01-31T09:00", "2026-02-01T00:00", "2026-02-28T09:00"),
        ("month", "2026-01-31T09:00", "2026-02-28T09:00", "2026-03-31T09:00"),
        ("month", "2026-01-31T09:00", "2026-12-31T09:00", "2027-01-31T09:00"),
    ],
)
def test_the_next_time_is_on_the_same_day_of_week_or_month(every, first, after, expected):
    recurrence = Recurrence(every=every, first_at=at(first))
    assert next_time(recurrence, after=at(after)) == at(expected)


def test_the_wall_time_stays_when_clocks_change(settings):
    settings.TIME_ZONE = "Europe/Berlin"
    berlin = ZoneInfo("Europe/Berlin")
    first = datetime(2026, 10, 24, 9, 0, tzinfo=berlin)
    recurrence = Recurrence(every="day", first_at=first)
    assert next_time(recurrence, after=first) == datetime(2026, 10, 25, 9, 0, tzinfo=berlin)


def test_a_due_one_is_opened_once_with_a_promise(support, aiko, admin, monday_at_ten):
    recurrence = save_recurrence(
        Recurrence(
            subject="Check-in",
            body="How is it going?",
            customer=a_customer(),
            team=support,
            assignee=aiko,
            every="week",
            first_at=at("2026-10-05T11:00"),
            keeper=admin,
        )
    )
    assert open_due() == 0
    monday_at_ten.shift(timedelta(hours=1))
    assert (open_due(), open_due()) == (1, 0)
    ticket = Ticket.objects.get()
    assert (ticket.subject, ticket.assignee) == ("Check-in", aiko)
    assert ticket.next_contact_at > at("2026-10-05T11:00")
    recurrence.refresh_from_db()
    assert recurrence.next_at == at("2026-10-12T11:00")
    assert recurrence.last_ticket == ticket

    # After three weeks without a running desk there is one, not three.
    monday_at_ten.shift(timedelta(weeks=3))
    assert open_due() == 1
    assert Ticket.objects.count() == 2
