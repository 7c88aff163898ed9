"""On the telephone, later, with third parties, and to many at once."""

from __future__ import annotations

from datetime import timedelta

import time_machine
from django.conf import LazySettings
from django.utils import timezone

from accounts.models import Agent, Team
from mail.models import OutboundEmail
from tests.api.programs import Program, problem, wrong_fields
from tests.factories import a_ticket
from tickets.models import Draft, Message, Ticket


def at(**ahead: int) -> str:
    return (timezone.now() + timedelta(**ahead)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_call_is_a_contact_and_a_missed_one_is_none(shop: Program, support: Team):
    ticket = a_ticket()
    address = f"tickets/{ticket.number}/"
    before = shop.get(address).json()["next_contact_at"]

    missed = shop.post(f"{address}missed-calls/", {"words": "Engaged"})
    assert (missed.status_code, missed.json()["kind"]) == (201, "call_missed")
    assert shop.get(address).json()["next_contact_at"] == before
    letters = OutboundEmail.objects.count()
    call = shop.post(f"{address}calls/", {"body": "Try the cable.", "promise_at": at(hours=1)})

    assert (call.status_code, call.json()["channel"]) == (201, "phone")
    assert shop.get(address).json()["next_contact_at"] != before
    assert OutboundEmail.objects.count() == letters
    assert wrong_fields(shop.post(f"{address}calls/", {"body": "x"})) == {"promise_at"}


def test_a_ticket_begins_with_a_call_or_a_letter_of_ours(shop: Program, aiko: Agent):
    new = {"subject": "Printer", "body": "She has no paper.", "email": "emma@example.com"}

    called = shop.post("tickets/", {**new, "begun_by": "call", "promise_at": at(hours=2)})
    written = shop.post("tickets/", {**new, "begun_by": "letter", "body": "Hi!", "solves": True})

    assert called.status_code == written.status_code == 201, (called.content, written.content)
    assert (called.json()["channel"], written.json()["status"]) == ("phone", "resolved")
    assert Message.objects.get(ticket__number=written.json()["number"]).agent == aiko
    assert wrong_fields(shop.post("tickets/", {**new, "begun_by": "call"})) == {"promise_at"}
    assert wrong_fields(shop.post("tickets/", {**new, "solves": True})) == {"solves"}
    unreached = {**new, "email": "", "phone": "03-1234-5678", "solves": True}
    assert wrong_fields(shop.post("tickets/", {**unreached, "begun_by": "letter"})) == {"email"}


def test_an_answer_leaves_later_is_called_off_or_taken_back(
    shop: Program, manager: Program, aiko: Agent, settings: LazySettings
):
    settings.UNDO_SEND_SECONDS = 10
    ticket = a_ticket()
    address = f"tickets/{ticket.number}/"
    later = {"body": "Later.", "send_at": at(minutes=1), "promise_at": at(days=1)}

    made = shop.post(f"{address}scheduled/", later)
    assert made.status_code == 201, made.content
    assert shop.get(f"{address}scheduled/").json()["items"] == [made.json()]
    too_late = {**later, "send_at": at(days=30), "promise_at": at(days=31)}
    assert wrong_fields(shop.post(f"{address}scheduled/", too_late)) == {"send_at"}
    other = a_ticket(email="jiro@example.com")
    elsewhere = f"tickets/{other.number}/scheduled/{made.json()['id']}/"
    problem(shop.send("DELETE", elsewhere), 404, "not-found")
    assert shop.send("DELETE", f"{address}scheduled/{made.json()['id']}/").status_code == 204
    assert Draft.objects.get(ticket=ticket).body == "Later."

    with time_machine.travel(timezone.now(), tick=False) as clock:
        sent = shop.post(f"{address}messages/", {"body": "Oops.", "promise_at": at(days=1)}).json()
        place = f"{address}messages/{sent['id']}/"
        problem(manager.send("DELETE", place), 404, "not-found")
        assert shop.send("DELETE", place).status_code == 204
        assert [each["direction"] for each in shop.get(f"{address}messages/").json()["items"]] == [
            "inbound"
        ]
        sent = shop.post(f"{address}messages/", {"body": "So.", "promise_at": at(days=1)}).json()
        clock.shift(60)
        problem(shop.send("DELETE", f"{address}messages/{sent['id']}/"), 409, "conflict")


def test_a_third_party_is_asked_and_the_customer_hears_nothing(shop: Program, other_team: Team):
    ticket, other = a_ticket(), a_ticket(team=other_team, email="jiro@example.com")
    address = f"tickets/{ticket.number}/"
    ask = {"address": "parts@maker.example", "body": "In stock?"}
    quoted = {"messages": [ticket.messages.get().pk], "hold_reason": "The maker looks"}

    sent = shop.post(f"{address}third-party-letters/", {**ask, **quoted})

    assert sent.status_code == 201, sent.content
    assert shop.get(f"{address}third-party-letters/").json()["items"] == [sent.json()]
    assert shop.get(address).json()["status_reason"] == "The maker looks"
    letter = OutboundEmail.objects.latest("pk")
    assert (letter.to, "昨日から" in letter.text) == ("parts@maker.example", True)
    foreign = {**ask, "messages": [other.messages.get().pk]}
    for wrong, field in (
        (foreign, "messages"),
        ({**ask, "address": "hana@example.com"}, "address"),
        ({**ask, "attachments": ["x"]}, "attachments"),
    ):
        assert wrong_fields(shop.post(f"{address}third-party-letters/", wrong)) == {field}


def test_what_the_customer_is_asked_to_do_is_a_list(shop: Program):
    address = f"tickets/{a_ticket().number}/"
    shop.post(
        f"{address}messages/", {"body": "Model?", "waits_for_customer": {"task": "Tell the model"}}
    )
    [task] = shop.get(f"{address}customer-tasks/").json()["items"]
    assert (task["task"], task["ending"]) == ("Tell the model", None)

    shop.patch(address, {"status": "open"})

    [task] = shop.get(f"{address}customer-tasks/").json()["items"]
    assert task["ending"] == "withdrawn"


def test_many_tickets_are_changed_and_changed_back(
    shop: Program, intruder: Program, aiko: Agent, other_team: Team
):
    numbers = [a_ticket().number, a_ticket(email="jiro@example.com").number]
    foreign = a_ticket(team=other_team, email="ken@example.com").number

    done = shop.post("bulk/", {"tickets": numbers, "action": "assign", "assignee": aiko.pk})

    assert done.status_code == 201, done.content
    assert [each["outcome"] for each in done.json()["tickets"]] == ["done", "done"]
    assert Ticket.objects.filter(assignee=aiko).count() == 2
    address = f"bulk/{done.json()['id']}/"
    problem(intruder.get(address), 404, "not-found")
    assert shop.get(address).json() == done.json()
    undone = shop.post(f"{address}undo/").json()
    assert {each["outcome"] for each in undone["tickets"]} == {"undone"}
    assert not Ticket.objects.filter(assignee=aiko).exists()
    letter = {"action": "reply", "body": "Dear {{customer}}!", "ending": "solve"}
    written = shop.post("bulk/", {"tickets": numbers, **letter}).json()
    assert {each["outcome"] for each in written["tickets"]} == {"done"}
    for wrong, field in (
        ({"tickets": [*numbers, foreign], "action": "resolve"}, "tickets.2"),
        ({"tickets": [], "action": "resolve"}, "tickets"),
        ({"tickets": numbers, "action": "tag"}, "tags"),
        ({"tickets": numbers, "action": "status", "status": "on_hold"}, "status_reason"),
        ({"tickets": numbers, **letter, "body": "{{pet}}"}, "body"),
    ):
        assert wrong_fields(shop.post("bulk/", wrong)) == {field}


def test_tickets_of_one_customer_are_merged_at_once_and_separated_again(
    shop: Program, settings: LazySettings
):
    # The same is done to one after the other: the guard against that looks away.
    settings.ZEAL_ALLOWLIST = [{"model": "*", "field": "*"}]
    first = a_ticket()
    second, third = a_ticket(customer=first.customer), a_ticket(customer=first.customer)
    strange = a_ticket(email="jiro@example.com")
    sent = {"action": "merge", "tickets": [each.number for each in (third, strange, second, first)]}

    into_oldest = shop.post("bulk/", sent).json()

    outcomes = {each["ticket"]: each["outcome"] for each in into_oldest["tickets"]}
    assert outcomes == {second.number: "done", third.number: "done", strange.number: "failed"}
    assert set(Ticket.objects.filter(merged_into=first)) == {second, third}
    shop.post(f"bulk/{into_oldest['id']}/undo/")
    assert not Ticket.objects.filter(status="merged").exists()
    pair = {**sent, "tickets": [first.number, second.number], "into": second.number}
    assert shop.post("bulk/", pair).status_code == 201
    assert Ticket.objects.get(merged_into=second) == first
    for wrong, field in (
        ({"tickets": [second.number]}, "tickets"),
        ({"tickets": [second.number, strange.number]}, "tickets"),
        ({"tickets": [second.number, third.number], "into": strange.number}, "into"),
    ):
        assert wrong_fields(shop.post("bulk/", {"action": "merge", **wrong})) == {field}
