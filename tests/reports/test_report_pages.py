"""Every number of a report opens as many rows as it says, whatever happened and whatever is asked."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Agent, Team
from accounts.services import add_member
from customers.models import Customer
from reports import figures
from reports.backlog import BANDS, PAGE
from reports.facts.keeping import keep_all
from reports.filtering import ReportFilter
from reports.models import Fact, Tally
from tests.conftest import MONDAY_AT_TEN, signed_in
from tests.desk.pages import links, words
from tests.factories import AgentFactory, a_ticket
from tests.reports.happening import Desk
from tests.reports.report_pages import Scattered, numbers_of, rows_behind, scatter
from tickets.models import Ticket
from tickets.services.replying import Reply, reply_to_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]
PAGES = {
    "promises": "/reports/promises/",
    "times": "/reports/times/",
    "arrivals": "/reports/arrivals/",
}
EVERY_PAGE = ["/reports/", *PAGES.values()]
# Who is asked about: too many to follow every link on each page.
FOLLOWED = 8


@pytest.fixture
def manager(chika: Agent) -> Client:
    return signed_in(chika)


@pytest.fixture
def scattered(support: Team, aiko: Agent, ben: Agent) -> Scattered:
    """It is Monday at ten still."""
    return scatter(support, [aiko, ben])


@pytest.fixture
def happened(
    support: Team, other_team: Team, aiko: Agent, ben: Agent, mallory: Agent, monday_at_ten
) -> Desk:
    """A week or two on which all sorts of things happened; it is the moment after them."""
    carla = AgentFactory(name="Carla")
    add_member(other_team, carla)
    desk = Desk(11, {support: [aiko, ben], other_team: [mallory, carla]})
    for _ in range(110):
        desk.step()
    keep_all()
    monday_at_ten.move_to(desk.now)
    return desk


def queries_of(whose: Scattered, agent: Agent) -> list[dict[str, Any]]:
    return [
        {},
        {"period": "week"},
        {"period": "quarter", "by": "agent", "heat": "promise_silent"},
        {"team": whose.support.pk, "by": "hour", "heat": "promise_late"},
        {"agent": agent.pk, "by": "weekday"},
        {"agent": 0, "by": "topic", "channel": "web"},
        {"customer": whose.customers[0].pk, "by": "channel"},
        {"organization": whose.organization.pk, "period": "quarter", "by": "customer"},
        {"since": "2026-08-01", "until": "2026-10-05", "by": "organization"},
        {"since": "2025-01-01", "by": "agent"},
    ]


@pytest.mark.parametrize("name", PAGES)
def test_every_number_opens_as_many_rows(
    scattered: Scattered, manager: Client, aiko: Agent, name: str
):
    random, followed = Random(3), 0
    for query in queries_of(scattered, aiko):
        page = manager.get(PAGES[name], query)
        assert page.status_code == 200
        numbers = sorted(numbers_of(page))
        for url, number in random.sample(numbers, min(FOLLOWED, len(numbers))):
            assert rows_behind(manager, url) == number, (query, url)
            followed += 1 if number else 0
    assert followed > 20


def test_every_number_of_what_happened_opens_as_many_rows(happened: Desk, manager: Client):
    random = Random(4)
    for path in EVERY_PAGE:
        numbers = sorted(numbers_of(manager.get(path, {"period": "quarter"})))
        for url, number in random.sample(numbers, min(FOLLOWED, len(numbers))):
            assert rows_behind(manager, url) == number, url
    # Whose turn it was adds up.
    page = manager.get(PAGES["times"], {"period": "quarter"})
    waited = Fact.objects.filter(measure__startswith="waited_")
    [bar, _] = page.context["turn_chart"].lines
    hours = sum(fact.seconds or 0 for fact in waited) / 3600
    assert hours > 10
    assert bar.values[0].number == pytest.approx(hours, abs=1)
    assert sum(part.number for part in bar.values[1:]) == pytest.approx(hours, abs=2)


def test_the_shares_are_those_of_the_rows_behind_them(scattered: Scattered, manager: Client):
    page = manager.get(PAGES["times"], {"period": "quarter"})

    for figure, seconds in zip(page.context["figures"], (300, 3600, 86400), strict=False):
        number, _, of = figure.context.split()
        assert rows_behind(manager, figure.url) == int(number)
        assert f"at_most={seconds}" in figure.url
        assert int(figure.number) == 100 * int(number) // int(of)
    assert int(of) == Fact.objects.filter(measure="answered").count() > 20


def test_the_days_of_a_trend_are_the_days_of_the_report(scattered: Scattered, manager: Client):
    [chart] = [manager.get(PAGES["arrivals"], {"period": "week"}).context["days_chart"]]

    assert [line.values[0].number for line in chart.lines] == [
        numbers["arrived"]
        for _, numbers in figures.series(
            ReportFilter(
                since=MONDAY_AT_TEN.date() - timedelta(days=6), until=MONDAY_AT_TEN.date()
            ),
            ["arrived"],
        )
    ]


def test_a_long_time_is_drawn_in_weeks_and_longer_pieces(scattered: Scattered, manager: Client):
    for since, most in (("2026-07-06", 92), ("2026-01-01", 92), ("2020-01-01", 92)):
        chart = manager.get(PAGES["arrivals"], {"since": since}).context["days_chart"]

        assert len(chart.lines) <= most
        assert (
            sum(line.values[0].number for line in chart.lines)
            == Fact.objects.filter(measure="arrived").count()
        )


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_it_asks_as_often_whatever_there_is(
    scattered: Scattered, manager: Client, path: str, django_assert_max_num_queries
):
    query = {
        "customer": scattered.customers[0].pk,
        "organization": scattered.organization.pk,
        "by": "customer",
    }
    manager.get(path)
    with CaptureQueriesContext(connection) as seen:
        manager.get(path, query)
    for number in range(12):
        a_ticket(email=f"more{number}@example.com")
    keep_all()

    with django_assert_max_num_queries(min(len(seen), 12)):
        manager.get(path, query)


def test_the_desks_own_figures_read_no_facts(scattered: Scattered, manager: Client):
    for path in EVERY_PAGE:
        with CaptureQueriesContext(connection) as seen:
            manager.get(path)
        assert not [each["sql"] for each in seen if "reports_fact" in each["sql"]], path


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_an_empty_desk_and_one_ticket_make_sense(manager: Client, aiko: Agent, path: str):
    assert manager.get(path).status_code == 200

    reply_to_customer(a_ticket(), Reply(body="はい。", solves=True), agent=aiko)
    keep_all()

    page = manager.get(path)
    assert page.status_code == 200
    for url, number in numbers_of(page):
        assert rows_behind(manager, url) == number


def test_an_empty_desk_has_no_shares_and_no_forecast(manager: Client):
    assert "No promise was due." in words(manager.get(PAGES["promises"]))
    assert "Too little is known for a forecast" in words(manager.get(PAGES["arrivals"]))
    assert "this time 0 h 0 h" in words(manager.get(PAGES["times"]))


# The filter ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES.values())
@pytest.mark.parametrize(
    "query",
    [
        {"period": "decade"},
        {"since": "2026-10-05", "until": "2026-10-01"},
        {"since": "yesterday", "until": "x" * 300},
        {"team": "everybody"},
        {"customer": "9" * 30, "heat": "x", "by": "x"},
    ],
)
def test_what_is_not_understood_is_said_and_kept(manager: Client, path: str, query: dict[str, str]):
    page = manager.get(path, query)

    assert page.status_code == 200
    assert page.context["frame"].chosen.message in words(page)
    assert '<details class="menu menu--start" open>' in page.text
    if "since" in query:
        assert f'value="{query["since"]}"' in page.text
    # A field for dates would hide what is none.
    assert page.text.count('<input type="date"') == (0 if query.get("since") == "yesterday" else 2)


def test_dates_that_were_typed_win_over_the_period(manager: Client):
    page = manager.get(
        PAGES["arrivals"], {"period": "week", "since": "2026-09-01", "until": "2026-09-03"}
    )

    assert "1 Sept. 2026 to 3 Sept. 2026" in words(page) or "Sep" in words(page)
    assert page.context["frame"].chosen.days == 3


def test_whose_tickets_they_are_stays_when_another_time_is_chosen(
    scattered: Scattered, manager: Client, support: Team
):
    query = {"team": support.pk, "customer": scattered.customers[0].pk, "by": "topic"}
    page = manager.get(PAGES["promises"], query)

    assert f"?period=week&team={support.pk}&customer={query['customer']}&by=topic" in links(page)
    assert f'<input type="hidden" name="customer" value="{query["customer"]}">' in page.text
    assert '<input type="hidden" name="by" value="topic">' in page.text
    assert '<input type="hidden" name="period" value="month">' in page.text
    assert f"?period=month&team={support.pk}&by=topic" in links(page)


def test_a_customer_is_named_and_can_be_taken_away(scattered: Scattered, manager: Client):
    customer = Customer.objects.get(pk=scattered.customers[0].pk)
    page = manager.get(PAGES["times"], {"customer": customer.pk})

    assert f"Customer: {customer.name}" in words(page)
    assert "?period=month" in links(page)


def test_somebody_who_has_left_is_named_still(manager: Client, aiko: Agent):
    aiko.is_active = False
    aiko.save()
    page = manager.get(PAGES["times"], {"agent": aiko.pk})

    assert "Assignee: Aiko" in words(page)
    assert f'<option value="{aiko.pk}" selected>Aiko</option>' in page.text


# What is open now ---------------------------------------------------------------------------------


def test_the_backlog_is_every_open_ticket_by_its_age(manager: Client, monday_at_ten):
    ages = [0.5, 0.99, 1, 2, 3, 6.9, 7, 13, 14, 29, 30, 100]
    for days in ages:
        a_ticket(now=MONDAY_AT_TEN - timedelta(days=days))

    chart = manager.get(PAGES["arrivals"]).context["backlog_chart"]

    numbers = [line.values[0].number for line in chart.lines]
    assert numbers == [2, 2, 2, 2, 2, 2]
    for line in chart.lines:
        assert rows_behind(manager, line.values[0].url) == 2


def test_the_backlog_is_cut_down_like_everything_else(
    scattered: Scattered, manager: Client, support: Team, aiko: Agent
):
    asked = [
        {"team": support.pk},
        {"agent": 0},
        {"agent": aiko.pk, "channel": "web"},
        {"organization": scattered.organization.pk},
        {"organization": 0, "topic": scattered.topics[0].pk},
    ]
    for query in asked:
        chart = manager.get(PAGES["arrivals"], query).context["backlog_chart"]
        for line in chart.lines:
            assert rows_behind(manager, line.values[0].url) == line.values[0].number
    whole = manager.get(PAGES["arrivals"]).context["backlog_chart"]
    assert sum(line.values[0].number for line in whole.lines) == Ticket.objects.unresolved().count()


def test_a_long_backlog_goes_on_to_its_last_ticket(manager: Client):
    for _ in range(PAGE + 3):
        a_ticket()

    page = manager.get("/reports/arrivals/open/?age=day")

    assert f"Up to 1 day: {PAGE + 3} open tickets" in words(page)
    assert rows_behind(manager, "/reports/arrivals/open/?age=day") == PAGE + 3


@pytest.mark.parametrize("query", [{"age": "x"}, {"after": "x"}, {"after": "2026-10-05_1"}, {}])
def test_a_backlog_that_is_not_understood_is_all_that_is_open(
    manager: Client, query: dict[str, str]
):
    a_ticket()

    assert "Open tickets: 1 open ticket" in words(manager.get("/reports/arrivals/open/", query))
    assert set(BANDS) == {"day", "three_days", "week", "two_weeks", "month", "older"}


# Who may read them --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*PAGES.values(), "/reports/arrivals/open/"])
def test_only_managers_read_them(aiko: Agent, ben: Agent, mallory: Agent, admin: Agent, path: str):
    for agent in (aiko, ben, mallory):
        assert signed_in(agent).get(path).status_code == 403
    assert signed_in(admin).get(path).status_code == 200


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_a_japanese_manager_reads_japanese(manager: Client, chika: Agent, path: str):
    chika.language = "ja"
    chika.save()

    seen = words(manager.get(path))

    assert "お約束" in seen
    for english in ("the 30 days", "half", "Half", "within", "Within", "tickets", "arrived"):
        assert english not in seen


def test_the_first_page_ends_with_the_last_thirty_days(scattered: Scattered, manager: Client):
    page = manager.get("/reports/")
    numbers = figures.counts(
        ReportFilter.from_query({}, MONDAY_AT_TEN.date()), ["clean", "unclean", "chased"]
    )

    assert f"Asked for news {numbers['chased']}" in words(page)
    [clean] = [figure for figure in page.context["month"] if figure.measure.key == "clean"]
    assert int(clean.number) == 100 * numbers["clean"] // (numbers["clean"] + numbers["unclean"])
    assert Tally.objects.exists()
    assert "/reports/times/?period=month" in links(page)
