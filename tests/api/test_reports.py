"""Reports as numbers: the same as on the page, with where the tickets behind them are."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from accounts.models import Agent, Team
from api.schema import PAGES
from reports.facts.keeping import keep_all
from tests.api.programs import Program, problem, wrong_fields
from tests.conftest import signed_in
from tests.factories import a_ticket
from tickets.models import Ticket

pytestmark = pytest.mark.usefixtures("support")


@pytest.fixture
def kept(monday_at_ten: object, support: Team) -> Ticket:
    """A ticket that is in the figures."""
    ticket = a_ticket()
    keep_all()
    return ticket


@pytest.fixture
def as_chika(chika: Agent) -> Client:
    return signed_in(chika)


@pytest.mark.parametrize("page", PAGES)
def test_each_page_is_read_as_numbers(manager: Program, kept: Ticket, page: str):
    told = manager.get(f"reports/{page}/")

    assert told.status_code == 200, told.content
    report = told.json()
    assert report["page"] == page
    assert report["figures"] or report["tables"] or report["charts"]
    for each in (*report["tables"], *report["charts"]):
        assert all(len(row["values"]) == len(each["columns"]) for row in each["rows"]), each


def test_a_figure_has_its_value_its_unit_and_what_it_counts(
    manager: Program, as_chika: Client, kept: Ticket
):
    report = manager.get("reports/arrivals/?period=week").json()

    [arrived] = [each for each in report["figures"] if each["measure"] == "arrived"]
    assert (arrived["value"], arrived["unit"], arrived["text"]) == (1, "number", "1")
    assert arrived["meaning"]
    behind = as_chika.get(arrived["url"].removeprefix("http://127.0.0.1:8000"))
    assert behind.status_code == 200
    assert str(kept.number) in behind.text


def test_what_is_open_now_opens_its_queue(manager: Program, as_chika: Client, kept: Ticket):
    report = manager.get("reports/overview/").json()

    [table] = [each for each in report["tables"] if each["name"] == "now"]
    [cell] = next(row for row in table["rows"] if row["name"] == "Open")["values"]
    assert cell["value"] == 1
    assert str(kept.number) in as_chika.get(re.sub("^http://[^/]+", "", cell["url"])).text


def test_a_report_is_cut_down_as_the_page_is(manager: Program, support: Team, kept: Ticket):
    def arrived(query: str) -> float:
        found = manager.get(f"reports/arrivals/?{query}").json()["figures"]
        return next(each["value"] for each in found if each["measure"] == "arrived")

    assert arrived(f"team={support.pk}") == 1
    assert arrived(f"team={support.pk + 1}") == 0
    assert arrived("since=2020-01-01&until=2020-01-31") == 0


def test_parameters_that_a_page_does_not_know_are_refused(manager: Program):
    assert wrong_fields(manager.get("reports/promises/?by=horoscope")) == {"by"}
    assert wrong_fields(manager.get("reports/quality/?by=hour")) == {"by"}
    assert wrong_fields(manager.get("reports/times/?by=team")) == {"by"}
    assert wrong_fields(manager.get("reports/overview/?period=week")) == {"period"}
    assert wrong_fields(manager.get("reports/promises/?since=yesterday")) == {"since"}
    assert wrong_fields(manager.get("reports/promises/?color=red")) == {"color"}
    problem(manager.get("reports/promises/?since=2026-02-02&until=2026-01-01"), 422, "invalid")
    problem(manager.get("reports/wallboard/"), 404, "not-found")


def test_reports_are_for_who_may_read_them(shop: Program, manager: Program):
    problem(shop.get("reports/promises/"), 403, "not-permitted")
    problem(
        Program(manager.token.agent, "tickets:read").get("reports/promises/"), 403, "scope-missing"
    )
