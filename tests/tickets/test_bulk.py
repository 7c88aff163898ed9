"""Many tickets at once: each by itself, in the history as such, and taken back for 30 seconds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from accounts.services import add_member
from mail.models import OutboundEmail
from sla.models import Status
from sla.selectors import suggested_promises
from tests.conftest import MONDAY_AT_TEN
from tests.factories import AgentFactory, a_customer, a_ticket
from tests.tickets.test_consistency import check
from tickets.events import sentence
from tickets.exceptions import TooLateToUndo
from tickets.models import BulkChange, BulkItem, Ticket
from tickets.services import bulk
from tickets.services.bulk import continue_bulk_changes, start_bulk_change, undo_bulk_change
from tickets.services.bulk_ways import LETTERS_WAIT, WAYS, Action
from tickets.services.drafting import save_draft
from tickets.services.handling import assign, set_status, set_tags, solve
from tickets.services.merging import merge_tickets
from tickets.services.rematching import change_priority
from tickets.services.replying import receive_reply

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


def said_on(ticket):
    return ticket.messages.get(direction="outbound").body


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


def letter(*tickets, text="お待たせしております。", ending="promise", **fields):
    """The facts of a letter to these tickets, as its writer has seen them."""
    return {
        "text": text,
        "ending": ending,
        "after": None,
        "at": "",
        "tags": [],
        "priority": "",
        "seen": {str(ticket.pk): ticket.entry_count for ticket in tickets},
        **fields,
    }


def facts_of(action, ticket):
    if action == Action.REPLY:
        return letter(ticket, tags=["お知らせ"], priority="high")
    if action == Action.MERGE:
        return {"into": inquiry(customer=ticket.customer).pk}
    return FACTS[action]


@pytest.mark.parametrize("action", WAYS)
def test_what_is_done_can_be_undone_and_ticket_and_clock_agree(aiko, action):
    ticket = assign(inquiry(), to=aiko, by=aiko)
    set_tags(ticket, names=["故障"], by=aiko)
    set_status(ticket, to=Status.PENDING_CUSTOMER, agent=aiko)
    before = state(ticket)

    change = do([ticket], action, aiko, **facts_of(action, ticket))
    assert outcomes(change) == ["done"]
    assert state(ticket) != before
    check(ticket, now=LATER)

    undo_bulk_change(change, now=LATER + SECOND)
    assert outcomes(change) == ["undone"]
    assert state(ticket) == before
    check(ticket, now=LATER + SECOND)


def test_a_letter_to_each_is_filled_in_for_each_and_promises_what_its_policy_says(aiko):
    hana, emma = inquiry(), inquiry(customer=a_customer("emma@example.com", "Emma", language="en"))

    change = do(
        [hana, emma],
        Action.REPLY,
        aiko,
        **letter(hana, emma, text="{{お客様名}}様 {{number}} {{promise}}"),
    )

    assert outcomes(change) == ["done", "done"]
    said = [said_on(hana), said_on(emma)]
    assert said[0].startswith(f"山田花子様 {hana.number} 2026年10月6日(火) 10:05")
    assert said[1].startswith(f"Emma様 {emma.number} ")
    for ticket in (hana, emma):
        ticket.refresh_from_db()
        assert (ticket.status, ticket.assignee) == ("open", aiko)
        first = suggested_promises(ticket.clock.policy_version_id, "normal", now=LATER)[0]
        assert ticket.next_contact_at == first


def test_its_letters_wait_as_long_as_it_can_be_undone_and_an_undone_one_never_leaves(aiko):
    left, taken = inquiry(), inquiry()
    save_draft(taken, kind="reply", body="Another text", submission_key=uuid4(), agent=aiko)
    do([left], Action.REPLY, aiko, **letter(left))
    change = do([taken], Action.REPLY, aiko, **letter(taken))
    letters = OutboundEmail.objects.filter(letter="reply")
    assert {each.next_try_at - LATER for each in letters} == {LETTERS_WAIT}
    assert LETTERS_WAIT > bulk.UNDO_FOR

    undo_bulk_change(change, now=LATER + bulk.UNDO_FOR)

    assert outcomes(change) == ["undone"]
    assert [each.thread for each in letters.all()] == [left.mail_thread]
    assert state(taken) == (None, "new", "normal", "", [])
    assert not taken.messages.filter(direction="outbound").exists()
    assert [draft.body for draft in taken.drafts.all()] == ["Another text"]


def test_whoever_was_on_hold_is_on_hold_for_the_same_reason_again(aiko):
    ticket = set_status(inquiry(), to=Status.ON_HOLD, reason="The maker", agent=aiko)
    change = do([ticket], Action.REPLY, aiko, **letter(ticket, ending="solve"))
    assert state(ticket)[1] == "resolved"

    undo_bulk_change(change, now=LATER + SECOND)

    assert state(ticket)[1:4] == ("on_hold", "normal", "The maker")
    check(ticket, now=LATER + SECOND)


def test_nobody_gets_a_letter_who_has_written_meanwhile_or_has_no_address(aiko):
    fine, spoke, silent = inquiry(), inquiry(), inquiry()
    facts = letter(fine, spoke, silent)
    receive_reply(spoke, body="It works again.", now=LATER)
    Ticket.objects.filter(pk=silent.pk).update(reply_address="")
    silent.customer.contact_points.all().delete()

    change = do([fine, spoke, silent], Action.REPLY, aiko, **facts)

    # All three are of one customer, whose address only the ticket itself knows now.
    assert outcomes(change) == ["done", "failed", "failed"]
    errors = list(change.items.order_by("pk").values_list("error", flat=True))
    assert errors[1].startswith("Something was said here in the meantime.")
    assert errors[2] == "There is no address to write to."
    assert OutboundEmail.objects.filter(letter="reply").count() == 1


def test_a_placeholder_that_cannot_be_filled_sends_nothing_there(aiko):
    plain, odd = inquiry(), inquiry(subject="What is {{this}}?")

    change = do([plain, odd], Action.REPLY, aiko, **letter(plain, odd, text="Re: {{subject}}"))

    assert outcomes(change) == ["done", "failed"]
    assert "{{this}}" in change.items.get(ticket=odd).error
    assert state(odd)[:2] == (None, "new")


def test_the_same_key_is_done_once(aiko):
    ticket, key = inquiry(), uuid4()
    facts = letter(ticket)

    first, second = (
        start_bulk_change(
            Ticket.objects.filter(pk=ticket.pk),
            action=Action.REPLY,
            facts=facts,
            by=aiko,
            submission_key=key,
            now=LATER,
        )
        for _ in range(2)
    )

    assert first == second
    assert ticket.messages.filter(direction="outbound").count() == 1


def test_tickets_of_one_customer_become_one_and_others_are_refused(aiko):
    customer = a_customer()
    oldest, second, third = (inquiry(customer=customer) for _ in range(3))
    strange = inquiry(customer=a_customer("emma@example.com", "Emma"))

    change = do([second, third, strange], Action.MERGE, aiko, into=oldest.pk)

    assert outcomes(change) == ["done", "done", "failed"]
    assert "two customers" in change.items.get(ticket=strange).error
    assert set(oldest.absorbed.all()) == {second, third}
    undo_bulk_change(change, now=LATER + SECOND)
    assert outcomes(change) == ["undone", "undone", "failed"]
    for ticket in (oldest, second, third):
        assert state(ticket)[1] == "new"
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

    bulk._do_next(change, 1, now=LATER)

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

    @transaction.atomic
    def break_down(ticket, _facts, batch):
        done = solve(ticket, agent=batch.by, now=batch.now)
        return done.revision / (ticket.pk - broken.pk) and done

    monkeypatch.setitem(WAYS, Action.RESOLVE, replace(WAYS[Action.RESOLVE], do=break_down))

    change = do([broken, fine], Action.RESOLVE, aiko)

    assert outcomes(change) == ["failed", "done"]
    assert state(broken)[1] == "new"


def test_a_batch_that_somebody_is_in_the_way_of_is_done_one_by_one(aiko, monkeypatch):
    tickets = [inquiry(), inquiry()]
    real = bulk.hold_for_services

    def hold(ids):
        ids = list(ids)
        if len(ids) > 1:
            raise OperationalError("deadlock detected")
        return real(ids)

    monkeypatch.setattr(bulk, "hold_for_services", hold)

    change = do(tickets, Action.RESOLVE, aiko)

    assert outcomes(change) == ["done", "done"]
    assert change.finished_at == LATER


# So many statements a ticket, when a batch is full: a hundred tickets take about a second.
BUDGET = {
    Action.ASSIGN: 8,
    Action.STATUS: 11,
    Action.PRIORITY: 12,
    Action.TAG: 8,
    Action.UNTAG: 8,
    Action.RESOLVE: 13,
}


@pytest.mark.parametrize("action", BUDGET)
def test_a_ticket_more_asks_the_database_little(aiko, ben, action):
    few, many = ([inquiry() for _ in range(number)] for number in (2, 12))
    for ticket in (*few, *many):
        set_tags(ticket, names=["故障"], by=aiko)
    facts = {"to": ben.pk, "name": "Ben"} if action == Action.ASSIGN else FACTS[action]

    asked = []
    for tickets in (few, many):
        with CaptureQueriesContext(connection) as queries:
            change = do(tickets, action, aiko, **facts)
        assert set(outcomes(change)) == {"done"}
        asked.append(len(queries))

    assert (asked[1] - asked[0]) / 10 <= BUDGET[action]
