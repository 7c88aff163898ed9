"""Many tickets at once: each by itself, in the history as such, and taken back for 30 seconds."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import translation

from accounts.services import add_member
from sla.models import Status
from tests.conftest import MONDAY_AT_TEN
from tests.factories import AgentFactory, a_customer, a_ticket
from tests.tickets.test_consistency import check
from tickets.events import sentence
from tickets.exceptions import TooLateToUndo
from tickets.models import BulkChange, BulkItem, Ticket
from tickets.services import bulk
from tickets.services.bulk import (
    WAYS,
    Action,
    continue_bulk_changes,
    start_bulk_change,
    undo_bulk_change,
)
from tickets.services.handling import assign, set_status, set_tags, solve
from tickets.services.merging import merge_tickets
from tickets.services.rematching import change_priority

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support")]
LATER = MONDAY_AT_TEN + timedelta(minutes=5)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _five_minutes_later(monday_at_ten):
    """What is done in bulk is not done in the second in which the inquiry came."""
    monday_at_ten.move_to(LATER)


def inquiry(**fields):
    return a_ticket(now=MONDAY_AT_TEN, **fields)


def do(tickets, action, by, **facts):
    found = Ticket.objects.filter(pk__in=[ticket.pk for ticket in tickets])
    return start_bulk_change(found, action=action, facts=facts, by=by, now=LATER)


def outcomes(change):
    return list(change.items.order_by("pk").values_list("outcome", flat=True))


def state(ticket):
    """All that a bulk change can change of a ticket."""
    ticket = Ticket.objects.get(pk=ticket.pk)
    names = [tag.name for tag in ticket.tags.all()]
    return ticket.assignee_id, ticket.status, ticket.priority, ticket.hold_reason, names


FACTS = {
    Action.ASSIGN: {"to": None},
    Action.STATUS: {"status": "on_hold", "reason": "The supplier"},
    Action.PRIORITY: {"priority": "high"},
    Action.TAG: {"tags": ["VIP"]},
    Action.UNTAG: {"tags": ["故障"]},
    Action.RESOLVE: {},
}


def test_every_action_is_tried_here():
    assert set(FACTS) == set(WAYS)


@pytest.mark.parametrize("action", FACTS)
def test_what_is_done_can_be_undone_and_ticket_and_clock_agree(aiko, action):
    ticket = assign(inquiry(), to=aiko, by=aiko)
    set_tags(ticket, names=["故障"], by=aiko)
    set_status(ticket, to=Status.PENDING_CUSTOMER, agent=aiko)
    before = state(ticket)

    change = do([ticket], action, aiko, **FACTS[action])
    assert outcomes(change) == ["done"]
    assert state(ticket) != before
    check(ticket, now=LATER)

    undo_bulk_change(change, now=LATER + SECOND)
    assert outcomes(change) == ["undone"]
    assert state(ticket) == before
    check(ticket, now=LATER + SECOND)


def test_those_that_are_resolved_or_are_so_already_stay_as_they_are(aiko):
    plain, urgent, done = inquiry(), inquiry(), inquiry()
    change_priority(urgent, to="high", by=aiko)
    solve(done, agent=aiko)

    change = do([plain, urgent, done], Action.PRIORITY, aiko, priority="high")

    assert outcomes(change) == ["done", "same", "same"]
    assert Ticket.objects.get(pk=done.pk).priority == "normal"
    assert change.finished_at == LATER


def test_what_cannot_be_done_to_one_is_done_to_the_others_and_said(aiko, mallory, other_team):
    ours, theirs = inquiry(), inquiry(team=other_team)

    change = do([ours, theirs], Action.ASSIGN, mallory, to=mallory.pk, name="Mallory")

    assert outcomes(change) == ["failed", "done"]
    assert change.items.get(ticket=ours).error == "Mallory is not in the team of this ticket."


def test_a_ticket_that_was_merged_meanwhile_is_left_alone(aiko):
    customer = a_customer()
    gone, stays = inquiry(customer=customer), inquiry(customer=customer)
    merge_tickets(gone, into=stays, agent=aiko)
    change = do([stays], Action.RESOLVE, aiko)
    item = BulkItem.objects.create(change=change, ticket=gone)

    bulk._do_next(change, now=LATER)

    item.refresh_from_db()
    assert item.outcome == "same"


def test_the_history_says_that_it_was_done_in_bulk(aiko):
    ticket = inquiry()

    do([ticket], Action.PRIORITY, aiko, priority="high")
    set_tags(ticket, names=["VIP"], by=aiko, now=LATER + SECOND)

    with translation.override("en"):
        told = [sentence(event.kind, event.facts, "Aiko") for event in ticket.events.order_by("pk")]
    assert told[-2:] == [
        "Aiko changed the priority from Normal to High. (in bulk)",
        "Aiko added tags: VIP",
    ]


def test_undo_leaves_what_somebody_has_gone_on_with_and_says_so(aiko, ben):
    left, touched = inquiry(), inquiry()
    change = do([left, touched], Action.PRIORITY, aiko, priority="high")
    set_tags(touched, names=["VIP"], by=ben)

    undo_bulk_change(change, now=LATER + SECOND)

    assert [state(left)[2], state(touched)[2]] == ["normal", "high"]
    assert outcomes(change) == ["undone", "kept"]
    assert change.items.get(ticket=touched).error == "It was changed again in the meantime."


def test_a_change_is_undone_once_and_within_thirty_seconds(aiko):
    ticket = inquiry()
    change = do([ticket], Action.PRIORITY, aiko, priority="high")

    with pytest.raises(TooLateToUndo):
        undo_bulk_change(change, now=LATER + 31 * SECOND)
    undo_bulk_change(change, now=LATER + 30 * SECOND)
    with pytest.raises(TooLateToUndo):
        undo_bulk_change(change, now=LATER + 30 * SECOND)

    assert state(ticket)[2] == "normal"


def test_an_assignee_who_has_left_gets_nothing_back(aiko, ben, support):
    leaver = AgentFactory(name="Dai")
    add_member(support, leaver)
    ticket = assign(inquiry(), to=leaver, by=ben)
    change = do([ticket], Action.ASSIGN, ben, to=aiko.pk, name="Aiko")
    leaver.is_active = False
    leaver.save()

    undo_bulk_change(change, now=LATER + SECOND)

    assert outcomes(change) == ["kept"]
    assert state(ticket)[0] == aiko.pk


def test_many_are_done_in_the_background_in_batches(aiko, monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 3)
    monkeypatch.setattr(bulk, "BATCH", 2)
    customer = a_customer()
    tickets = [inquiry(customer=customer) for _ in range(5)]

    change = do(tickets, Action.TAG, aiko, tags=["VIP"])
    assert outcomes(change) == ["waiting"] * 5

    assert continue_bulk_changes(now=LATER)
    assert outcomes(change).count("done") == 2
    while continue_bulk_changes(now=LATER):
        pass
    change.refresh_from_db()
    assert outcomes(change) == ["done"] * 5
    assert change.finished_at == LATER

    undo_bulk_change(change, now=LATER + SECOND)
    assert outcomes(change) == ["done"] * 5
    while continue_bulk_changes(now=LATER + SECOND):
        pass
    assert outcomes(change) == ["undone"] * 5


def test_what_a_request_carries_out_is_left_to_it_until_it_seems_dead(aiko):
    tickets = [inquiry(), inquiry()]
    change = do(tickets, Action.TAG, aiko, tags=["VIP"])
    # As another process sees it while the request is at work.
    change.items.update(outcome="waiting")
    BulkChange.objects.update(finished_at=None)

    assert not continue_bulk_changes(now=change.started_at + SECOND)
    assert outcomes(change) == ["waiting"] * 2

    continue_bulk_changes(now=change.started_at + bulk.REQUEST_LASTS)
    assert outcomes(change) != ["waiting"] * 2


def test_one_that_breaks_is_logged_and_stops_nobody(aiko, monkeypatch):
    broken, fine = inquiry(), inquiry()
    real = bulk._held

    def hold(item):
        if item.ticket_id == broken.pk:
            raise LookupError(item)
        return real(item)

    monkeypatch.setattr(bulk, "_held", hold)

    change = do([broken, fine], Action.RESOLVE, aiko)

    assert outcomes(change) == ["failed", "done"]
    assert state(broken)[1] == "new"
