"""What figures say is what the facts say, whatever they are read from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from math import ceil
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from django.utils.html import escape

from accounts.models import Agent, Team
from reports import figures
from reports.behind import Narrower, facts_behind, url_behind
from reports.filtering import ReportFilter
from reports.measures import DURATIONS, GROUPS, MEASURES
from reports.models import Fact, Tally
from reports.tallying import add_all
from tests.conftest import signed_in
from tests.factories import AgentFactory, TeamFactory, a_customer, a_ticket, a_topic

pytestmark = pytest.mark.django_db
DESK = ZoneInfo("Asia/Tokyo")
FIRST = date(2026, 8, 20)
DAYS = 60
WHOLE = ReportFilter(since=FIRST, until=FIRST + timedelta(days=DAYS))


@pytest.fixture
def facts(support: Team, aiko: Agent) -> list[Fact]:
    """Two months of facts by chance, of every measure, about everybody."""
    random = Random(7)
    tickets = [a_ticket(email=f"person{number}@example.com") for number in range(6)]
    agents, teams = [aiko.pk, AgentFactory().pk, None], [support.pk, TeamFactory().pk]
    topics = [a_topic().pk, a_topic("Printers", "プリンター").pk, None]
    customers = [a_customer(f"person{number}@example.com").pk for number in range(6)]
    made = []
    for number in range(900):
        measure = MEASURES[random.choice(list(MEASURES))]
        at = datetime(2026, 8, 19, 15, tzinfo=UTC) + timedelta(
            minutes=random.randrange(DAYS * 24 * 60)
        )
        local, customer = at.astimezone(DESK), random.randrange(6)
        made.append(
            Fact(
                measure=measure.key,
                at=at,
                day=local.date(),
                hour=local.hour,
                ticket=tickets[customer],
                customer=customers[customer],
                organization=[None, 5, 6][customer % 3],
                team=random.choice(teams),
                agent=random.choice(agents),
                topic=random.choice(topics),
                channel=random.choice(["web", "email", "phone"]),
                seconds=a_value(measure.bounds, random),
                key=str(number),
            )
        )
    Fact.objects.bulk_create(made)
    add_all()
    return made


def a_value(bounds: tuple[int, ...], random: Random) -> int | None:
    """On the bounds, beside them and beyond them."""
    if not bounds:
        return None
    return max(0, random.choice([random.choice(bounds) + random.choice([-1, 0, 1]), bounds[-1]]))


def a_filter(random: Random) -> ReportFilter:
    since = FIRST + timedelta(days=random.randrange(DAYS))
    until = since + timedelta(days=random.randrange(DAYS))
    chosen = ReportFilter(since=since, until=until)
    some = random.sample(["team", "agent", "topic", "channel", "customer", "organization"], 2)
    for name in some[: random.choice([0, 1, 1, 2])]:
        values = list(Fact.objects.values_list(name, flat=True).distinct().order_by(name))
        chosen = replace(chosen, **{name: random.choice(values) or ReportFilter.NOBODY})
    return chosen


def is_in(fact: Fact, chosen: ReportFilter) -> bool:
    """Asked of one fact in plain Python."""
    if not chosen.since <= fact.day <= chosen.until:
        return False
    return all((getattr(fact, name) or 0) == value for name, value in chosen.chosen.items())


def test_counts_and_the_rows_behind_them_are_the_facts(facts: list[Fact]):
    random = Random(1)
    for chosen in [WHOLE, *(a_filter(random) for _ in range(40))]:
        expected = Counter(fact.measure for fact in facts if is_in(fact, chosen))

        found = figures.counts(chosen, MEASURES)

        assert found == {measure: expected[measure] for measure in MEASURES}
        for measure in random.sample(list(MEASURES), 5):
            assert facts_behind(chosen, measure).count() == found[measure]


def test_percentiles_are_those_of_the_facts_rounded_up(facts: list[Fact]):
    random = Random(2)
    timed = [key for key, measure in MEASURES.items() if measure.is_timed]
    asked = [WHOLE, *(a_filter(random) for _ in range(15))]
    for measure, chosen in product(timed, asked):
        bounds = MEASURES[measure].bounds
        values = sorted(
            fact.seconds or 0 for fact in facts if fact.measure == measure and is_in(fact, chosen)
        )

        found = figures.times(chosen, measure)

        assert found.count == len(values)
        for percent in (1, 50, 90, 99, 100):
            exact = values[ceil(len(values) * percent / 100) - 1] if values else None
            rounded = next((b for b in bounds if exact is not None and exact <= b), None)
            assert found.percentile(percent) == rounded
        for bound in random.sample(bounds, 3):
            within = sum(value <= bound for value in values)
            assert found.number_within(bound) == within
            assert found.within(bound) == (100 * within // len(values) if values else None)


def test_a_share_within_what_is_no_bound_is_not_guessed(facts: list[Fact]):
    with pytest.raises(ValueError, match="no bound"):
        figures.times(WHOLE, "answered").within(61)


KEYS: dict[str, Callable[[Fact], Any]] = {
    "team": lambda fact: fact.team,
    "agent": lambda fact: fact.agent or 0,
    "topic": lambda fact: fact.topic or 0,
    "channel": lambda fact: fact.channel,
    "customer": lambda fact: fact.customer,
    "organization": lambda fact: fact.organization or 0,
    "day": lambda fact: fact.day,
    "hour": lambda fact: fact.hour,
    "weekday": lambda fact: fact.day.isoweekday(),
}


def test_by_every_dimension(facts: list[Fact]):
    random, measures = Random(3), ["arrived", "answered", "unclean"]
    asked = [WHOLE, *(a_filter(random) for _ in range(12))]
    for (dimension, key), chosen in product(KEYS.items(), asked):
        expected = Counter((key(fact), fact.measure) for fact in facts if is_in(fact, chosen))

        found = figures.by(chosen, measures, dimension)

        assert [each for each, _ in found] == sorted(each for each, _ in found)
        numbers = {(k, m): n for k, row in found for m, n in row.items() if n}
        assert numbers == {(k, m): n for (k, m), n in expected.items() if m in measures}
    for dimension, number in {"day": 61, "hour": 24, "weekday": 7}.items():
        assert len(figures.by(WHOLE, [], dimension)) == number


def test_times_by_dimension_are_those_of_each(facts: list[Fact]):
    bin_ = MEASURES["answered"].bin
    for dimension in ("team", "agent", "channel", "weekday", "customer", "hour"):
        key = KEYS[dimension]
        expected = Counter(
            (key(fact), bin_(fact.seconds or 0)) for fact in facts if fact.measure == "answered"
        )

        found = figures.times_by(WHOLE, "answered", dimension)

        assert {
            (k, number): n for k, spread in found for number, n in enumerate(spread.bins) if n
        } == expected


def test_the_heat_of_a_week(facts: list[Fact]):
    random = Random(4)
    for chosen in [WHOLE, *(a_filter(random) for _ in range(6))]:
        expected = Counter(
            (fact.day.isoweekday(), fact.hour)
            for fact in facts
            if fact.measure == "arrived" and is_in(fact, chosen)
        )

        found = figures.heat(chosen, "arrived")

        assert len(found) == 7 * 24
        assert {pair: number for pair, number in found.items() if number} == expected


def test_the_rows_behind_a_part_are_that_part(facts: list[Fact]):
    """A column, a cell of the heat map and a bar of a distribution open as many as they show."""
    for day, row in figures.series(WHOLE, ["arrived"])[::7]:
        assert facts_behind(WHOLE, "arrived", day=day).count() == row["arrived"]
    for (weekday, hour), number in list(figures.heat(WHOLE, "arrived").items())[::9]:
        behind = facts_behind(WHOLE, "arrived", weekday=weekday, hour=hour)
        assert behind.count() == number
    spread = figures.times(WHOLE, "answered")
    for lower, upper, number in zip((None, *DURATIONS), DURATIONS, spread.bins, strict=False):
        behind = facts_behind(WHOLE, "answered", more_than=lower, at_most=upper)
        assert behind.count() == number


def test_figures_of_the_desk_read_no_facts(facts: list[Fact]):
    """Nor tickets: what they cost grows with days, not with what happened."""
    filters = [WHOLE, replace(WHOLE, team=1), replace(WHOLE, team=1, channel="web")]
    with CaptureQueriesContext(connection) as queries:
        for chosen in filters:
            figures.counts(chosen, MEASURES)
            figures.times(chosen, "answered")
            for dimension in ("day", "weekday", "team", "agent", "topic", "channel"):
                figures.by(chosen, ["arrived"], dimension)
        figures.heat(WHOLE, "arrived")

    assert len(queries) == 3 * 8 + 1
    for query in queries:
        assert 'FROM "reports_tally"' in query["sql"]
        assert "reports_fact" not in query["sql"]


# Definitions and pages ----------------------------------------------------------------------------


@pytest.mark.parametrize("key", MEASURES)
def test_every_measure_is_explained_in_both_languages(key: str):
    measure = MEASURES[key]
    assert measure.group in GROUPS
    said = {}
    for language in ("en", "ja"):
        with translation.override(language):
            said[language] = [str(measure.name), str(measure.definition), measure.unit(2)]
    assert all(said["en"])
    for english, japanese in zip(said["en"], said["ja"], strict=True):
        assert english != japanese
        assert any(ord(letter) > 0x3000 for letter in japanese)


@pytest.fixture
def manager(chika: Agent) -> Client:
    return signed_in(chika)


def test_the_page_behind_a_number_lists_as_many(facts: list[Fact], manager: Client):
    number = figures.counts(WHOLE, ["arrived"])["arrived"]
    Fact.objects.filter(measure="promise_made").update(measure="arrived")
    Tally.objects.all().delete()
    add_all()
    number = figures.counts(WHOLE, ["arrived"])["arrived"]
    assert number > 25

    page = manager.get(url_behind(WHOLE, "arrived"))

    assert f"Arrived: {number} tickets" in page.text
    assert escape(str(MEASURES["arrived"].definition)) in page.text
    assert page.text.count("data-hotkey-item") == min(number, 50)


def test_pages_behind_a_number_go_on_to_the_last_row(support: Team, manager: Client):
    ticket = a_ticket()
    at = datetime(2026, 9, 1, tzinfo=UTC)
    Fact.objects.bulk_create(
        Fact(
            measure="contact",
            at=at + timedelta(hours=number // 3),
            day=(at + timedelta(hours=number // 3)).astimezone(DESK).date(),
            hour=0,
            ticket=ticket,
            customer=ticket.customer_id,
            team=support.pk,
            channel="web",
            key=str(number),
        )
        for number in range(120)
    )
    address, seen = url_behind(WHOLE, "contact", day=None), []
    while address:
        page = manager.get(address)
        seen += [row.fact.pk for row in page.context["rows"]]
        address = f"/reports/tickets/?{page.context['older']}" if page.context["older"] else ""

    newest_first = Fact.objects.order_by("-at", "-pk").values_list("pk", flat=True)
    assert seen == list(newest_first)


def test_the_page_asks_as_often_for_one_row_as_for_fifty(facts: list[Fact], manager: Client):
    def asked(measure: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            manager.get(url_behind(WHOLE, measure, agent=0))
        return len(queries)

    asked("arrived")
    few = asked("arrived")
    Fact.objects.filter(agent=None).update(measure="arrived")
    assert asked("arrived") == few
    assert few <= 8


def test_what_a_list_is_cut_down_to_is_named_and_can_be_taken_away(facts, manager, aiko, support):
    chosen = replace(WHOLE, agent=aiko.pk)
    page = manager.get(url_behind(chosen, "arrived", weekday=1, hour=9, team=support.pk))

    for words in ("Team: Support", "Assignee: Aiko", "Monday", "9:00 to 10:00"):
        assert words in page.text
    without = replace(chosen, team=support.pk, agent=None).query().replace("&", "&amp;")
    assert f"?measure=arrived&amp;hour=9&amp;weekday=1&amp;{without}" in page.text


def test_every_figure_is_on_the_page_of_definitions(manager: Client):
    page = manager.get("/reports/definitions/")

    for key, measure in MEASURES.items():
        assert f'id="{key}"' in page.text
        assert escape(str(measure.name)) in page.text


@pytest.mark.parametrize("path", ["/reports/tickets/", "/reports/definitions/"])
def test_only_managers_see_them(as_aiko: Client, path: str):
    assert as_aiko.get(path).status_code == 403


# The filter ---------------------------------------------------------------------------------------

TODAY = date(2026, 10, 5)


@pytest.mark.parametrize(
    ("query", "since"),
    [
        ({}, date(2026, 9, 6)),
        ({"period": "today"}, TODAY),
        ({"period": "week"}, date(2026, 9, 29)),
        ({"period": "month"}, date(2026, 9, 6)),
        ({"period": "quarter"}, date(2026, 7, 8)),
        ({"since": "2026-09-01"}, date(2026, 9, 1)),
    ],
)
def test_periods_end_today(query: dict[str, str], since: date):
    chosen = ReportFilter.from_query(query, TODAY)

    assert (chosen.since, chosen.until, chosen.message) == (since, TODAY, "")


@pytest.mark.parametrize(
    "query",
    [
        {"period": "decade"},
        {"since": "yesterday"},
        {"since": "2026-10-04", "until": "2026-10-01"},
        {"since": "1991-01-01", "until": "2026-10-01"},
        {"since": "0001-01-01"},
        {"until": "9999-12-31"},
        {"team": "x"},
        {"channel": "smoke"},
        {"customer": "9" * 40},
    ],
)
def test_what_cannot_be_read_is_said_and_shows_the_last_thirty_days(query: dict[str, str]):
    chosen = ReportFilter.from_query(query, TODAY)

    assert chosen.message
    assert (chosen.since, chosen.until) == (date(2026, 9, 6), TODAY)
    assert chosen.chosen == {}


def test_an_address_is_read_as_it_was_written():
    random = Random(5)
    for _ in range(50):
        period = random.choice(["", "today", "week"])
        chosen = ReportFilter.from_query(
            {
                **(
                    {"period": period} if period else {"since": "2026-09-01", "until": "2026-09-20"}
                ),
                "team": str(random.randrange(9)),
                "channel": random.choice(["web", ""]),
                "organization": random.choice(["", "0", "7"]),
            },
            TODAY,
        )
        again = dict(pair.split("=") for pair in chosen.query().split("&"))
        assert ReportFilter.from_query(again, TODAY) == chosen


def test_the_time_before_is_as_long_and_ends_where_it_begins():
    chosen = ReportFilter.from_query({"period": "week", "team": "3"}, TODAY)

    before = chosen.before()

    assert (before.days, before.until, before.team) == (7, date(2026, 9, 28), 3)
    assert before.query() == "since=2026-09-22&until=2026-09-28&team=3"


def test_a_narrower_part_is_read_as_it_was_written():
    part = Narrower(day=date(2026, 9, 1), hour=0, weekday=7, more_than=60, at_most=120)

    assert Narrower.from_query({k: str(v) for k, v in part.said.items()}) == part
    nonsense = {"day": "x", "hour": "24", "weekday": "0", "more_than": "-1", "at_most": "1e3"}
    assert Narrower.from_query(nonsense) == Narrower()
