"""Quality, customers and people: every number opens as many rows as it says, and is what an
independent count of the facts says."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import date, timedelta
from math import ceil, isclose, sqrt
from random import Random
from statistics import NormalDist
from statistics import correlation as pearson
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Agent, Team
from customers.models import Customer
from reports.busiest import MOST, busiest, months_before, whole_months
from reports.correlation import FEWEST, correlations, interval
from reports.exports.models import Export
from reports.exports.working import continue_export
from reports.facts.keeping import keep_all
from reports.filtering import ReportFilter
from reports.load import compliance
from reports.measures import MEASURES, SCORES
from reports.models import Fact, Stale, Tally
from reports.tables import Table
from reports.tallying import add_all
from tests.conftest import MONDAY_AT_TEN, signed_in
from tests.desk.pages import links, numbers, words
from tests.factories import a_customer, a_ticket
from tests.reports.report_pages import Scattered, numbers_of, rows_behind, scatter
from tickets.effort import effort_weights
from tickets.services.handling import assign, solve
from tickets.services.replying import Reply, reply_to_customer
from tickets.services.weighing import save_effort_weights

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]
PAGES = {
    "quality": "/reports/quality/",
    "customers": "/reports/customers/",
    "people": "/reports/people/",
}
TODAY = MONDAY_AT_TEN.date()
QUARTER = ReportFilter(since=TODAY - timedelta(days=89), until=TODAY, period="quarter")
FOLLOWED = 5


@pytest.fixture
def manager(chika: Agent) -> Client:
    return signed_in(chika)


@pytest.fixture
def scattered(support: Team, aiko: Agent, ben: Agent) -> Scattered:
    """It is Monday at ten still."""
    return scatter(support, [aiko, ben], number=1500)


def queries_of(whose: Scattered, agent: Agent) -> list[dict[str, Any]]:
    return [
        {},
        {"period": "week"},
        {"period": "quarter", "by": "team"},
        {"period": "quarter", "by": "organization"},
        {"team": whose.support.pk, "period": "quarter"},
        {"agent": agent.pk, "by": "organization"},
        {"agent": 0, "channel": "web"},
        {"customer": whose.customers[0].pk, "period": "quarter"},
        {"organization": whose.organization.pk, "period": "quarter"},
        {"organization": 0},
        {"since": "2026-08-01", "until": "2026-10-05"},
        {"topic": whose.topics[0].pk, "since": "2025-01-01"},
    ]


@pytest.mark.parametrize("name", PAGES)
def test_every_number_opens_as_many_rows(
    scattered: Scattered, manager: Client, aiko: Agent, name: str
):
    random, followed = Random(3), 0
    for query in queries_of(scattered, aiko):
        page = manager.get(PAGES[name], query)
        assert page.status_code == 200
        found = sorted(numbers_of(page))
        for url, number in random.sample(found, min(FOLLOWED, len(found))):
            assert rows_behind(manager, url) == number, (query, url)
            followed += 1 if number else 0
    assert followed > 20


@pytest.mark.parametrize("path", PAGES.values())
def test_it_asks_as_often_whatever_there_is(
    scattered: Scattered, manager: Client, path: str, django_assert_max_num_queries
):
    queries: list[dict[str, Any]] = [
        {},
        {"by": "team"},
        {"by": "organization"},
        {"customer": scattered.customers[0].pk},
        {"organization": scattered.organization.pk, "agent": 0, "topic": 0},
    ]
    manager.get(path)
    asked = []
    for query in queries:
        with CaptureQueriesContext(connection) as seen:
            manager.get(path, query)
        asked.append(len(seen))
    for number in range(12):
        a_ticket(email=f"more{number}@example.com")
    keep_all()

    for query, number in zip(queries, asked, strict=True):
        with django_assert_max_num_queries(min(number, 12)):
            manager.get(path, query)


@pytest.mark.parametrize("path", PAGES.values())
def test_an_empty_desk_and_one_ticket_make_sense(manager: Client, aiko: Agent, path: str):
    assert manager.get(path).status_code == 200

    reply_to_customer(a_ticket(), Reply(body="はい。", solves=True), agent=aiko)
    keep_all()

    page = manager.get(path)
    assert page.status_code == 200
    for url, number in numbers_of(page):
        assert rows_behind(manager, url) == number


@pytest.mark.parametrize("path", PAGES.values())
@pytest.mark.parametrize(
    "query",
    [
        {"period": "decade", "by": "x", "csv": "x"},
        {"since": "2026-10-05", "until": "2026-10-01"},
        {"since": "1990-01-01", "until": "1999-12-31"},
        {"customer": "9" * 18, "organization": "9" * 18},
        {"customer": "0"},
        {"csv": "by", "encoding": "utf-16", "team": "everybody"},
    ],
)
def test_nothing_in_an_address_breaks_a_page(manager: Client, path: str, query: dict[str, str]):
    page = manager.get(path, query)

    assert page.status_code == 200


@pytest.mark.parametrize("path", PAGES.values())
def test_only_managers_read_them(aiko: Agent, ben: Agent, admin: Agent, path: str):
    for agent in (aiko, ben):
        assert signed_in(agent).get(path).status_code == 403
    assert signed_in(admin).get(path).status_code == 200


# Quality ------------------------------------------------------------------------------------------


def test_the_share_of_clean_tickets_is_that_of_the_facts(scattered: Scattered, manager: Client):
    counted = Counter(Fact.objects.filter(day__gte=QUARTER.since).values_list("measure", flat=True))
    clean, unclean = counted["clean"], counted["unclean"]

    figure = manager.get(PAGES["quality"], {"period": "quarter"}).context["figures"][0]

    assert figure.number == str(100 * clean // (clean + unclean))
    assert figure.context == f"{clean} clean of {clean + unclean}"
    assert rows_behind(manager, figure.url) == clean > 5


def test_reasons_are_ranked_by_how_often_they_were_it(scattered: Scattered, manager: Client):
    chart = manager.get(PAGES["quality"], {"period": "quarter"}).context["reasons_chart"]

    numbers = [line.values[0].number for line in chart.lines]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == 7
    reasons = Fact.objects.filter(day__gte=QUARTER.since, measure__startswith="unclean_")
    assert sum(numbers) == reasons.count() > 20


def test_the_bars_of_effort_are_the_scores_of_the_facts(scattered: Scattered, manager: Client):
    scores = Fact.objects.filter(day__gte=QUARTER.since, measure="effort")
    expected = Counter(
        next(upper for upper in SCORES if score <= upper)
        for score in scores.values_list("seconds", flat=True)
        if score is not None
    )

    chart = manager.get(PAGES["quality"], {"period": "quarter"}).context["effort_chart"]

    assert [line.values[0].number for line in chart.lines] == [expected[each] for each in SCORES]
    values = sorted(
        score for score in scores.values_list("seconds", flat=True) if score is not None
    )
    half = values[ceil(len(values) / 2) - 1]
    effort = manager.get(PAGES["quality"], {"period": "quarter"}).context["effort"]
    assert effort[0].number == str(next(upper for upper in SCORES if half <= upper))


def test_by_team_and_topic_the_quality_of_each(scattered: Scattered, manager: Client):
    for by, number in (("team", 2), ("topic", 3)):
        table = manager.get(PAGES["quality"], {"period": "quarter", "by": by}).context["by_table"]
        assert len(table.rows) == number
        assert [row.name for row in table.rows] == sorted(
            (row.name for row in table.rows), key=str.casefold
        )
        whole = Fact.objects.filter(day__gte=QUARTER.since, measure="clean").count()
        assert sum(row.values[0].number for row in table.rows) == whole


def rate(pairs: list[tuple[int, int, str]]) -> None:
    """Facts of tickets with this score and this rating."""
    made = []
    for score, value, measure in pairs:
        ticket = a_ticket(email="one@example.com")
        about = {
            "at": MONDAY_AT_TEN,
            "day": TODAY,
            "hour": 10,
            "ticket": ticket,
            "customer": ticket.customer_id,
            "team": ticket.team_id,
            "channel": "web",
        }
        made.append(Fact(measure="effort", seconds=score, key="", **about))
        seconds = value if measure == "effort_rated" else None
        made.append(Fact(measure=measure, seconds=seconds, key="1", **about))
    Fact.objects.bulk_create(made)
    add_all()


def test_effort_and_rating_go_together_as_an_independent_computation_says():
    random = Random(5)
    easy, good = [], []
    for _ in range(25):
        score = random.randrange(100)
        easy.append(
            (score, max(1, min(5, 5 - score // 25 + random.choice([-1, 0, 1]))), "effort_rated")
        )
        is_good = random.random() > score / 130
        good.append((score, int(is_good), "rated_good" if is_good else "rated_bad"))
    rate([*easy, *good])

    found_good, found_easy = correlations(QUARTER)

    for found, pairs in ((found_good, good), (found_easy, easy)):
        scores, values = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        expected = pearson(scores, values)
        assert found.count == 25
        assert found.value is not None
        assert isclose(found.value, expected, abs_tol=1e-9)
        assert found.low < expected < found.high
        assert found.is_clear == (found.high < 0 or found.low > 0)
    assert found_easy.value is not None
    assert found_easy.value < -0.5


def test_the_interval_is_fishers():
    # A textbook's: r = 0.5 of 30 lies between 0.17 and 0.73.
    low, high = interval(0.5, 30)
    assert (round(low, 2), round(high, 2)) == (0.17, 0.73)
    assert interval(1.0, 30) == (1.0, 1.0)
    # Simulated: of samples without any connection one in twenty seems to have one.
    random, seemed = Random(9), 0
    for _ in range(400):
        xs, ys = ([random.gauss(0, 1) for _ in range(40)] for _ in range(2))
        low, high = interval(pearson(xs, ys), 40)
        seemed += low > 0 or high < 0
    margin = 4 * sqrt(400 * 0.05 * 0.95)
    assert abs(seemed - 20) < margin
    assert isclose(NormalDist().inv_cdf(0.975), 1.959964, abs_tol=1e-6)


def test_of_too_few_ratings_nothing_is_said(manager: Client):
    rate([(number, 1, "rated_good") for number in range(FEWEST - 1)])

    seen = words(manager.get(PAGES["quality"]))

    assert f"Too few ratings: {FEWEST - 1}, and at least {FEWEST} are needed." in seen
    assert correlations(QUARTER)[0].value is None


def test_when_all_are_alike_nothing_can_be_said(manager: Client):
    rate([(number, 1, "rated_good") for number in range(FEWEST)])

    assert "Nothing can be said: all 20 are alike." in words(manager.get(PAGES["quality"]))


def test_other_weights_make_other_scores(admin: Agent, aiko: Agent):
    ticket = a_ticket()
    for _ in range(2):
        assign(ticket, to=aiko, by=aiko)
        assign(ticket, to=None, by=aiko)
    solve(ticket, agent=aiko)
    keep_all()
    before = Fact.objects.get(measure="effort").seconds
    assert not Stale.objects.exists()
    weights = effort_weights()

    save_effort_weights(
        {"hand_over": weights.hand_over + 7}, by=admin, now=MONDAY_AT_TEN + timedelta(hours=1)
    )
    keep_all()

    assert before is not None
    assert Fact.objects.get(measure="effort").seconds == before + 2 * 7
    tally = Tally.objects.get(grain="total", measure="effort")
    assert (tally.count, tally.seconds) == (1, before + 14)


# Customers ----------------------------------------------------------------------------------------


def test_the_months_that_a_time_touches():
    chosen = ReportFilter(since=date(2026, 1, 31), until=date(2026, 3, 1), period="month")
    months = whole_months(chosen)

    assert (months.since, months.until) == (date(2026, 1, 1), date(2026, 3, 31))
    before = months_before(months)
    assert (before.since, before.until) == (date(2025, 10, 1), date(2025, 12, 31))


@pytest.mark.parametrize("by", ["customer", "organization"])
def test_the_table_is_what_the_facts_of_these_months_say(
    scattered: Scattered, manager: Client, by: str
):
    page = manager.get(PAGES["customers"], {"period": "quarter", "by": by})
    first = QUARTER.since.replace(day=1)
    facts = Fact.objects.filter(day__gte=first)
    whose = {each.pk: each.name for each in [*scattered.customers, scattered.organization]}
    keys = facts.exclude(**{by: None}).filter(measure="contact").values_list(by, flat=True)
    expected = Counter(keys)

    rows = page.context["table"].rows

    assert [row.values[0].number for row in rows] == sorted(expected.values(), reverse=True)
    assert {row.name for row in rows} == {whose[key] for key in expected}
    for row in rows:
        key = next(key for key, name in whose.items() if name == row.name and key in expected)
        own = facts.filter(**{by: key})
        scores = sorted(own.filter(measure="effort").values_list("seconds", flat=True))
        half = scores[ceil(len(scores) / 2) - 1]
        assert str(row.values[5]) == str(next(upper for upper in SCORES if half <= upper))
        kept = own.filter(measure="promise_kept").count()
        ended = own.filter(measure__in=["promise_kept", "promise_late", "promise_silent"]).count()
        assert row.values[4].number == 100 * kept // ended
        assert row.values[7].number == own.filter(measure="unclean").count()


def test_a_name_opens_the_same_numbers_of_one_customer(scattered: Scattered, manager: Client):
    page = manager.get(PAGES["customers"], {"period": "quarter"})
    row = page.context["table"].rows[0]

    one = manager.get(PAGES["customers"] + row.url)

    shown = {figure.measure.key: figure.number for figure in one.context["figures"]}
    assert shown["contact"] == str(row.values[0])
    assert shown["arrived"] == str(row.values[3])
    customer = Customer.objects.get(name=row.name)
    assert f"/desk/customers/{customer.pk}/" in links(one)
    assert row.name in words(one)


def test_an_organisation_opens_with_its_customers(scattered: Scattered, manager: Client):
    page = manager.get(
        PAGES["customers"], {"period": "quarter", "organization": scattered.organization.pk}
    )

    names = {row.name for row in page.context["table"].rows}
    assert names == {customer.name for customer in scattered.customers[:2]}


def test_only_the_busiest_are_read(manager: Client):
    ticket = a_ticket()
    Fact.objects.all().delete()
    facts = [
        Fact(
            measure="contact",
            at=MONDAY_AT_TEN,
            day=TODAY,
            hour=10,
            ticket=ticket,
            customer=10_000 + customer,
            team=ticket.team_id,
            channel="web",
            key=f"{customer}-{number}",
        )
        for customer in range(MOST + 20)
        for number in range(3 if customer % 7 == 0 else 1)
    ]
    Fact.objects.bulk_create(facts)
    add_all()

    keys = busiest(whole_months(QUARTER), "customer")

    assert len(keys) == MOST
    assert {10_000 + customer for customer in range(0, MOST + 20, 7)} <= set(keys)
    assert len(manager.get(PAGES["customers"]).context["table"].rows) == MOST


def test_the_trend_is_said_in_words(manager: Client, support: Team):
    customer = a_customer("yamada@example.com", "山田")
    for months, number in ((0, 3), (1, 1)):
        for _ in range(number):
            a_ticket(customer=customer, now=MONDAY_AT_TEN - timedelta(days=months * 31))
    keep_all()

    table = manager.get(PAGES["customers"], {"period": "today"}).context["table"]

    assert [str(value) for value in table.rows[0].values[:3]] == ["3", "3", "↑ 2 more"]


def test_the_customers_record_leads_managers_to_it(chika: Agent, aiko: Agent):
    ticket = a_ticket()
    address = f"/reports/customers/?period=quarter&customer={ticket.customer_id}"
    record = f"/desk/customers/{ticket.customer_id}/"

    assert address in links(signed_in(chika).get(record))
    assert address not in links(signed_in(aiko).get(record))


# People -------------------------------------------------------------------------------------------


def test_people_and_teams_stand_by_name_whatever_they_did(scattered: Scattered, manager: Client):
    teams, agents, _targets = manager.get(PAGES["people"], {"period": "quarter"}).context["tables"]

    assert [row.name for row in agents.rows] == ["Aiko", "Ben", "Unassigned"]
    names = [row.name for row in teams.rows]
    assert names == sorted(names, key=str.casefold)
    contacts = Fact.objects.filter(day__gte=QUARTER.since, measure="contact").count()
    assert sum(row.values[1].number for row in agents.rows) == contacts
    assert "sort" not in manager.get(PAGES["people"]).text.split("<main")[1].lower()


def test_what_is_open_now_is_the_list_it_opens(scattered: Scattered, manager: Client, aiko: Agent):
    for _ in range(3):
        assign(a_ticket(), to=aiko, by=aiko)
    asked: list[dict[str, Any]] = [
        {},
        {"team": scattered.support.pk},
        {"agent": aiko.pk, "channel": "web"},
        {"agent": 0},
    ]
    for query in asked:
        teams, agents, _targets = manager.get(PAGES["people"], query).context["tables"]
        followed = 0
        for row in [*teams.rows, *agents.rows]:
            value = row.values[0]
            if value.number:
                assert len(numbers(manager.get(value.url))) == value.number, (query, row.name)
                followed += 1
        assert followed


def test_who_gave_a_ticket_on_and_who_got_it(manager: Client, aiko: Agent, ben: Agent):
    ticket = a_ticket()
    assign(ticket, to=aiko, by=aiko)
    assign(ticket, to=ben, by=aiko)
    assign(ticket, to=None, by=ben)
    keep_all()

    agents = manager.get(PAGES["people"]).context["tables"][1]

    handed = {row.name: [value.number for value in row.values[-2:]] for row in agents.rows}
    assert handed["Aiko"] == [1, 0]
    assert handed["Ben"] == [1, 1]


def test_targets_by_policy_and_kind_are_those_of_the_facts(manager: Client, aiko: Agent):
    for number in range(4):
        later = MONDAY_AT_TEN + timedelta(hours=1)
        reply = (
            Reply(body="はい。", promise_at=later) if number else Reply(body="はい。", solves=True)
        )
        reply_to_customer(a_ticket(), reply, agent=aiko, now=MONDAY_AT_TEN + timedelta(minutes=5))
    keep_all()
    expected: Counter[tuple[str, str]] = Counter(
        (key.split(":")[0], measure)
        for measure, key in Fact.objects.filter(measure__startswith="sla_").values_list(
            "measure", "key"
        )
    )

    found = compliance(QUARTER)

    assert {(each.kind, "sla_kept"): each.kept for each in found if each.kept} == {
        key: number for key, number in expected.items() if key[1] == "sla_kept"
    }
    assert sum(each.broken for each in found) == sum(
        number for (_kind, measure), number in expected.items() if measure == "sla_broken"
    )
    page = manager.get(PAGES["people"])
    table = page.context["tables"][2]
    assert sum(row.values[0].number for row in table.rows) == sum(each.kept for each in found) > 0
    for value in (value for row in table.rows for value in row.values[:2]):
        assert rows_behind(manager, value.url) == value.number


def test_the_targets_of_one_policy_are_told_apart(manager: Client, aiko: Agent):
    reply = Reply(body="はい。", solves=True)
    reply_to_customer(a_ticket(), reply, agent=aiko, now=MONDAY_AT_TEN + timedelta(minutes=5))
    keep_all()
    [first, *_others] = compliance(QUARTER)

    def behind(policy: object, kind: str) -> Any:
        query = {"measure": "sla_kept", "period": "month", "policy": policy, "kind": kind}
        return manager.get("/reports/tickets/", query)

    assert f"policy {first.name}" in behind(first.policy, first.kind).text
    assert behind(first.policy, first.kind).text.count("data-hotkey-item") == first.kept
    assert behind(first.policy + 1, first.kind).text.count("data-hotkey-item") == 0
    assert behind("x", "x").text.count("data-hotkey-item") == sum(
        each.kept for each in compliance(QUARTER)
    )


def tables_of(page: Any) -> list[Table]:
    """The tables of a page, by whatever names its template has them."""
    names = ("tables", "table", "parts_table", "by_table")
    known = [page.context[name] for name in names if name in page.context]
    found = [table for each in known for table in (each if isinstance(each, list) else [each])]
    return list({table.name: table for table in found}.values())


# As a file ----------------------------------------------------------------------------------------


def as_rows(response: Any, encoding: str) -> list[list[str]]:
    content = b"".join(response.streaming_content).decode(encoding)
    return list(csv.reader(io.StringIO(content, newline="")))


@pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
def test_every_table_is_a_file_too(scattered: Scattered, manager: Client, encoding: str):
    customer = scattered.customers[0]
    customer.name = "=1+1"
    customer.save()
    for path in PAGES.values():
        page = manager.get(path, {"period": "quarter"})
        files = [link for link in links(page) if "csv=" in link and "cp932" not in link]
        assert files
        for link in files:
            response = manager.get(f"{path}{link}&encoding={encoding}")
            assert response["Content-Type"].startswith("text/csv")
            assert "attachment" in response["Content-Disposition"]
            found = as_rows(response, "utf-8-sig" if encoding == "utf-8" else "cp932")
            name = link.split("csv=")[1]
            [table] = [table for table in tables_of(page) if table.name == name]
            assert len(found) == 1 + len(table.rows)
            if name == "busiest":
                assert "'=1+1" in {row[0] for row in found}
                assert {row[1] for row in found[1:]} == {str(row.values[0]) for row in table.rows}


def test_the_rows_behind_a_number_are_an_export(
    scattered: Scattered, manager: Client, settings, tmp_path
):
    settings.MEDIA_ROOT = str(tmp_path)
    random = Random(2)
    asked = [
        f"measure={random.choice(list(MEASURES))}&period=quarter&{more}"
        for more in (
            "",
            "weekday=1",
            "hour=10",
            "more_than=5&at_most=5000",
            "channel=web",
            "agent=0",
        )
        for _ in range(2)
    ]
    for query in [*asked, "measure=contact&period=quarter"]:
        page = manager.get(f"/reports/tickets/?{query}")
        manager.post(
            "/reports/exports/create/",
            {"kind": "facts", "query": page.context["query"], "encoding": "utf-8"},
        )
        while continue_export():
            pass
        export = Export.objects.order_by("-pk")[0]
        assert (export.kind, export.state) == ("facts", "done")
        assert export.rows_total == rows_behind(manager, f"/reports/tickets/?{query}")
        shown = manager.get(f"/reports/exports/{export.pk}/")
        assert any(link.startswith("/reports/tickets/?measure=") for link in links(shown))
    heading, *rows = as_rows(manager.get(f"/reports/exports/{export.pk}/download/"), "utf-8-sig")
    assert {row[heading.index("Figure")] for row in rows} == {"Messages from customers"}
    assert {row[heading.index("Whose")] for row in rows} == {"Aiko", "Ben", ""}


@pytest.mark.parametrize("query", ["", "measure=x", "x" * 5000, "measure=arrived&team=x", "&&=%00"])
def test_an_export_that_was_not_understood_is_an_empty_file(manager: Client, query: str):
    response = manager.post("/reports/exports/create/", {"kind": "facts", "query": query})

    assert response.status_code in {302, 400}
