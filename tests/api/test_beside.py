"""What belongs to a ticket beside its words."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from django.utils import timezone

from accounts.models import Agent, Membership, Team
from tests.api.programs import Program, problem, wrong_fields
from tests.factories import a_field, a_ticket, a_topic
from tests.knowledge.articles import a_collection, an_article
from tickets.form_links import read_form_link
from tickets.models import Rating, Ticket


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


def test_why_a_time_is_what_it_is_is_told(shop: Program, intruder: Program):
    address = f"tickets/{a_ticket().number}/times/"

    told = shop.get(address).json()

    assert told["policy"]["version"] == told["hours"]["version"] == 1
    first = next(each for each in told["times"] if each["target_seconds"])
    assert first["ended_at"] is None
    assert [step["due_at"] for step in first["steps"]] == [first["due_at"]]
    assert first["used_seconds"] + first["remaining_seconds"] == first["target_seconds"]
    problem(intruder.get(address), 404, "not-found")


def test_ratings_are_for_leads_and_for_who_sees_all(
    shop: Program, manager: Program, aiko: Agent, other_team: Team
):
    now = timezone.now()
    ours, theirs = a_ticket(), a_ticket(team=other_team, email="ken@example.com")
    of_ours = {"kind": "csat", "value": 0, "comment": "Slow", "recovery_due_at": now}
    Rating.objects.create(ticket=ours, asked_at=now, answered_at=now, **of_ours)
    later = now + timedelta(hours=1)
    Rating.objects.create(ticket=theirs, kind="effort", value=5, asked_at=now, answered_at=later)

    assert shop.get("ratings/").json()["items"] == []
    Membership.objects.filter(agent=aiko).update(is_lead=True)

    [led] = shop.get("ratings/").json()["items"]
    assert (led["ticket"], led["comment"], led["is_bad"]) == (ours.number, "Slow", True)
    every = manager.get("ratings/").json()["items"]
    assert [each["ticket"] for each in every] == [theirs.number, ours.number]
    for query, expected in (
        (f"team={other_team.pk}", theirs),
        ("kind=csat", ours),
        ("state=to_recover", ours),
        ("state=good", theirs),
        (f"until={later.isoformat().replace('+', '%2B')}", ours),
    ):
        [found] = manager.get(f"ratings/?{query}").json()["items"]
        assert found["ticket"] == expected.number, query
    assert wrong_fields(manager.get("ratings/?state=fine")) == {"state"}


def test_a_link_to_the_form_is_filled_in(shop: Program):
    topic = a_topic()
    a_field("Model", topics=[topic], is_for_customers=True)
    a_field("Cost")
    filled = {"name": "Emma", "email": "emma@example.com", "topic": topic.pk}

    made = shop.post("form-links/", {**filled, "fields": {"model": "X-1"}}).json()

    [signed] = parse_qs(urlsplit(made["url"]).query)["prefill"]
    as_in_the_form = {**filled, "topic": str(topic.pk), "field.model": "X-1"}
    assert read_form_link(signed) == as_in_the_form
    for wrong, field in (
        ({"email": "emma"}, "email"),
        ({"topic": 999}, "topic"),
        ({"fields": {"cost": "3"}}, "fields.cost"),
    ):
        assert wrong_fields(shop.post("form-links/", wrong)) == {field}
