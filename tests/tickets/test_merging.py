from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Agent
from sla.models import Status
from sla.sweep import sweep_due
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_ticket
from tickets.exceptions import CannotBeMerged
from tickets.links import find_ticket, token_of
from tickets.models import Ticket
from tickets.selectors import customer_page, tickets_of_customer, timeline
from tickets.services.handling import set_status, solve
from tickets.services.merging import merge_tickets, separate_tickets
from tickets.services.replying import Reply, add_note, receive_reply, reply_to_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]

ELEVEN = MONDAY_AT_TEN + timedelta(hours=1)


def said(ticket: Ticket) -> list[str]:
    """Everything people wrote, as the ticket's page tells it."""
    words = [entry.message or entry.note for entry in timeline(ticket)]
    return [each.body for each in words if each]


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.select_related("clock").get(pk=ticket.pk)


def answer(ticket: Ticket, agent: Agent, **reply: object) -> None:
    reply_to_customer(ticket, Reply(body="はい。", **reply), agent=agent)  # type: ignore[arg-type]


def test_everything_said_is_read_on_the_one_that_goes_on(aiko: Agent):
    old, new = a_ticket(body="一通目"), a_ticket(body="二通目")
    add_note(old, body="電話もあった", agent=aiko)

    merge_tickets(old, into=new, agent=aiko)

    assert sorted(said(new)) == sorted(["一通目", "二通目", "電話もあった"])
    assert [message.body for message in customer_page(new).messages] == ["一通目", "二通目"]
    listed = tickets_of_customer(new.customer, agent=aiko)
    assert [row["number"] for row in listed] == [new.number]


def test_what_was_owed_is_owed_there_and_only_there(aiko: Agent):
    # Promised for 14:00; the other one for tomorrow.
    urgent, calm = a_ticket(), a_ticket()
    answer(calm, aiko, promise_at=MONDAY_AT_TEN + timedelta(days=1))

    merge_tickets(urgent, into=calm, agent=aiko)

    assert fresh(calm).next_contact_at == MONDAY_AT_TEN.replace(hour=14)
    assert not urgent.clock.commitments.live().exists()
    reply_clock = calm.clock.commitments.live().get(kind="next_reply")
    assert reply_clock.started_at == MONDAY_AT_TEN


def test_a_resolved_ticket_wakes_up_when_it_takes_on_what_is_owed(aiko: Agent):
    asked, done = a_ticket(), a_ticket()
    solve(done, agent=aiko)

    merge_tickets(asked, into=done, agent=aiko)

    assert (fresh(done).status, fresh(done).resolved_at) == ("open", None)
    assert fresh(asked).status == "merged"


def test_a_broken_promise_is_counted_once_where_it_broke(aiko: Agent):
    late, other = a_ticket(), a_ticket()
    answer(other, aiko, promise_at=MONDAY_AT_TEN + timedelta(days=3))
    evening = MONDAY_AT_TEN.replace(hour=17)
    sweep_due(now=evening)

    merge_tickets(late, into=other, agent=aiko, now=evening)
    sweep_due(now=evening + timedelta(hours=1))

    assert late.clock.commitments.promises().filter(state="breached").count() == 1
    assert not other.clock.commitments.promises().filter(state="breached").exists()


def test_the_customers_links_open_the_one_that_goes_on(aiko: Agent):
    old, new = a_ticket(), a_ticket()
    token = token_of(old.links.get())

    merge_tickets(old, into=new, agent=aiko)

    assert find_ticket(token) == new


def test_what_is_written_to_the_old_one_meanwhile_arrives_at_the_new_one(aiko: Agent):
    old, new = a_ticket(), a_ticket()
    answer(new, aiko, promise_at=ELEVEN)
    merge_tickets(old, into=new, agent=aiko)

    receive_reply(old, body="追伸です。")

    assert new.messages.last().body == "追伸です。"
    assert not old.messages.filter(body="追伸です。").exists()


def test_three_become_one_and_the_first_still_leads_to_the_last(aiko: Agent):
    first, second, third = a_ticket(body="1"), a_ticket(body="2"), a_ticket(body="3")

    merge_tickets(first, into=second, agent=aiko)
    merge_tickets(second, into=third, agent=aiko)

    assert said(fresh(third)) == ["1", "2", "3"]
    assert find_ticket(token_of(first.links.get())) == third


def test_taken_back_a_chain_is_what_it_was(aiko: Agent):
    first, second, third = a_ticket(body="1"), a_ticket(body="2"), a_ticket(body="3")
    merge_tickets(first, into=second, agent=aiko)
    merge = merge_tickets(second, into=third, agent=aiko)

    separate_tickets(merge, agent=aiko)

    assert said(fresh(third)) == ["3"]
    assert said(fresh(second)) == ["1", "2"]
    assert find_ticket(token_of(first.links.get())) == second


def test_separated_both_stand_and_owe_as_if_nothing_had_been(aiko: Agent):
    asked, other = a_ticket(), a_ticket()
    answer(other, aiko, promise_at=MONDAY_AT_TEN + timedelta(days=1))
    before = fresh(asked), fresh(other)
    merge = merge_tickets(asked, into=other, agent=aiko)

    separate_tickets(merge, agent=aiko, now=ELEVEN)

    for ticket in before:
        after = fresh(ticket)
        assert after.status == ticket.status
        assert after.next_due_at == ticket.next_due_at
        assert after.next_contact_at == ticket.next_contact_at
        assert after.resolved_at is None
        assert after.entry_count == ticket.entry_count
        assert after.preview == ticket.preview
        assert after.clock.commitments.live().filter(kind="promise").count() == 1


def test_a_ticket_that_woke_up_only_for_the_other_sleeps_again(aiko: Agent):
    asked, done = a_ticket(), a_ticket()
    solve(done, agent=aiko)
    merge = merge_tickets(asked, into=done, agent=aiko)

    separate_tickets(merge, agent=aiko, now=ELEVEN)

    assert fresh(done).status == "resolved"
    assert fresh(done).resolved_at is not None
    assert fresh(asked).status == "new"
    sweep_due(now=MONDAY_AT_TEN + timedelta(days=3))
    assert not done.clock.commitments.filter(state="breached").exists()
    assert asked.clock.commitments.promises().get().is_broken


def test_a_promise_that_passed_while_it_was_merged_is_told_as_broken(aiko: Agent):
    asked, other = a_ticket(), a_ticket()
    merge = merge_tickets(asked, into=other, agent=aiko)

    two_days_later = MONDAY_AT_TEN + timedelta(days=2)
    separate_tickets(merge, agent=aiko, now=two_days_later)
    sweep_due(now=two_days_later)

    promise = asked.clock.commitments.promises().get()
    assert (promise.is_broken, promise.breached_at) == (True, MONDAY_AT_TEN.replace(hour=14))


def test_it_is_taken_back_once(aiko: Agent):
    merge = merge_tickets(a_ticket(), into=a_ticket(), agent=aiko)
    separate_tickets(merge, agent=aiko)

    with pytest.raises(CannotBeMerged):
        separate_tickets(merge, agent=aiko)


def test_a_merge_under_another_one_is_not_taken_back_first(aiko: Agent):
    first, second = a_ticket(), a_ticket()
    merge = merge_tickets(first, into=second, agent=aiko)
    merge_tickets(second, into=a_ticket(), agent=aiko)

    with pytest.raises(CannotBeMerged):
        separate_tickets(merge, agent=aiko)


def test_nobody_reads_what_another_customer_wrote(aiko: Agent):
    mine, theirs = a_ticket(), a_ticket(email="jiro@example.com")

    with pytest.raises(CannotBeMerged):
        merge_tickets(mine, into=theirs, agent=aiko)

    assert fresh(mine).status == "new"


def test_what_cannot_be_merged_says_so(aiko: Agent):
    ticket, spam, gone = a_ticket(), a_ticket(), a_ticket()
    set_status(spam, to=Status.SPAM, agent=aiko)
    merge_tickets(gone, into=ticket, agent=aiko)

    for one, other in [(ticket, ticket), (ticket, spam), (spam, ticket), (gone, ticket)]:
        with pytest.raises(CannotBeMerged):
            merge_tickets(one, into=other, agent=aiko)
