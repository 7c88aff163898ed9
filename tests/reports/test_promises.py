from __future__ import annotations

import re
from datetime import timedelta

import pytest

from reports import selectors
from sla.sweep import sweep_due
from tests.conftest import MONDAY_AT_TEN, signed_in
from tests.desk.pages import links, words
from tests.factories import a_ticket
from tests.reports.test_overview import promised
from tickets.services.handling import solve
from tickets.services.holding import hold_due_promises
from tickets.services.replying import Reply, reply_to_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]
PROMISES = "/reports/promises/"


@pytest.fixture
def two_days(aiko, monday_at_ten):
    """On Monday five kept and three broken, on Tuesday one broken. It is Tuesday 10:10."""
    kept = promised(aiko, minutes=60)
    reply_to_customer(
        kept,
        Reply(body="直りました。", solves=True),
        agent=aiko,
        now=MONDAY_AT_TEN + timedelta(minutes=30),
    )
    for minutes in (5, 40, 24 * 60 + 5):
        promised(aiko, minutes=minutes)
    a_ticket()
    now = MONDAY_AT_TEN + timedelta(days=1, minutes=10)
    monday_at_ten.move_to(now)
    sweep_due(now=now)
    return now


def rows(response):
    return len(re.findall(r"<td><a ", response.content.decode()))


@pytest.mark.parametrize("period", ["today", "week", "2026-10-05", "2026-10-06"])
@pytest.mark.parametrize("result", ["kept", "broken", "rescued"])
def test_the_list_is_as_long_as_the_number_says(chika, two_days, period, result):
    number = getattr(selectors.kept_in(period, now=two_days), result)

    page = signed_in(chika).get(PROMISES, {"period": period, "result": result})

    assert rows(page) == number


def test_the_numbers_of_the_days_open_their_own_lists(chika, two_days):
    manager = signed_in(chika)

    found = [link for link in links(manager.get("/reports/")) if "period=2026-10-05" in link]

    # The marks of the drawing, which draws no nothing; and the table.
    assert [rows(manager.get(link)) for link in found] == [5, 3, *(5, 3, 0)]


def test_a_late_contact_is_shown_but_stays_broken(chika, aiko, monday_at_ten):
    ticket = promised(aiko, minutes=5)
    monday_at_ten.shift(timedelta(minutes=20))
    sweep_due(now=MONDAY_AT_TEN + timedelta(minutes=20))
    reply_to_customer(ticket, Reply(body="直りました。", solves=True), agent=aiko)

    seen = words(signed_in(chika).get(PROMISES, {"period": "today", "result": "broken"}))

    assert "today 10:05 today 10:20" in seen


def test_whom_nobody_has_contacted_yet_stands_out(chika, two_days):
    seen = words(signed_in(chika).get(PROMISES, {"period": "week", "result": "broken"}))

    assert "not yet" in seen


@pytest.fixture
def three_rescued(holding_notes, aiko, monday_at_ten):
    """Of four inquiries one is answered and three are put off: to be answered, solved, forgotten.
    It is Wednesday 10:00."""
    answer = Reply(body="はい。", solves=True)
    reply_to_customer(a_ticket(), answer, agent=aiko)
    answered, solved, _ = (a_ticket(email=f"c{number}@example.com") for number in range(3))
    hold_due_promises(now=MONDAY_AT_TEN + timedelta(hours=3, minutes=36))
    later = MONDAY_AT_TEN + timedelta(hours=5)
    reply_to_customer(answered, answer, agent=aiko, now=later)
    solve(solved, agent=aiko, now=later)
    now = MONDAY_AT_TEN + timedelta(days=2)
    monday_at_ten.move_to(now)
    sweep_due(now=now)
    return now


def test_a_rescued_promise_is_neither_kept_nor_broken_and_its_successor_is_one_of_them(
    chika, three_rescued
):
    week = selectors.kept_in("week", now=three_rescued)

    assert (week.kept, week.broken, week.rescued) == (2, 1, 3)
    assert week.share == 66


def test_the_rescued_are_shown_beside_the_kept_and_open_their_tickets(chika, three_rescued):
    manager = signed_in(chika)
    overview = manager.get("/reports/")

    assert "Rescued in 7 days 3 0 of them today" in words(overview)
    address = f"{PROMISES}?result=rescued&period=week"
    assert address in links(overview)
    page = manager.get(address)
    assert rows(page) == 3
    seen = words(page)
    assert "Rescued promises" in seen
    assert "Mon 5 Oct 14:00 Mon 5 Oct 13:36" in seen
    assert "Last 7 days: rescued 3" in seen


@pytest.mark.parametrize("query", ["period=2026-13-40", "period=1999-01-01", "result=x", "page=0"])
def test_an_unreadable_choice_shows_the_broken_ones_of_the_week(chika, two_days, query):
    page = signed_in(chika).get(f"{PROMISES}?{query}")

    assert rows(page) == selectors.kept_in("week", now=two_days).broken


def test_an_empty_list_says_why(chika):
    assert "No promise was broken in this time." in words(signed_in(chika).get(PROMISES))
    rescued = words(signed_in(chika).get(PROMISES, {"result": "rescued"}))
    assert "No customer was told in this time that it takes longer." in rescued


def test_only_managers_read_it(aiko, ben, mallory, chika):
    for agent in (aiko, ben, mallory):
        assert signed_in(agent).get(PROMISES).status_code == 403
    assert signed_in(chika).get(PROMISES).status_code == 200


def test_the_list_asks_few_questions(chika, aiko, django_assert_max_num_queries, monday_at_ten):
    for _ in range(8):
        promised(aiko, minutes=5)
    monday_at_ten.shift(timedelta(minutes=20))
    sweep_due(now=MONDAY_AT_TEN + timedelta(minutes=20))
    manager = signed_in(chika)

    with django_assert_max_num_queries(9):
        manager.get(PROMISES)
