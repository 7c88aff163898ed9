"""People, teams and what tickets are sorted by, over the API."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Agent, Membership, Team
from mail.models import OutboundEmail
from tests.api.programs import Program, problem, wrong_fields
from tests.factories import AgentFactory, a_ticket
from tickets.services.handling import assign, set_tags


@pytest.fixture
def chief(admin: Agent) -> Program:
    return Program(admin)


def test_somebody_is_invited_changed_and_let_in_no_more(
    chief: Program, shop: Program, aiko: Agent, admin: Agent, support: Team, other_team: Team
):
    problem(shop.get("people/"), 403, "not-permitted")
    new = {"name": "Emi", "email": "emi@desk.example", "language": "ja", "teams": [support.pk]}
    invited = chief.post("invitations/", new)
    assert invited.status_code == 201, invited.content
    assert OutboundEmail.objects.latest("pk").to == "emi@desk.example"
    assert wrong_fields(chief.post("invitations/", new)) == {"email"}
    address = f"invitations/{invited.json()['id']}/"
    assert chief.post(f"{address}sending/").status_code == 200
    assert chief.send("DELETE", address).status_code == 204
    problem(chief.send("DELETE", address), 404, "not-found")

    ticket = a_ticket()
    assign(ticket, to=aiko, by=admin)
    address = f"people/{aiko.pk}/"
    places = [{"team": other_team.pk, "capacity": 5}]
    moved = chief.patch(address, {"skills": ["network"], "teams": places}).json()
    assert moved["teams"] == [{"team": other_team.pk, "is_lead": False, "capacity": 5}]
    ticket.refresh_from_db()
    assert ticket.assignee is None
    assert wrong_fields(chief.patch(address, {"email": "nonsense"})) == {"email"}
    assert wrong_fields(chief.patch(address, {"teams": [{"team": 10**9}]})) == {"teams.0.team"}

    assert chief.post(f"{address}deactivation/").json()["is_active"] is False
    problem(shop.get("me/"), 401, "token-invalid")
    assert [each["id"] for each in chief.get("people/?is_active=false").json()["items"]] == [
        aiko.pk
    ]
    assert chief.send("DELETE", f"{address}deactivation/").json()["is_active"] is True
    problem(chief.post(f"people/{admin.pk}/deactivation/"), 409, "conflict")
    assert wrong_fields(chief.patch(f"people/{admin.pk}/", {"role": "agent"})) == {"role"}


def test_a_team_is_made_and_kept_by_its_leads(
    chief: Program, shop: Program, aiko: Agent, support: Team
):
    problem(shop.post("teams/", {"name": "Billing"}), 403, "not-permitted")
    members = [{"agent": aiko.pk, "is_lead": True, "capacity": 3}]
    made = chief.post("teams/", {"name": "Billing", "members": members})
    assert made.status_code == 201, made.content
    address = f"teams/{made.json()['id']}/"

    kept = shop.patch(address, {"takes_back_after": 14400, "signature": "{{team}}"}).json()

    assert (kept["takes_back_after"], kept["signature"]) == (14400, "{{team}}")
    assert kept["members"] == [
        {"agent": {"id": aiko.pk, "name": "Aiko"}, "is_lead": True, "capacity": 3}
    ]
    problem(shop.patch(address, {"name": "Mine"}), 403, "not-permitted")
    assert wrong_fields(shop.patch(address, {"signature": "{{pet}}"})) == {"signature"}
    problem(shop.get(f"teams/{support.pk}/"), 404, "not-found")
    chief.patch(address, {"members": []})
    assert not Membership.objects.filter(team=made.json()["id"]).exists()
    problem(chief.send("DELETE", f"teams/{support.pk}/"), 409, "conflict")
    assert chief.send("DELETE", address).status_code == 204


def test_one_goes_away_and_somebody_stands_in(shop: Program, ben: Agent, mallory: Agent):
    away = {"is_away": True, "substitute": ben.pk}

    assert shop.send("PUT", "availability/", away).json()["substitute"] == ben.pk
    assert wrong_fields(shop.send("PUT", "availability/", {**away, "substitute": mallory.pk})) == {
        "substitute"
    }
    assert shop.send("PUT", "availability/", {"is_away": False}).json()["is_away"] is False


def test_tags_topics_and_fields_are_kept_by_who_manages_forms(
    chief: Program, shop: Program, support: Team, admin: Agent
):
    new = {"name_ja": "請求", "name_en": "Billing", "team": support.pk}
    problem(shop.post("topics/", new), 403, "not-permitted")
    second = chief.post("topics/", {**new, "name_en": "Second"}).json()
    topic = chief.post("topics/", {**new, "agent": AgentFactory().pk})
    assert wrong_fields(topic) == {"agent"}
    topic = chief.post("topics/", new).json()
    chief.patch(f"topics/{topic['id']}/", {"position": 0, "skill": "tax"})
    assert [each["id"] for each in shop.get("topics/").json()["items"]] == [
        topic["id"],
        second["id"],
    ]
    assert chief.send("DELETE", f"topics/{second['id']}/").status_code == 204

    kind = {"of": "ticket", "kind": "choice", "label_en": "Size"}
    sizes = [{"en": "S"}, {"en": "L"}]
    made = chief.post("fields/", {**kind, "choices": sizes, "topics": [topic["id"]]})
    assert made.status_code == 201, made.content
    field = made.json()
    small = field["choices"][0]["key"]
    changed = chief.patch(f"fields/{field['id']}/", {"choices": [{"key": small, "en": "Small"}]})
    assert [(each["name"]["en"], each["is_off"]) for each in changed.json()["choices"]] == [
        ("Small", False),
        ("L", True),
    ]
    assert changed.json()["topics"] == [topic["id"]]
    assert wrong_fields(
        chief.patch(f"fields/{field['id']}/", {"choices": [{"key": "c9", "en": "x"}]})
    ) == {"choices.0.key"}
    assert chief.send("DELETE", f"fields/{field['id']}/").status_code == 204

    ticket = a_ticket()
    set_tags(ticket, names=["Printer", "Printers"], by=admin)
    one, _two = shop.get("tags/").json()["items"]
    problem(shop.patch(f"tags/{one['id']}/", {"name": "x"}), 403, "not-permitted")
    chief.patch(f"tags/{one['id']}/", {"name": "printers"})
    [left] = shop.get("tags/").json()["items"]
    assert shop.get(f"tickets/{ticket.number}/").json()["tags"] == [left["name"]]
    assert chief.send("DELETE", f"tags/{left['id']}/").status_code == 204
    assert shop.get(f"tickets/{ticket.number}/").json()["tags"] == []


def test_who_is_on_call_is_said_by_leads(
    shop: Program, chief: Program, aiko: Agent, mallory: Agent, support: Team
):
    address = f"teams/{support.pk}/on-call/"
    now = timezone.now()
    line = {
        "agent": aiko.pk,
        "starts_at": now.isoformat(),
        "ends_at": (now + timedelta(hours=8)).isoformat(),
    }
    problem(shop.post(address, line), 404, "not-found")
    Membership.objects.filter(agent=aiko).update(is_lead=True)

    made = shop.post(address, line)

    assert made.status_code == 201, made.content
    assert made.json()["agent"] == {"id": aiko.pk, "name": aiko.name}
    assert chief.get(address).json()["items"] == [made.json()]
    assert wrong_fields(shop.post(address, {**line, "agent": mallory.pk})) == {"agent"}
    backwards = {**line, "starts_at": (now + timedelta(days=1)).isoformat()}
    assert wrong_fields(shop.post(address, backwards)) == {"ends_at"}
    problem(Program(mallory).send("DELETE", f"{address}{made.json()['id']}/"), 404, "not-found")
    assert shop.send("DELETE", f"{address}{made.json()['id']}/").status_code == 204
    assert chief.get(address).json()["items"] == []
