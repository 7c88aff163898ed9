from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reports.facts.keeping import keep_all
from reports.now import FILTERS, TIME_LEFT, now_figures
from sla.sweep import sweep_due
from tests.conftest import MONDAY_AT_TEN, signed_in
from tests.desk.pages import links, numbers, words
from tests.factories import TeamFactory, a_ticket
from tickets.services.handling import assign, solve
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
    assert "Open 9" in seen
    assert "Longest wait 20 min 山田花子" in seen


def count_of(manager, address):
    """How many tickets are in the list behind a number."""
    return len(numbers(manager.get(address)))


def test_every_number_is_the_size_of_the_list_it_opens(chika, a_day):
    manager = signed_in(chika)
    page = manager.get(REPORTS)
    figures = now_figures(chika, now=a_day)
    shown = {
        "broken": figures.counted.broken,
        "within_the_hour": figures.counted.hour,
        "unassigned": figures.unassigned,
        "open": figures.counted.open,
    }

    for name, number in shown.items():
        address = f"/desk/?{FILTERS[name].query()}"
        assert address in links(page)
        assert count_of(manager, address) == number > 0


def test_every_number_of_every_table_is_the_size_of_its_list(chika, a_day):
    """The charts draw what their tables say: see test_charts."""
    manager = signed_in(chika)
    page = manager.get(REPORTS).content.decode()
    cells = re.findall(r'<td class="number"><a href="(/desk/[^"]*)">(\d+)</a>', page)

    assert len(cells) >= 5 + 3 * 4
    for address, number in cells:
        assert count_of(manager, unescape(address)) == int(number), address


def test_the_time_left_of_all_open_tickets_adds_up_and_opens_its_tickets(chika, a_day):
    counted = now_figures(chika, now=a_day).counted

    assert counted.open == 9
    assert {name: getattr(counted, name) for name in TIME_LEFT} == {
        "broken": 2,
        "hour": 1,
        "four_hours": 4,
        "day": 1,
        "later": 1,
    }


def test_load_is_told_by_name_and_whoever_has_nothing_to_do_is_there_too(
    chika, aiko, ben, a_day, other_team, mallory
):
    teams = now_figures(chika, now=a_day).teams

    assert [team.name for team in teams] == ["Billing", "Support"]
    assert [(load.name, load.counted.open) for load in teams[1].people] == [
        ("", 3),
        ("Aiko", 6),
        ("Ben", 0),
    ]
    assert [load.name for load in teams[0].people] == ["Mallory"]
    assert teams[1].counted.open == 9


def test_who_has_left_the_team_but_not_its_tickets_is_seen(chika, aiko, a_day):
    aiko.memberships.all().delete()

    [team] = now_figures(chika, now=a_day).teams

    assert ("Aiko", 6) in [(load.name, load.counted.open) for load in team.people]


def test_a_retired_agent_is_seen_only_while_something_is_theirs(chika, aiko, ben, a_day):
    for agent in (aiko, ben):
        agent.is_active = False
        agent.save()

    [team] = now_figures(chika, now=a_day).teams

    assert [load.name for load in team.people] == ["", "Aiko"]


def test_the_share_kept_is_rounded_down(chika, aiko, monday_at_ten):
    kept = [promised(aiko, minutes=60) for _ in range(2)]
    promised(aiko, minutes=5)
    monday_at_ten.shift(timedelta(minutes=20))
    sweep_due(now=MONDAY_AT_TEN + timedelta(minutes=20))
    for ticket in kept:
        solution = Reply(body="直りました。", solves=True)
        reply_to_customer(ticket, solution, agent=aiko)
    keep_all()

    seen = words(signed_in(chika).get(REPORTS))

    # Each first reply kept the promise of the acknowledgement, too.
    assert "Share kept 83 % Share kept 5 kept of 6" in seen
    assert "Kept today 83%" in words(signed_in(chika).get(WALLBOARD))


def test_charts_are_lists_of_links_with_words_and_a_table(chika, a_day):
    page = signed_in(chika).get(REPORTS).content.decode()

    assert len(re.findall(r'<svg class="chart"[^>]*role="group"', page)) == 2
    assert "<title>Within 1 hour: 1</title>" in page
    assert "<title>Aiko, promise broken: 2</title>" in page
    assert page.count("As a table") == 2
    assert "style=" not in page


def test_definitions_are_one_click_away(chika):
    seen = words(signed_in(chika).get(REPORTS))

    assert "What these numbers mean" in seen
    assert "Open tickets that nobody has taken." in seen


def test_without_anything_the_page_still_makes_sense(chika):
    seen = words(signed_in(chika).get(REPORTS))

    assert "Promise broken 0" in seen
    assert "Nobody is waiting." in seen
    assert "No promise was due." in seen
    assert "Clean tickets – Clean tickets" in seen


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

    with django_assert_max_num_queries(14):
        manager.get(REPORTS)


def test_the_figures_of_now_take_as_many_questions_whatever_there_is(
    chika, aiko, a_day, django_assert_num_queries
):
    with django_assert_num_queries(3):
        now_figures(chika, now=a_day)
    for number in range(5):
        assign(a_ticket(email=f"customer{number}@example.com"), to=aiko, by=aiko)
        TeamFactory()

    with django_assert_num_queries(3):
        now_figures(chika, now=a_day)


def test_the_counts_are_read_from_an_index_alone(chika, a_day):
    with connection.cursor() as cursor, CaptureQueriesContext(connection) as seen:
        # So few rows PostgreSQL would rather read whole.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        now_figures(chika, now=a_day)
        [counting] = [each["sql"] for each in seen if "FILTER" in each["sql"]]
        cursor.execute(f"EXPLAIN {counting}")
        plan = " ".join(line for (line,) in cursor.fetchall())

    assert "Index Only Scan using queue_" in plan


# Kept current -------------------------------------------------------------------------------------


def part_of(client, *, etag=""):
    headers = {"HX-Request": "true"} | ({"If-None-Match": etag} if etag else {})
    return client.get(REPORTS, headers=headers)


def test_a_part_is_asked_for_again_and_told_to_be_unchanged(chika, a_day):
    manager = signed_in(chika)
    first = part_of(manager)

    assert first.content.strip().startswith(b'<div class="live-part__now"')
    assert part_of(manager, etag=first["ETag"]).status_code == 304

    a_ticket()

    second = part_of(manager, etag=first["ETag"])
    assert second.status_code == 200
    assert "Open 10" in words(second)


def test_the_part_asks_for_what_is_open_now_only(chika, a_day, django_assert_max_num_queries):
    manager = signed_in(chika)

    # Who asks, and their session; what is counted, by whom, who waits longest; how late the sweep is.
    with django_assert_max_num_queries(6):
        part_of(manager)


def test_the_part_changes_each_minute_because_it_says_as_of_when_it_is(chika, a_day, monday_at_ten):
    manager = signed_in(chika)
    etag = part_of(manager)["ETag"]

    monday_at_ten.shift(timedelta(minutes=1))

    assert "10:21" in words(part_of(manager, etag=etag))


# For a screen in the room -------------------------------------------------------------------------

WALLBOARD = "/reports/wallboard/"


def test_the_wallboard_tells_figures_and_no_name_of_a_customer(chika, a_day):
    page = signed_in(chika).get(WALLBOARD)
    seen = words(page)

    assert "Promise broken 2" in seen
    assert "Due within 1 hour 1" in seen
    assert "Longest wait 20 min" in seen
    assert "Kept today" in seen
    assert "Support 2 1 9" in seen
    assert "山田" not in page.content.decode()
    assert "プリンター" not in page.content.decode()


def test_the_wallboard_is_dark_unless_it_is_asked_for_a_light_one(chika):
    manager = signed_in(chika)

    assert 'data-theme="dark"' in manager.get(WALLBOARD).content.decode()
    assert 'data-theme="light"' in manager.get(f"{WALLBOARD}?theme=light").content.decode()


def test_only_managers_have_a_wallboard(aiko, chika):
    assert signed_in(aiko).get(WALLBOARD).status_code == 403
    assert signed_in(chika).get(WALLBOARD).status_code == 200
