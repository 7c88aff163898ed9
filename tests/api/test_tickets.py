"""Tickets as another program opens, finds and changes them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Agent, Team
from accounts.services import add_member
from mail.models import OutboundEmail
from tests.api.programs import Program, problem, wrong_fields
from tests.factories import AgentFactory, a_field, a_ticket, a_topic
from tickets.models import Ticket
from tickets.services.handling import solve

NEW = {
    "subject": "No paper",
    "body": "The printer says that there is no paper.",
    "name": "Emma Clarke",
    "email": "emma@example.com",
}


def test_an_inquiry_becomes_a_ticket_with_a_promise_and_an_acknowledgement(shop: Program):
    answer = shop.post("tickets/", NEW)

    assert answer.status_code == 201
    told, ticket = answer.json(), Ticket.objects.get()
    assert answer["Location"].endswith(f"/api/v1/tickets/{ticket.number}/")
    assert (told["number"], told["status"], told["turn"]) == (ticket.number, "new", "us")
    assert told["customer"] == {
        "id": ticket.customer_id,
        "name": "Emma Clarke",
        "email": "emma@example.com",
    }
    assert told["next_contact_at"] == ticket.next_contact_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert told["channel"] == "api"
    [letter] = OutboundEmail.objects.all()
    assert "emma@example.com" in letter.to
    assert told["customer_url"] in letter.text


def test_it_is_read_again_where_it_was_said_to_be(shop: Program):
    opened = shop.post("tickets/", {**NEW, "priority": "high", "tags": ["Paper"]})

    read = shop.get(opened["Location"].removeprefix("http://127.0.0.1:8000"))

    told = opened.json()
    del told["customer_url"]
    assert read.json() == told
    assert (told["priority"], told["tags"]) == ("high", ["Paper"])


def test_topic_fields_team_and_assignee_can_be_said_at_once(
    shop: Program, support: Team, aiko: Agent
):
    topic = a_topic(team=support)
    field = a_field(topics=[topic])

    answer = shop.post(
        "tickets/",
        {
            **NEW,
            "topic": topic.pk,
            "fields": {field.key: "LP-100"},
            "team": support.pk,
            "assignee": aiko.pk,
            "language": "ja",
        },
    )

    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert (told["topic"], told["fields"]) == (topic.pk, {field.key: "LP-100"})
    assert told["assignee"] == {"id": aiko.pk, "name": "Aiko"}
    assert told["language"] == "ja"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"subject": ""}, "subject"),
        ({"subject": 5}, "subject"),
        ({"subject": "x" * 201}, "subject"),
        ({"body": None}, "body"),
        ({"email": "nobody"}, "email"),
        ({"email": "", "phone": ""}, "email"),
        ({"priority": "soon"}, "priority"),
        ({"customer": 1}, "name"),
        ({"team": True}, "team"),
        ({"team": 10**30}, "team"),
        ({"topic": 999}, "topic"),
        ({"tags": "paper"}, "tags"),
        ({"tags": ["x" * 41]}, "tags.0"),
        ({"fields": {"nothing": "1"}}, "fields.nothing"),
        ({"fields": [1]}, "fields"),
        ({"uploads": ["forged"]}, "uploads.0"),
        ({"status": "resolved"}, "status"),
        ({"created_at": "2020-01-01T00:00:00Z"}, "created_at"),
        ({"subject": "nul \x00"}, "subject"),
        ({"subject": "half \ud800"}, "subject"),
    ],
)
def test_what_is_wrong_with_an_inquiry_is_named_and_nothing_is_opened(
    shop: Program, change: dict[str, object], field: str
):
    assert field in wrong_fields(shop.post("tickets/", {**NEW, **change}))
    assert not Ticket.objects.exists()


def test_a_customer_can_be_named_by_id(shop: Program):
    known = a_ticket(email="hana@example.com")

    answer = shop.post("tickets/", {"subject": "x", "body": "y", "customer": known.customer_id})

    assert answer.json()["customer"]["id"] == known.customer_id
    assert Ticket.objects.latest("pk").reply_address == "hana@example.com"


@pytest.mark.django_db(transaction=True)
def test_an_inquiry_takes_few_statements_and_its_key_one_more(fresh_desk, shop: Program):
    shop.post("tickets/", NEW)

    with CaptureQueriesContext(connection) as plain:
        shop.post("tickets/", NEW)
    with CaptureQueriesContext(connection) as keyed:
        shop.post("tickets/", NEW, Idempotency_Key="1")

    assert _statements(plain) <= 16, "\n".join(q["sql"][:100] for q in plain.captured_queries)
    assert _statements(keyed) == _statements(plain) + 1


def _statements(captured: CaptureQueriesContext) -> int:
    return sum(query["sql"] not in {"BEGIN", "COMMIT"} for query in captured.captured_queries)


# The list ---------------------------------------------------------------------------------------


def test_a_list_takes_one_statement_beside_that_of_the_token(shop: Program):
    a_ticket()
    shop.get("tickets/")
    with CaptureQueriesContext(connection) as few:
        shop.get("tickets/")
    for number in range(4):
        a_ticket(email=f"c{number}@example.com")

    with CaptureQueriesContext(connection) as many:
        found = shop.get("tickets/").json()

    assert len(found["items"]) == 5
    assert len(many) == len(few) == 2, [q["sql"][:90] for q in many.captured_queries]


def test_pages_follow_each_other_until_all_was_seen_once(shop: Program):
    numbers = {a_ticket(email=f"c{n}@example.com").number for n in range(5)}
    address, seen = "tickets/?limit=2&fields=number", []

    while address:
        answer = shop.get(address)
        told = answer.json()
        seen += [each["number"] for each in told["items"]]
        address = (told["next"] or "").removeprefix("http://127.0.0.1:8000")
        assert ("Link" in answer) == bool(address)

    assert len(seen) == 5
    assert set(seen) == numbers
    assert told["items"][0].keys() == {"number"}


def test_filters_are_those_of_the_queue(shop: Program, aiko: Agent, support: Team):
    topic = a_topic(team=support)
    field = a_field()
    mine = a_ticket(assignee=aiko, priority="high", topic=topic, fields={field.key: "LP-1"})
    other = a_ticket(email="jiro@example.com")
    done = solve(a_ticket(email="mari@example.com"), agent=aiko)

    def found(query: str) -> set[int]:
        answer = shop.get(f"tickets/?{query}")
        assert answer.status_code == 200, answer.content
        return {each["number"] for each in answer.json()["items"]}

    assert found("") == {mine.number, other.number}
    assert found("scope=mine") == found("assignee=me") == {mine.number}
    assert found(f"assignee={aiko.pk}") == {mine.number}
    assert found("assignee=nobody") == {other.number}
    assert found("priority=high") == {mine.number}
    assert found(f"topic={topic.pk}") == {mine.number}
    assert found(f"field.{field.key}=LP-1") == {mine.number}
    assert found("state=resolved") == {done.number}
    assert found("q=プリンター") == {mine.number, other.number, done.number}
    since = (timezone.now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert found(f"updated_since={since}") == {mine.number, other.number, done.number}
    assert found(f"updated_since={since}&state=resolved") == {done.number}
    assert found("updated_since=2100-01-01T00:00:00Z") == set()


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("prioritty=high", "prioritty"),
        ("priority=higher", "priority"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("limit=1&limit=2", "limit"),
        ("after=x", "after"),
        ("assignee=x", "assignee"),
        ("topic=999", "topic"),
        ("fields=number,secret", "fields.1"),
        ("field.nothing=1", "field.nothing"),
        ("updated_since=yesterday", "updated_since"),
        ("state=resolved&status=open", "status"),
        ("q=x&priority=high", "priority"),
    ],
)
def test_a_slip_in_a_filter_is_told_instead_of_showing_everything(
    shop: Program, query: str, name: str
):
    assert name in wrong_fields(shop.get(f"tickets/?{query}"))


# One ticket -------------------------------------------------------------------------------------


def test_a_ticket_changes_as_the_desk_changes_it(shop: Program, aiko: Agent, support: Team):
    ticket, topic, field = a_ticket(), a_topic(team=support), a_field(kind="number")

    answer = shop.patch(
        f"tickets/{ticket.number}/",
        {
            "status": "on_hold",
            "status_reason": "spare part",
            "priority": "urgent",
            "assignee": aiko.pk,
            "tags": ["VIP"],
            "topic": topic.pk,
            "fields": {field.key: 12},
        },
    )

    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert (told["status"], told["status_reason"]) == ("on_hold", "spare part")
    assert (told["turn"], told["priority"], told["tags"]) == ("third_party", "urgent", ["VIP"])
    assert (told["topic"], told["fields"]) == (topic.pk, {field.key: "12"})
    assert told["assignee"]["id"] == aiko.pk
    kinds = {each["kind"] for each in shop.get(f"tickets/{ticket.number}/events/").json()["items"]}
    assert {"priority_changed", "tags_changed", "put_on_hold"} <= kinds


def test_resolving_and_reopening(shop: Program):
    number = a_ticket().number

    assert shop.patch(f"tickets/{number}/", {"status": "resolved"}).json()["status"] == "resolved"
    again = shop.patch(f"tickets/{number}/", {"status": "open"})

    assert again.json()["status"] == "open"


def test_all_of_a_change_or_nothing(shop: Program):
    ticket = a_ticket()

    refused = shop.patch(f"tickets/{ticket.number}/", {"tags": ["a"], "status": "on_hold"})

    problem(refused, 409, "conflict")
    assert shop.get(f"tickets/{ticket.number}/").json()["tags"] == []


def test_a_worked_on_ticket_goes_to_another_team_with_a_brief(
    shop: Program, other_team: Team, aiko: Agent
):
    number = a_ticket().number
    shop.post(f"tickets/{number}/notes/", {"body": "looked into it"})

    bare = shop.patch(f"tickets/{number}/", {"team": other_team.pk})
    with_brief = shop.patch(
        f"tickets/{number}/",
        {"team": other_team.pk, "brief": {"problem": "Wrong sum", "next_step": "Check it"}},
    )

    assert wrong_fields(bare) == {"brief"}
    assert with_brief.json()["team"]["id"] == other_team.pk
    problem(shop.get(f"tickets/{number}/"), 404, "not-found")


def test_who_saw_an_older_state_changes_nothing(shop: Program):
    number = a_ticket().number
    seen = shop.get(f"tickets/{number}/")["ETag"]

    assert shop.get(f"tickets/{number}/", If_None_Match=seen).status_code == 304
    first = shop.patch(f"tickets/{number}/", {"priority": "high"}, If_Match=seen)
    second = shop.patch(f"tickets/{number}/", {"priority": "low"}, If_Match=seen)

    assert first.status_code == 200
    problem(second, 412, "changed-meanwhile")
    assert shop.get(f"tickets/{number}/", If_None_Match=seen).json()["priority"] == "high"
    third = shop.patch(f"tickets/{number}/", {"priority": "low"}, If_Match=first["ETag"])
    assert third.status_code == 200


# What others may not --------------------------------------------------------------------------


def test_another_teams_ticket_is_not_there(shop: Program, intruder: Program):
    number = a_ticket().number
    calls = [
        intruder.get(f"tickets/{number}/"),
        intruder.patch(f"tickets/{number}/", {"priority": "high"}),
        *(
            intruder.get(f"tickets/{number}/{part}/")
            for part in ("messages", "notes", "commitments", "events")
        ),
        intruder.post(f"tickets/{number}/messages/", {"body": "x", "solves": True}),
        intruder.post(f"tickets/{number}/notes/", {"body": "x"}),
        intruder.post(f"tickets/{number}/merge/", {"into": number}),
        intruder.post(f"tickets/{number}/split/", {"message": 1, "subject": "x"}),
    ]

    for call in calls:
        problem(call, 404, "not-found")
    assert intruder.get("tickets/").json()["items"] == []
    assert intruder.get("tickets/?q=プリンター").json()["items"] == []


def test_foreign_ids_in_bodies_are_refused(
    shop: Program, mallory: Agent, other_team: Team, support: Team
):
    foreign = a_ticket(team=other_team, email="jiro@example.com")
    own = a_ticket()
    before = Ticket.objects.order_by("pk").values_list("pk", "revision")
    state = list(before)
    message = foreign.messages.get().pk

    assert wrong_fields(
        shop.post("tickets/", {"subject": "x", "body": "y", "customer": foreign.customer_id})
    ) == {"customer"}
    assert wrong_fields(shop.post("tickets/", {**NEW, "team": other_team.pk})) == {"team"}
    assert wrong_fields(shop.post("tickets/", {**NEW, "assignee": mallory.pk})) == {"assignee"}
    address = f"tickets/{own.number}/"
    assert wrong_fields(shop.patch(address, {"assignee": mallory.pk})) == {"assignee"}
    assert wrong_fields(shop.patch(address, {"team": 999})) == {"team"}
    assert wrong_fields(shop.post(f"{address}merge/", {"into": foreign.number})) == {"into"}
    split = shop.post(f"{address}split/", {"message": message, "subject": "x"})
    assert wrong_fields(split) == {"message"}

    assert list(before.all()) == state


def test_opening_for_another_team_tells_nothing_of_its_customers(
    intruder: Program, mallory: Agent, support: Team
):
    a_ticket(email="hana@example.com")

    told = intruder.post("tickets/", {**NEW, "email": "hana@example.com"}).json()

    assert told["team"]["id"] == support.pk
    assert told["customer"]["name"] == "Emma Clarke"


def test_who_left_is_out_at_once(shop: Program, aiko: Agent):
    add_member(Team.objects.get(), AgentFactory())
    Agent.objects.filter(pk=aiko.pk).update(is_active=False)

    problem(shop.get("tickets/"), 401, "token-invalid")
