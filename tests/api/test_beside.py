"""What belongs to a ticket beside its words."""

from __future__ import annotations

from accounts.models import Agent, Team
from tests.api.programs import Program, problem, wrong_fields
from tests.factories import a_ticket
from tests.knowledge.articles import a_collection, an_article
from tickets.models import Ticket


def test_who_is_in_cc_is_said(shop: Program):
    address = f"tickets/{a_ticket().number}/participants/"

    made = shop.post(address, {"address": "Colleague@example.com"}).json()

    assert (made["address"], made["state"]) == ("colleague@example.com", "cc")
    changed = shop.patch(f"{address}{made['id']}/", {"state": "ignored"}).json()
    assert shop.get(address).json()["items"] == [changed]
    assert wrong_fields(shop.post(address, {"address": "hana@example.com"})) == {"address"}


def test_links_steps_and_articles_come_and_go(
    shop: Program, intruder: Program, other_team: Team, admin: Agent
):
    ticket, other = a_ticket(), a_ticket(email="jiro@example.com")
    foreign = a_ticket(team=other_team, email="ken@example.com")
    address = f"tickets/{ticket.number}/"

    link = shop.post(f"{address}links/", {"other": other.number, "kind": "duplicate"}).json()
    assert (link["ticket"], link["other"]) == (ticket.number, other.number)
    assert shop.get(f"tickets/{other.number}/links/").json()["items"] == [link]
    refused = shop.post(f"{address}links/", {"other": foreign.number, "kind": "related"})
    assert wrong_fields(refused) == {"other"}
    problem(intruder.get(f"{address}links/"), 404, "not-found")
    assert shop.send("DELETE", f"{address}links/{link['id']}/").status_code == 204

    steps = shop.post(f"{address}steps/", {"steps": ["Order", "Call"]}).json()["items"]
    done = shop.patch(f"{address}steps/{steps[0]['id']}/", {"is_done": True}).json()
    assert done["done_by"]["name"] == "Aiko"
    elsewhere = f"tickets/{other.number}/steps/{steps[1]['id']}/"
    problem(shop.send("DELETE", elsewhere), 404, "not-found")
    assert shop.send("DELETE", f"{address}steps/{steps[1]['id']}/").status_code == 204
    assert [each["text"] for each in shop.get(f"{address}steps/").json()["items"]] == ["Order"]

    article = an_article(collection=a_collection())
    linked = shop.post(f"{address}articles/", {"article": article.pk}).json()["items"]
    assert [each["id"] for each in linked] == [article.pk]
    assert shop.send("DELETE", f"{address}articles/{article.pk}/").status_code == 204


def test_a_ticket_is_followed_its_brief_read_and_its_merge_undone(
    shop: Program, manager: Program, aiko: Agent, ben: Agent
):
    ticket = a_ticket()
    other = a_ticket(customer=ticket.customer)
    address = f"tickets/{ticket.number}/"

    assert shop.send("PUT", f"{address}following/", {"follows": True}).status_code == 200
    assert shop.get(f"{address}following/").json() == {"follows": True}
    assert manager.get(f"{address}following/").json() == {"follows": False}

    brief = {"problem": "No paper", "next_step": "Send some"}
    manager.patch(address, {"assignee": aiko.pk, "brief": brief})
    assert shop.post(f"{address}brief/").status_code == 200
    assert Ticket.objects.get(pk=ticket.pk).hand_overs.get().accepted_at

    shop.post(f"tickets/{other.number}/merge/", {"into": ticket.number})
    [merge] = shop.get(f"{address}merge/").json()["items"]
    alone = shop.send("DELETE", f"{address}merge/{merge['id']}/").json()
    assert (alone["number"], alone["merged_into"]) == (other.number, None)
