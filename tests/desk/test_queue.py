from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from sla.sweep import sweep_due
from tests.conftest import MONDAY_AT_TEN, signed_in
from tests.desk.pages import links, numbers, words
from tests.factories import a_customer, a_ticket
from tickets.services.handling import assign, solve
from tickets.services.replying import Reply, reply_to_customer
from topics.selectors import definitions

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]
QUEUE = "/desk/"


def promised(agent, *, minutes, **fields):
    """A ticket of this agent with a promise so many minutes from now."""
    ticket = a_ticket(**fields)
    reply_to_customer(
        ticket,
        Reply(body="調べます。", promise_at=MONDAY_AT_TEN + timedelta(minutes=minutes)),
        agent=agent,
        now=MONDAY_AT_TEN,
    )
    ticket.refresh_from_db()
    return ticket


def test_what_is_due_next_stands_first(as_aiko, aiko):
    later = promised(aiko, minutes=90)
    sooner = promised(aiko, minutes=30)
    unanswered = a_ticket()

    assert numbers(as_aiko.get(QUEUE)) == [sooner.number, later.number, unanswered.number]


def test_a_row_tells_who_waits_for_what_how_long_and_who_has_it(as_aiko, aiko):
    promised(aiko, minutes=35, subject="印字がかすれます")

    page = as_aiko.get(QUEUE)

    seen = words(page)
    assert "35 min left" in seen
    assert "due--soon" in page.content.decode()
    assert "山田花子 Unread: 印字がかすれます" in seen
    assert "Assigned to Aiko" in seen


def test_a_japanese_agent_reads_japanese(aiko):
    aiko.language = "ja"
    aiko.save()
    promised(aiko, minutes=35)

    seen = words(signed_in(aiko).get(QUEUE))

    assert "あと35分" in seen
    assert "山田花子様" in seen


def test_what_is_late_says_so_in_words_and_not_only_in_red(as_aiko, aiko, monday_at_ten):
    promised(aiko, minutes=5)
    monday_at_ten.shift(timedelta(minutes=17))
    sweep_due(now=MONDAY_AT_TEN + timedelta(minutes=17))

    page = as_aiko.get(QUEUE)

    assert "12 min late" in words(page)
    assert "ticket-row--late" in page.content.decode()


def test_an_unassigned_ticket_is_visibly_so(as_aiko):
    a_ticket()

    assert "Unassigned" in words(as_aiko.get(QUEUE)).split("Resolved")[-1]


def test_the_chips_count_what_they_open(as_aiko, aiko, ben, monday_at_ten):
    promised(aiko, minutes=5)
    promised(ben, minutes=300)
    a_ticket()
    solve(a_ticket(), agent=aiko)
    monday_at_ten.shift(timedelta(minutes=6))

    seen = words(as_aiko.get(QUEUE))

    for chip in ("My teams 3", "Mine 1", "Unassigned 1", "Late 1"):
        assert chip in seen
    assert len(numbers(as_aiko.get(QUEUE))) == 3
    assert len(numbers(as_aiko.get(QUEUE, {"scope": "mine"}))) == 1
    assert len(numbers(as_aiko.get(QUEUE, {"scope": "unassigned"}))) == 1
    assert len(numbers(as_aiko.get(QUEUE, {"due": "late"}))) == 1
    assert len(numbers(as_aiko.get(QUEUE, {"state": "resolved"}))) == 1


def test_a_chip_counts_up_to_where_nobody_works_any_more(as_aiko, monkeypatch):
    monkeypatch.setattr("tickets.queue.COUNTED", 3)
    monkeypatch.setattr("desk.views.queue.COUNTED", 3)
    for _ in range(2):
        a_ticket()
    assert "My teams 2 " in words(as_aiko.get(QUEUE))

    for _ in range(2):
        a_ticket()
    seen = words(as_aiko.get(QUEUE))

    assert "My teams 2+" in seen
    assert "Unassigned 2+" in seen
    assert "Mine 0" in seen


def test_only_tickets_of_ones_own_teams_are_listed_and_counted(aiko, ben, mallory, other_team):
    ours, theirs = a_ticket(), a_ticket(team=other_team)

    assert numbers(signed_in(aiko).get(QUEUE)) == [ours.number]
    assert numbers(signed_in(ben).get(QUEUE)) == [ours.number]
    page = signed_in(mallory).get(QUEUE)
    assert numbers(page) == [theirs.number]
    assert "My teams 1" in words(page)


def test_a_manager_sees_the_tickets_of_all_teams(chika, other_team):
    tickets = [a_ticket(), a_ticket(team=other_team)]

    page = signed_in(chika).get(QUEUE)

    assert set(numbers(page)) == {ticket.number for ticket in tickets}
    assert "All tickets 2" in words(page)


def test_pages_follow_each_other_without_gap_or_repetition(as_aiko, aiko):
    customer = a_customer()
    tickets = [a_ticket(customer=customer) for _ in range(60)]

    first = as_aiko.get(QUEUE)
    older = next(link for link in links(first) if "after=" in link)
    second = as_aiko.get(QUEUE + older)

    assert len(numbers(first)) == 50
    assert numbers(first) + numbers(second) == [ticket.number for ticket in tickets]
    assert "Back to the top" in words(second)


def test_the_queue_asks_the_same_few_questions_for_one_row_and_for_many(
    as_aiko, django_assert_max_num_queries
):
    customer = a_customer()
    for _ in range(12):
        a_ticket(customer=customer)
    # Each process remembers which topics and fields there are.
    definitions()

    with django_assert_max_num_queries(10):
        as_aiko.get(QUEUE)


def test_htmx_gets_the_list_alone_and_304_while_nothing_changed(as_aiko, aiko, monday_at_ten):
    ticket = a_ticket()

    part = as_aiko.get(QUEUE, headers={"HX-Request": "true"})
    monday_at_ten.shift(timedelta(minutes=1))
    again = {"HX-Request": "true", "If-None-Match": part["ETag"]}

    assert b"<html" not in part.content
    assert numbers(part) == [ticket.number]
    assert as_aiko.get(QUEUE, headers=again).status_code == 304
    assign(ticket, to=aiko, by=aiko)
    assert as_aiko.get(QUEUE, headers=again).status_code == 200


def test_going_back_never_shows_the_part_that_htmx_got(as_aiko):
    part = as_aiko.get(QUEUE, headers={"HX-Request": "true"})

    assert "no-store" in part["Cache-Control"]
    assert "HX-Request" in part["Vary"]


def test_an_empty_queue_says_that_new_inquiries_will_come(as_aiko):
    seen = words(as_aiko.get(QUEUE))

    assert "The queue is empty. New inquiries appear here by themselves." in seen


def test_whoever_has_nothing_is_shown_what_waits_for_somebody(as_aiko):
    a_ticket()

    page = as_aiko.get(QUEUE, {"scope": "mine"})

    assert "Nothing is assigned to you." in words(page)
    assert f"{QUEUE}?scope=unassigned&state=open" in links(page)


def test_when_nothing_is_late_the_next_due_time_is_named(as_aiko, aiko):
    promised(aiko, minutes=90, subject="印字がかすれます")

    page = as_aiko.get(QUEUE, {"due": "late"})

    assert "Nothing is late. Due next: today 11:30, 印字がかすれます" in words(page)
    assert reverse("desk:next_ticket") in links(page)


def test_n_opens_what_is_due_next(as_aiko, aiko):
    later = promised(aiko, minutes=90)
    sooner = promised(aiko, minutes=30)

    to_first = as_aiko.get(reverse("desk:next_ticket"))
    to_second = as_aiko.get(reverse("desk:next_ticket"), {"not": str(sooner.number)})

    assert to_first.url == reverse("desk:ticket", args=[sooner.number])
    assert to_second.url == reverse("desk:ticket", args=[later.number])


def test_when_nothing_is_left_n_leads_back_with_a_kind_word(as_aiko):
    page = as_aiko.get(reverse("desk:next_ticket"), follow=True)

    assert "Nothing is waiting here. Well done." in words(page)


@pytest.mark.parametrize(
    "query", ["scope=all", "due=%00", "after=yesterday_1", "after=2026-10-05T10:00:00_1", "state=x"]
)
def test_an_unreadable_filter_shows_the_whole_queue(as_aiko, query):
    ticket = a_ticket()

    page = as_aiko.get(f"{QUEUE}?{query}")

    assert page.status_code in {200, 400}
    assert page.status_code == 400 or numbers(page) == [ticket.number]


def test_a_filter_that_nothing_fits_says_so_and_can_be_taken_off_piece_by_piece(as_aiko):
    a_ticket()

    page = as_aiko.get(QUEUE, {"priority": "low", "channel": "email"})

    assert "No ticket fits this filter." in words(page)
    assert "Priority: Low" in words(page)
    assert f"{QUEUE}?scope=team&state=open&priority=low" in links(page)
    assert f"{QUEUE}?scope=team&state=open&channel=email" in links(page)


def test_the_empty_fields_of_the_filter_form_are_no_part_of_the_address(as_aiko):
    sent = {"assignee": "me", "priority": "high", "channel": "", "tag": ""}

    assert as_aiko.get(QUEUE, sent).url == f"{QUEUE}?scope=mine&state=open&priority=high"
