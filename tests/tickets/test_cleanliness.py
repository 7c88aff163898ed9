"""Where a ticket fell short: each reason from what really happened, and the same for ever."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from accounts.models import Agent
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_ticket, a_topic
from tickets.cleanliness import REASONS, in_words, reasons_of
from tickets.models import Message, Rating, Ticket, Yardstick
from tickets.services.handing_over import Brief, hand_over
from tickets.services.handling import assign, reopen, set_status, solve
from tickets.services.merging import merge_tickets
from tickets.services.opening import Inquiry, open_ticket
from tickets.services.rating import record_rating
from tickets.services.replying import Outcome, Reply, receive_reply, reply_to_customer
from tickets.yardsticks import _freeze, yardsticks_of
from topics.models import Topic

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]

AT_THREE = MONDAY_AT_TEN.replace(hour=15)
SEPTEMBER = date(2026, 9, 1)
BRIEF = Brief(problem="紙詰まり", next_step="部品を送る")
MINUTE = timedelta(minutes=1)


def reasons(ticket: Ticket, *, now: datetime | None = None) -> set[str]:
    return set(reasons_of([ticket.pk], now=now)[ticket.pk])


def answer(ticket: Ticket, agent: Agent, *, at: datetime = MONDAY_AT_TEN, **fields) -> Message:
    reply = Reply(body="調べます。", submission_key=uuid4(), **(fields or {"promise_at": AT_THREE}))
    return reply_to_customer(ticket, reply, agent=agent, now=at)


def test_a_ticket_that_is_answered_and_solved_is_clean(aiko: Agent):
    ticket = a_ticket()
    answer(ticket, aiko, solves=True)

    assert reasons(ticket) == set()


def test_a_broken_promise(aiko: Agent, monday_at_ten: time_machine.Traveller):
    ticket = a_ticket()  # promised for 14:00
    monday_at_ten.move_to(AT_THREE)
    answer(ticket, aiko, at=AT_THREE, solves=True)

    assert reasons(ticket) == {"promise_broken"}


def test_asked_twice(aiko: Agent):
    ticket = a_ticket()
    answer(ticket, aiko, asks=True, thing="型番")
    assert reasons(ticket) == set()

    answer(ticket, aiko, at=MONDAY_AT_TEN + MINUTE, asks=True, thing="製造番号")

    assert reasons(ticket) == {"asked_twice"}


def test_handed_over_once_is_clean_and_twice_is_not(aiko: Agent, ben: Agent):
    ticket = assign(a_ticket(), to=aiko, by=aiko)
    hand_over(ticket, team=ticket.team, to=ben, brief=BRIEF, by=aiko)
    assert reasons(ticket) == set()

    hand_over(ticket, team=ticket.team, to=aiko, brief=BRIEF, by=ben)

    assert reasons(ticket) == {"handed_over"}


def test_asked_for_news(aiko: Agent):
    ticket = a_ticket()
    answer(ticket, aiko)
    receive_reply(ticket, body="その後いかがでしょうか。")

    assert reasons(ticket) == {"chased"}


def test_reopened(aiko: Agent):
    ticket = a_ticket()
    solve(ticket, agent=aiko)
    reopen(ticket, agent=aiko)

    assert reasons(ticket) == {"reopened"}


@pytest.mark.parametrize(
    ("kind", "value", "is_bad"),
    [("csat", 0, True), ("csat", 1, False), ("effort", 2, True), ("effort", 3, False)],
)
def test_rated_badly(aiko: Agent, kind: str, value: int, is_bad: bool):
    ticket = a_ticket()
    answer(ticket, aiko, solves=True)
    Rating.objects.update(kind=kind)
    assert reasons(ticket) == set()

    record_rating(Rating.objects.get(), value=value)

    assert reasons(ticket) == ({"rated_badly"} if is_bad else set())


# The yardstick ---------------------------------------------------------------------------------


@pytest.fixture
def billing() -> Topic:
    return a_topic()


def a_month_of(
    minutes: range, agent: Agent, *, topic: Topic | None = None, month: date = SEPTEMBER
) -> None:
    """Tickets of a month that were each answered after so many minutes."""
    start = datetime(month.year, month.month, 7, 10, tzinfo=MONDAY_AT_TEN.tzinfo)
    for waited in minutes:
        ticket = a_ticket(now=start, topic=topic, email=f"c{waited}@example.com")
        at = start + waited * MINUTE
        answer(ticket, agent, at=at, promise_at=at + timedelta(hours=3))
        solve(ticket, agent=agent, now=at + MINUTE)


def answered_after(minutes: int, agent: Agent, *, topic: Topic | None = None) -> Ticket:
    ticket = a_ticket(now=MONDAY_AT_TEN, topic=topic)
    answer(ticket, agent, at=MONDAY_AT_TEN + minutes * MINUTE)
    return ticket


def test_nine_in_ten_of_the_topic_in_the_month_before_are_the_yardstick(
    aiko: Agent, billing: Topic
):
    a_month_of(range(1, 21), aiko, topic=billing)

    assert reasons(answered_after(18, aiko, topic=billing)) == set()
    assert reasons(answered_after(19, aiko, topic=billing)) == {"waited_long"}


def test_a_topic_with_too_few_is_measured_by_all(aiko: Agent, billing: Topic):
    a_month_of(range(1, 20), aiko)
    a_month_of(range(100, 101), aiko, topic=billing)

    assert reasons(answered_after(18, aiko, topic=billing)) == set()
    assert reasons(answered_after(19, aiko, topic=billing)) == {"waited_long"}
    assert reasons(answered_after(19, aiko)) == {"waited_long"}


def test_where_too_few_were_answered_nothing_is_judged_for_good(aiko: Agent, billing: Topic):
    a_month_of(range(1, 20), aiko, topic=billing)
    slow = answered_after(200, aiko, topic=billing)
    assert reasons(slow) == set()

    a_month_of(range(20, 22), aiko, topic=billing)

    assert reasons(slow) == set()
    assert [(y.month, y.topic, y.seconds) for y in Yardstick.objects.all()] == [
        (SEPTEMBER, None, None)
    ]


def test_a_yardstick_stays_as_it_was_first_measured(aiko: Agent, billing: Topic):
    a_month_of(range(1, 21), aiko, topic=billing)
    slow = answered_after(30, aiko, topic=billing)
    assert reasons(slow) == {"waited_long"}

    # Somebody answers what was left lying, and other tickets go to another topic.
    a_month_of(range(60, 80), aiko, topic=billing)
    Ticket.objects.filter(messages__sent_at__lt=MONDAY_AT_TEN - timedelta(days=2)).update(
        topic=None
    )

    assert reasons(slow) == {"waited_long"}


def test_who_measures_a_month_that_was_just_measured_changes_nothing(aiko: Agent, billing: Topic):
    a_month_of(range(1, 21), aiko, topic=billing)
    yardsticks_of([SEPTEMBER])
    first = list(Yardstick.objects.order_by("pk").values())
    a_month_of(range(60, 80), aiko, topic=billing)

    _freeze(SEPTEMBER)

    assert len(first) == 2
    assert list(Yardstick.objects.order_by("pk").values()) == first


def test_spam_and_what_we_opened_ourselves_are_no_yardstick(aiko: Agent):
    a_month_of(range(1, 21), aiko)
    start = MONDAY_AT_TEN - timedelta(days=20)
    for _ in range(30):
        junk = a_ticket(now=start)
        answer(junk, aiko, at=start + 90 * MINUTE, promise_at=start + 900 * MINUTE)
        set_status(Ticket.objects.get(pk=junk.pk), to="spam", agent=aiko)
        answer(
            opened_by(aiko, at=start),
            aiko,
            at=start + 90 * MINUTE,
            promise_at=start + 900 * MINUTE,
        )

    assert reasons(answered_after(19, aiko)) == {"waited_long"}


def opened_by(agent: Agent, *, at: datetime = MONDAY_AT_TEN) -> Ticket:
    inquiry = Inquiry(
        subject="電話",
        body="お電話をいただきました。",
        channel="phone",
        language="ja",
        email="hana@example.com",
        origin="agent_live",
        agent=agent,
        outcome=Outcome(promise_at=at + timedelta(hours=5)),
    )
    return open_ticket(inquiry, now=at).ticket


def test_whom_we_spoke_to_at_once_has_not_waited(aiko: Agent):
    a_month_of(range(1, 21), aiko)
    ticket = opened_by(aiko)
    answer(ticket, aiko, at=MONDAY_AT_TEN + 90 * MINUTE)

    assert reasons(ticket) == set()


def test_who_is_not_answered_waits_until_now_or_until_the_end(
    aiko: Agent, monday_at_ten: time_machine.Traveller
):
    a_month_of(range(1, 21), aiko)
    waiting, ended = a_ticket(), a_ticket()
    solve(ended, agent=None, now=MONDAY_AT_TEN + 5 * MINUTE)

    assert reasons(waiting, now=MONDAY_AT_TEN + 18 * MINUTE) == set()
    assert reasons(waiting, now=MONDAY_AT_TEN + 19 * MINUTE) == {"waited_long"}
    assert reasons(ended, now=MONDAY_AT_TEN + 19 * MINUTE) == set()


def test_months_are_those_of_the_desk(aiko: Agent):
    """Midnight in Tokyo is three in the afternoon of the day before in London."""
    a_month_of(range(1, 21), aiko)
    midnight = datetime(2026, 11, 1, 0, 0, tzinfo=MONDAY_AT_TEN.tzinfo)

    for at, expected in ((midnight - MINUTE, {"waited_long"}), (midnight, set())):
        ticket = a_ticket(now=at)
        answer(ticket, aiko, at=at + 19 * MINUTE, promise_at=at + timedelta(days=1))
        assert reasons(ticket, now=at + 20 * MINUTE) == expected


# Merged, many, in words --------------------------------------------------------------------------


def test_a_merged_ticket_is_judged_as_part_of_the_other(aiko: Agent):
    a_month_of(range(1, 21), aiko)
    ticket = a_ticket(now=MONDAY_AT_TEN + 30 * MINUTE)
    other = a_ticket(now=MONDAY_AT_TEN)
    answer(ticket, aiko, at=MONDAY_AT_TEN + 31 * MINUTE)
    now = MONDAY_AT_TEN + 32 * MINUTE
    assert reasons(ticket, now=now) == set()

    merge_tickets(other, into=ticket, agent=aiko, now=now)

    assert reasons_of([other.pk, ticket.pk], now=now) == {
        other.pk: frozenset(),
        ticket.pk: frozenset({"waited_long"}),
    }


def test_the_same_is_found_again_and_by_as_many_queries_for_fifty(aiko: Agent):
    a_month_of(range(1, 21), aiko)
    tickets = [a_ticket(email=f"m{number}@example.com") for number in range(50)]
    answer(tickets[0], aiko, at=MONDAY_AT_TEN + 60 * MINUTE)
    keys = [ticket.pk for ticket in tickets]
    first = reasons_of(keys, now=MONDAY_AT_TEN)

    with CaptureQueriesContext(connection) as one:
        reasons_of(keys[:1], now=MONDAY_AT_TEN)
    with CaptureQueriesContext(connection) as many:
        again = reasons_of(keys, now=MONDAY_AT_TEN)

    assert len(one) == len(many) <= 9
    assert first == again
    assert first[keys[0]] == {"waited_long"}


def test_nothing_is_asked_of_no_tickets():
    assert reasons_of([]) == {}


def test_the_reasons_are_told_in_both_languages():
    with translation.override("en"):
        told = in_words({"chased", "promise_broken"})
        assert told == "the promise was broken, the customer had to ask for news"
    with translation.override("ja"):
        assert in_words(REASONS) == (
            "お約束の超過、重ねてのお願い、二度以上の引き継ぎ、お客様からの催促、"
            "最初の返信の遅れ、解決後の再開、ご不満の評価"
        )
