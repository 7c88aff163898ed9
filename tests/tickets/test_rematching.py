from __future__ import annotations

from copy import deepcopy
from datetime import timedelta

import pytest

from sla.editing import save_calendar, save_policy
from sla.models import BusinessCalendar, Kind, Policy
from sla.presets import standard_settings
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_ticket
from tickets.models import Ticket
from tickets.services.handling import solve
from tickets.services.rematching import BATCH, change_priority, continue_rematch, start_rematch

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]
HOUR = 3600


def due(ticket: Ticket, kind: str):
    return ticket.clock.commitments.live().get(kind=kind).due_at


def edit(**targets: int) -> None:
    policy = Policy.objects.get(is_default=True)
    settings = deepcopy(standard_settings())
    settings["targets"]["normal"].update(targets)
    save_policy(
        policy=policy, name=policy.name, calendar=policy.calendar, conditions={}, settings=settings
    )


def test_an_edit_reaches_open_tickets_and_leaves_the_promise_alone():
    ticket = a_ticket()
    promised = due(ticket, Kind.PROMISE)

    edit(first_reply=2 * HOUR)
    rematch = start_rematch()
    assert continue_rematch() is False

    rematch.refresh_from_db()
    ticket.refresh_from_db()
    assert due(ticket, Kind.FIRST_REPLY) == MONDAY_AT_TEN + timedelta(hours=2)
    assert due(ticket, Kind.PROMISE) == promised == ticket.next_contact_at
    assert ticket.next_due_at == MONDAY_AT_TEN + timedelta(hours=2)
    assert (rematch.total, rematch.done, rematch.moved) == (1, 1, 1)


def test_resolved_tickets_and_tickets_under_the_same_terms_stay_as_they_are():
    solved, other = a_ticket(), a_ticket(email="taro@example.com")
    solve(solved, agent=None)

    rematch = start_rematch()
    continue_rematch()

    rematch.refresh_from_db()
    assert (rematch.done, rematch.moved) == (1, 0)
    assert not other.clock.events.filter(type="policy").exists()


def test_other_opening_hours_reach_tickets_through_the_policy():
    ticket = a_ticket()
    calendar = BusinessCalendar.objects.get()
    hours = deepcopy(calendar.versions.get().hours)
    hours["weekly"]["mon"] = [["09:00", "12:00"]]

    save_calendar(calendar=calendar, name=calendar.name, hours=hours)
    start_rematch()
    continue_rematch()

    # Two hours on Monday, the other two on Tuesday morning.
    assert due(ticket, Kind.FIRST_REPLY) == MONDAY_AT_TEN + timedelta(days=1, hours=1)


def test_many_tickets_are_taken_in_batches_with_progress():
    tickets = [a_ticket(email=f"c{n}@example.com") for n in range(3)]
    edit(resolution=9 * HOUR)
    rematch = start_rematch()
    rematch.last_ticket = tickets[0].pk
    rematch.save()

    continue_rematch()

    rematch.refresh_from_db()
    assert BATCH > 2
    assert (rematch.done, rematch.moved) == (2, 2)
    assert rematch.finished_at is not None


def test_a_higher_priority_tightens_targets_but_not_the_promise(aiko):
    ticket = a_ticket()
    promised = due(ticket, Kind.PROMISE)

    change_priority(ticket, to="urgent", by=aiko)

    ticket.refresh_from_db()
    assert due(ticket, Kind.FIRST_REPLY) == MONDAY_AT_TEN + timedelta(minutes=30)
    assert due(ticket, Kind.PROMISE) == promised
    assert ticket.priority == "urgent"
    assert ticket.next_due_at == MONDAY_AT_TEN + timedelta(minutes=30)


def test_a_policy_with_conditions_wins_over_the_default_for_what_it_names(aiko):
    settings = standard_settings()
    settings["targets"]["urgent"]["first_reply"] = 10 * 60
    default = Policy.objects.get(is_default=True)
    save_policy(
        policy=None,
        name="Urgent",
        calendar=default.calendar,
        conditions={"priority": ["urgent"]},
        settings=settings,
    )
    ticket, urgent = a_ticket(), a_ticket(email="taro@example.com", priority="urgent")

    change_priority(ticket, to="urgent", by=aiko)

    for each in (ticket, urgent):
        assert due(each, Kind.FIRST_REPLY) == MONDAY_AT_TEN + timedelta(minutes=10)
