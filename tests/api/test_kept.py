"""Macros and views: kept for oneself, for a team one leads, or for everybody."""

from __future__ import annotations

import pytest

from accounts.models import Agent, Membership, Team
from tests.api.programs import Program, problem, wrong_fields
from tests.factories import a_ticket
from tickets.models import Macro, SavedView

RESTART = {"name": "Restart", "body": "Hello {{customer}}, restart it.", "tags": ["Printer"]}
TODAY = {"name": "Today", "query": "due=day"}


@pytest.fixture
def lead(aiko: Agent) -> Program:
    Membership.objects.filter(agent=aiko).update(is_lead=True)
    return Program(aiko)


def test_a_macro_is_kept_changed_used_and_deleted(shop: Program, support: Team):
    made = shop.post("macros/", {**RESTART, "promise_after": 7200, "ending": "ask"})
    assert made.status_code == 201, made.content
    macro = made.json()
    assert (macro["is_own"], macro["team"], macro["promise_after"]) == (True, None, 7200)
    address = f"macros/{macro['id']}/"

    changed = shop.patch(address, {"body": "Dear {{customer}}!"}).json()

    assert (changed["body"], changed["promise_after"]) == ("Dear {{customer}}!", 7200)
    ticket = a_ticket()
    applied = shop.post(f"tickets/{ticket.number}/macro/", {"macro": macro["id"]}).json()
    assert (applied["body"], applied["ticket"]["tags"]) == ("Dear 山田花子!", ["Printer"])
    assert shop.send("DELETE", address).status_code == 204
    assert shop.get("macros/").json()["items"] == []


def test_what_is_wrong_with_a_macro_is_said(shop: Program, support: Team):
    shop.post("macros/", RESTART)

    assert wrong_fields(shop.post("macros/", RESTART)) == {"name"}
    assert wrong_fields(shop.post("macros/", {**RESTART, "body": "{{pet}}"})) == {"body"}
    assert wrong_fields(shop.post("macros/", {**RESTART, "tags": ["x" * 41]})) == {"tags.0"}
    assert wrong_fields(shop.post("macros/", {"name": "x"})) == {"body"}
    both = {**RESTART, "team": support.pk, "is_own": True}
    assert wrong_fields(shop.post("macros/", both)) == {"is_own"}
    assert Macro.objects.count() == 1


@pytest.mark.parametrize("what", ["macros", "views"])
def test_only_leads_keep_for_a_team_and_only_some_for_everybody(
    shop: Program, lead: Program, admin: Agent, support: Team, other_team: Team, what: str
):
    sent = RESTART if what == "macros" else TODAY
    Membership.objects.update(is_lead=False)
    problem(shop.post(f"{what}/", {**sent, "team": support.pk}), 403, "not-permitted")
    Membership.objects.update(is_lead=True)

    for_team = lead.post(f"{what}/", {**sent, "team": support.pk})

    assert (for_team.status_code, for_team.json()["team"]) == (201, support.pk)
    assert wrong_fields(lead.post(f"{what}/", {**sent, "team": other_team.pk})) == {"team"}
    problem(lead.post(f"{what}/", {**sent, "is_own": False}), 403, "not-permitted")
    for_all = Program(admin).post(f"{what}/", {**sent, "is_own": False})
    assert (for_all.json()["team"], for_all.json()["is_own"]) == (None, False)


@pytest.mark.parametrize("what", ["macros", "views"])
def test_what_is_somebody_elses_is_not_there(
    shop: Program, manager: Program, support: Team, what: str
):
    made = shop.post(f"{what}/", RESTART if what == "macros" else TODAY).json()
    address = f"{what}/{made['id']}/"

    problem(manager.patch(address, {"name": "Mine"}), 404, "not-found")
    problem(manager.send("DELETE", address), 404, "not-found")
    assert [each["name"] for each in shop.get(f"{what}/").json()["items"]] == [made["name"]]


def test_a_view_is_saved_renamed_opened_with_and_deleted(shop: Program, support: Team):
    made = shop.post("views/", {**TODAY, "query": f"?team={support.pk}&due=day"})
    assert made.status_code == 201, made.content
    address = f"views/{made.json()['id']}/"
    assert shop.get(f"tickets/?{made.json()['query']}").status_code == 200

    changed = shop.patch(address, {"name": "Soon", "is_default": True}).json()

    assert (changed["name"], changed["is_default"]) == ("Soon", True)
    assert shop.patch(address, {"is_default": False}).json()["is_default"] is False
    assert shop.send("DELETE", address).status_code == 204
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("query", ["due=never", "color=red", "field.nothing=1", "team=x"])
def test_a_view_of_what_the_list_does_not_know_is_refused(shop: Program, support: Team, query: str):
    problem(shop.post("views/", {**TODAY, "query": query}), 422, "invalid")
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("what", ["macros", "views"])
def test_the_order_is_changed_among_those_of_the_same_people(
    shop: Program, lead: Program, support: Team, what: str
):
    sent = RESTART if what == "macros" else TODAY
    ids = [shop.post(f"{what}/", {**sent, "name": name}).json()["id"] for name in "abc"]
    of_team = lead.post(f"{what}/", {**sent, "name": "d", "team": support.pk}).json()["id"]

    def order() -> list[int]:
        return [each["id"] for each in shop.get(f"{what}/").json()["items"]]

    shop.patch(f"{what}/{ids[2]}/", {"position": 1})
    assert order() == [ids[0], ids[2], ids[1], of_team]
    shop.patch(f"{what}/{ids[0]}/", {"position": 1000})
    assert order() == [ids[2], ids[1], ids[0], of_team]
    assert shop.patch(f"{what}/{ids[2]}/", {"name": "e"}).json()["name"] == "e"
    Membership.objects.update(is_lead=False)
    refused = shop.patch(f"{what}/{of_team}/", {"position": 0})
    problem(refused, 404, "not-found")
