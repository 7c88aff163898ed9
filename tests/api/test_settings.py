"""The settings as one document: read, compared, brought in."""

from __future__ import annotations

import pytest

from accounts.models import Agent
from tests.api.programs import Program, problem
from tickets.models import Macro

GREETING = {"format": 1, "macros": [{"name": "Greeting", "body": "Hello!"}]}


@pytest.fixture
def everything(admin: Agent) -> Program:
    return Program(admin)


def test_what_is_read_can_be_brought_in_and_changes_nothing(everything: Program, support: object):
    whole = everything.get("settings/")

    assert whole.json()["format"] == 1
    assert whole.json()["teams"]
    again = everything.send("PUT", "settings/", whole.json())
    assert again.json() == {"is_dry_run": False, "changes": []}


def test_a_dry_run_says_what_would_change_and_changes_nothing(everything: Program, support: object):
    looked = everything.send("PUT", "settings/?dry_run=true", GREETING)

    assert looked.json()["is_dry_run"] is True
    [said] = looked.json()["changes"]
    assert "Greeting" in said
    assert not Macro.objects.exists()

    done = everything.send("PUT", "settings/", GREETING)

    assert done.json() == {"is_dry_run": False, "changes": [said]}
    assert Macro.objects.get().body == "Hello!"


def test_a_document_that_is_wrong_changes_nothing(everything: Program, support: object):
    wrong = {**GREETING, "teams": [{"name": "Sales", "color": "red"}]}

    told = problem(everything.send("PUT", "settings/", wrong), 422, "invalid")

    assert "color" in told["detail"]
    assert not Macro.objects.exists()
    problem(everything.send("PUT", "settings/", {"format": 2}), 422, "invalid")
    problem(everything.send("PUT", "settings/", [1]), 422, "invalid")


def test_settings_are_for_who_may_do_everything(
    manager: Program, shop: Program, admin: Agent, support: object
):
    for program in (manager, shop):
        problem(program.get("settings/"), 403, "not-permitted")
        problem(program.send("PUT", "settings/", GREETING), 403, "not-permitted")
    reader = Program(admin, "settings:read")
    assert reader.get("settings/").status_code == 200
    problem(reader.send("PUT", "settings/", GREETING), 403, "scope-missing")
    assert not Macro.objects.exists()
