from __future__ import annotations

import re
from datetime import timedelta

import pytest

from reports import selectors
from sla.sweep import sweep_due
from tests.conftest import MONDAY_AT_TEN, signed_in
from tests.desk.pages import links, numbers, words
from tests.factories import a_ticket
from tickets.services.handling import solve
from tickets.services.replying import Reply, reply_to_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]
REPORTS = "/reports/"


def promised(agent, *, minutes, **fields):
    ticket = a_ticket(**fields)
    promise_at = MONDAY_AT_TEN + timedelta(minutes=minutes)
    reply_to_customer(
        ticket, Reply(body="調べます。", promise_at=promise_at), agent=agent, now=MONDAY_AT_TEN
    )
    return ticket


@pytest.fixture
def a_day(aiko, ben, monday_at_ten):
    """Twenty minutes past ten: two promises broken, one soon, some later, some unassigned."""
    for minutes in (5, 10, 50, 150, 600, 3000):
        promised(aiko, minutes=minutes)
    for _ in range(3):
        a_ticket()
    solve(a_ticket(), agent=ben)
    now = MONDAY_AT_TEN + timedelta(minutes=20)
    monday_at_ten.shift(timedelta(minutes=20))
    sweep_due(now=now)
    return now


def test_the_first_line_says_whether_anyone_waits_too_long(chika, a_day):
    seen = words(signed_in(chika).get(REPORTS))

    assert "Promise broken 2" in seen
    assert "Due within 1 hour 1" in seen
    assert "Unassigned 3" in seen
    assert "9 open tickets" in seen
    assert "Longest wait 20 min 山田花子" in seen


def test_every_number_is_the_size_of_the_list_it_opens(chika, a_day):
    manager = signed_in(chika)
    page = manager.get(REPORTS)
    figures = selectors.now_figures(chika, now=a_day)

    for name in ("broken", "within_the_hour", "unassigned", "open"):
        address = f"/desk/?{selectors.FILTERS[name].query()}"
        assert address in links(page)
        assert len(numbers(manager.get(address))) == getattr(figures, name) > 0


def test_the_time_left_of_all_open_tickets_adds_up_and_opens_its_tickets(chika, a_day):
    manager = signed_in(chika)
    counts = selectors.open_by_time_left(chika, now=a_day)

    assert sum(counts.values()) == selectors.now_figures(chika, now=a_day).open
    assert counts == {"broken": 2, "hour": 1, "four_hours": 4, "day": 1, "later": 1}
    page = links(manager.get(REPORTS))
    for name, chosen in selectors.TIME_LEFT.items():
        assert f"/desk/?{chosen.query()}" in page
        assert len(numbers(manager.get(f"/desk/?{chosen.query()}"))) == counts[name]


def test_the_share_kept_is_rounded_down(chika, aiko, monday_at_ten):
    kept = [promised(aiko, minutes=60) for _ in range(2)]
    promised(aiko, minutes=5)
    monday_at_ten.shift(timedelta(minutes=20))
    sweep_due(now=MONDAY_AT_TEN + timedelta(minutes=20))
    for ticket in kept:
        solution = Reply(body="直りました。", solves=True)
        reply_to_customer(ticket, solution, agent=aiko)

    seen = words(signed_in(chika).get(REPORTS))

    # Each first reply kept the promise of the acknowledgement, too.
    assert "Kept today 83 % 5 kept, 1 broken" in seen


def test_the_days_add_up_to_the_week(chika, aiko, monday_at_ten):
    promised(aiko, minutes=5)
    promised(aiko, minutes=24 * 60 + 5)
    now = MONDAY_AT_TEN + timedelta(days=1, minutes=10)
    monday_at_ten.move_to(now)
    sweep_due(now=now)

    days = selectors.kept_by_day(now=now)
    week = selectors.kept_in("week", now=now)

    assert [kept.broken for _, kept in days] == [0, 0, 0, 0, 0, 1, 1]
    assert sum(kept.broken for _, kept in days) == week.broken == 2
    assert sum(kept.kept for _, kept in days) == week.kept


def test_charts_are_drawings_with_words_and_a_table(chika, a_day):
    page = signed_in(chika).get(REPORTS).content.decode()

    assert len(re.findall(r'<svg class="chart"[^>]*role="img" aria-labelledby', page)) == 2
    assert "<title>Mon 5 Oct: 2 broken</title>" in page
    assert "<title>Within 1 hour: 1</title>" in page
    assert page.count("As a table") == 2
    assert "style=" not in page


def test_definitions_are_one_click_away(chika):
    seen = words(signed_in(chika).get(REPORTS))

    assert "What these numbers mean" in seen
    assert "Automatic letters and internal notes never count." in seen


def test_without_anything_the_page_still_makes_sense(chika):
    seen = words(signed_in(chika).get(REPORTS))

    assert "Promise broken 0" in seen
    assert "Nobody is waiting." in seen
    assert "No promise was due." in seen
    assert "No first reply in 7 days." in seen


def test_a_japanese_manager_reads_japanese(chika, a_day):
    chika.language = "ja"
    chika.save()

    assert "担当者なし 3" in words(signed_in(chika).get(REPORTS))


def test_only_managers_read_reports(aiko, ben, mallory, chika, admin):
    for agent in (aiko, ben, mallory):
        assert signed_in(agent).get(REPORTS).status_code == 403
    for agent in (chika, admin):
        assert signed_in(agent).get(REPORTS).status_code == 200


def test_the_page_asks_few_questions(chika, a_day, django_assert_max_num_queries):
    manager = signed_in(chika)

    with django_assert_max_num_queries(12):
        manager.get(REPORTS)
