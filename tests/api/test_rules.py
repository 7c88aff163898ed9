"""Rules and tickets that come again, over the API."""

from __future__ import annotations

import pytest

from accounts.models import Agent, Team
from rules.models import Recurrence, Rule
from tests.api.programs import Program, problem, wrong_fields
from tests.factories import a_ticket

URGENT = {
    "name": "Urgent",
    "events": ["opened"],
    "conditions": [{"of": "subject", "way": "has", "value": "printer"}],
    "actions": [{"do": "priority", "value": "high"}],
}


@pytest.fixture
def chief(admin: Agent) -> Program:
    return Program(admin)


def test_a_rule_is_made_tried_switched_on_run_undone_and_deleted(
    chief: Program, shop: Program, support: Team, admin: Agent
):
    ticket = a_ticket(subject="The printer")
    problem(shop.post("rules/", URGENT), 403, "not-permitted")
    made = chief.post("rules/", URGENT)
    assert made.status_code == 201, made.content
    rule = made.json()
    assert (rule["is_active"], "printer" in rule["sentence"]) == (False, True)
    assert rule["keeper"]["id"] == admin.pk
    address = f"rules/{rule['id']}/"

    [hit] = chief.get(f"{address}preview/").json()["tickets"]
    assert (hit["ticket"], len(hit["changes"])) == (ticket.number, 1)
    assert shop.get(f"tickets/{ticket.number}/").json()["priority"] == "normal"
    assert chief.post(f"{address}runs/").json() == {"changed": 1}
    [run] = chief.get(f"{address}runs/?ticket={ticket.number}").json()["items"]
    assert (run["outcome"], shop.get(f"tickets/{ticket.number}/").json()["priority"]) == (
        "done",
        "high",
    )
    assert chief.post(f"{address}runs/{run['id']}/undo/").json() == {"changed": 1}
    assert shop.get(f"tickets/{ticket.number}/").json()["priority"] == "normal"

    etag = chief.get(address)["ETag"]
    assert chief.patch(address, {"is_active": True}, If_Match=etag).json()["is_active"] is True
    problem(chief.patch(address, {"name": "x"}, If_Match=etag), 412, "changed-meanwhile")
    second = chief.post("rules/", {**URGENT, "name": "Second"}).json()
    chief.patch(f"rules/{second['id']}/", {"position": 0})
    assert [each["name"] for each in chief.get("rules/").json()["items"]] == ["Second", "Urgent"]
    assert chief.send("DELETE", address).status_code == 204
    parts = chief.get("rules/parts/").json()
    assert {"subject", "assignee"} <= {each["of"] for each in parts["conditions"]}


def test_what_is_wrong_with_a_rule_is_said(chief: Program, support: Team):
    chief.post("rules/", URGENT)
    asked = {"of": "team", "way": "is", "value": "999"}
    for wrong, field in (
        ({}, "name"),
        ({"name": "x", "events": []}, "events"),
        ({"name": "x", "since": "opened"}, "since"),
        ({"name": "x", "actions": []}, "actions"),
        ({"name": "x", "actions": [{"do": "assign", "value": "999"}]}, "actions"),
        ({"name": "x", "conditions": [asked]}, "conditions"),
        ({"name": "x", "conditions": [{**asked, "of": "weather"}]}, "conditions"),
    ):
        assert wrong_fields(chief.post("rules/", {**URGENT, **wrong})) == {field}
    assert Rule.objects.count() == 1


def test_a_ticket_is_opened_again_and_again(
    chief: Program, support: Team, aiko: Agent, mallory: Agent
):
    customer = a_ticket().customer
    new = {
        "subject": "Report",
        "body": "Of last month.",
        "customer": customer.pk,
        "team": support.pk,
        "every": "month",
        "first_at": "2026-01-31T00:00:00Z",
    }
    made = chief.post("recurring/", {**new, "assignee": aiko.pk})
    assert made.status_code == 201, made.content
    address = f"recurring/{made.json()['id']}/"
    assert chief.get("recurring/").json()["items"] == [made.json()]

    assert chief.patch(address, {"is_active": False}).json()["is_active"] is False
    for wrong, field in (
        ({"customer": 10**9}, "customer"),
        ({"assignee": mallory.pk}, "assignee"),
        ({"first_at": "0001-01-01T00:00:00Z"}, "first_at"),
    ):
        assert wrong_fields(chief.post("recurring/", {**new, **wrong})) == {field}
    assert chief.send("DELETE", address).status_code == 204
    assert not Recurrence.objects.exists()
