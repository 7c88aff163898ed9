"""What was promised and how it ended: every number on the page opens as many."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import Agent
from reports.facts.keeping import keep_all
from sla.sweep import sweep_due
from tests.conftest import MONDAY_AT_TEN, signed_in
from tests.desk.pages import links, words
from tests.factories import TeamFactory, a_ticket
from tests.reports.report_pages import rows_behind
from tests.reports.test_overview import promised
from tickets.services.holding import hold_due_promises
from tickets.services.replying import Reply, reply_to_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]
PROMISES = "/reports/promises/"


@pytest.fixture
def manager(chika: Agent) -> Client:
    return signed_in(chika)


@pytest.fixture
def two_days(aiko: Agent, monday_at_ten):
    """On Monday five kept, one late by 20 minutes and two broken in silence, on Tuesday one more."""
    kept, late = promised(aiko, minutes=60), promised(aiko, minutes=5)
    solution = Reply(body="直りました。", solves=True)
    half_past = MONDAY_AT_TEN + timedelta(minutes=30)
    reply_to_customer(kept, solution, agent=aiko, now=half_past)
    for minutes in (40, 24 * 60 + 5):
        promised(aiko, minutes=minutes)
    a_ticket()
    sweep_due(now=MONDAY_AT_TEN + timedelta(minutes=6))
    reply_to_customer(late, solution, agent=aiko, now=MONDAY_AT_TEN + timedelta(minutes=25))
    now = MONDAY_AT_TEN + timedelta(days=1, minutes=10)
    monday_at_ten.move_to(now)
    sweep_due(now=now)
    keep_all()


def test_the_figures_say_how_promises_ended(two_days: None, manager: Client):
    seen = words(manager.get(PROMISES, {"period": "week"}))

    assert "Promises made 9" in seen
    assert "Promises kept 5" in seen
    assert "Promises kept late 1" in seen
    assert "Promises broken in silence 3" in seen
    assert "Share kept 55 % Share kept 5 kept of 9" in seen
    assert "Late by, the worst 20 min" in seen


def test_a_rescued_promise_is_in_no_share(
    manager: Client, holding_notes: None, aiko: Agent, monday_at_ten
):
    reply_to_customer(a_ticket(), Reply(body="はい。", solves=True), agent=aiko)
    a_ticket(email="other@example.com")
    now = MONDAY_AT_TEN + timedelta(hours=3, minutes=36)
    monday_at_ten.move_to(now)
    hold_due_promises(now=now)
    keep_all()

    seen = words(manager.get(PROMISES))

    assert "Share kept 100 % Share kept 1 kept of 1" in seen
    assert "Promises rescued 1" in seen


def test_the_time_before_is_told_in_words(two_days: None, chika: Agent, monday_at_ten):
    monday_at_ten.move_to(MONDAY_AT_TEN + timedelta(days=9))

    seen = words(signed_in(chika).get(PROMISES, {"period": "week"}))

    assert "Promises kept 0 Promises kept 5 fewer than the 7 days before" in seen
    assert "Promises rescued 0 Promises rescued as many as the 7 days before" in seen
    assert "Share kept – Share kept No promise was due." in seen


@pytest.mark.parametrize(
    "by", ["team", "agent", "topic", "channel", "customer", "organization", "hour", "weekday"]
)
def test_the_table_tells_promises_apart(two_days: None, manager: Client, by: str):
    page = manager.get(PROMISES, {"by": by})
    [table] = [page.context["table"]]

    made = [row.values[0].number for row in table.rows]
    # Whoever belongs to no organisation is in no line of theirs.
    assert sum(made) == (0 if by == "organization" else 9)
    for row in table.rows:
        for value in row.values[:-1]:
            assert not value.number or rows_behind(manager, value.url) == value.number
    assert f'by={by}#by-choices" aria-current="true"' in page.text or by == "team"


def test_people_stand_there_by_name_and_not_by_number(
    two_days: None, manager: Client, aiko: Agent, ben: Agent
):
    for ticket in (a_ticket(), a_ticket()):
        reply_to_customer(ticket, Reply(body="はい。", solves=True), agent=ben)
        ticket.refresh_from_db()
    keep_all()

    table = manager.get(PROMISES, {"by": "agent"}).context["table"]

    names = [row.name for row in table.rows]
    assert names == sorted(names, key=str.casefold)
    assert {"Aiko", "Ben", "Unassigned"} >= set(names)


def test_a_line_opens_the_same_report_about_it_alone(two_days: None, manager: Client, support):
    TeamFactory()
    page = manager.get(PROMISES, {"period": "week"})

    [address] = [each for each in links(page) if each == f"?period=week&team={support.pk}"]

    alone = manager.get(PROMISES + address)
    assert "Team: Support" in words(alone)
    assert "Promises made 9" in words(alone)


def test_what_it_cannot_tell_apart_falls_back_to_teams(two_days: None, manager: Client):
    assert "Promises by Team" in words(manager.get(PROMISES, {"by": "colour"}))


def test_only_managers_read_it(aiko, ben, mallory, chika):
    for agent in (aiko, ben, mallory):
        assert signed_in(agent).get(PROMISES).status_code == 403
    assert signed_in(chika).get(PROMISES).status_code == 200
