"""What is said on a ticket over the API, and what it does to the promise."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import Agent, Team
from mail.models import OutboundEmail
from tests.api.programs import Program, problem, wrong_fields
from tests.factories import a_ticket
from tickets.models import Macro, Message, Ticket
from tickets.services.replying import receive_reply


def in_an_hour() -> str:
    return (timezone.now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_an_answer_makes_the_next_promise_and_leaves_as_a_letter(shop: Program, aiko: Agent):
    ticket, promise = a_ticket(), in_an_hour()

    answer = shop.post(
        f"tickets/{ticket.number}/messages/", {"body": "We look into it.", "promise_at": promise}
    )

    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert (told["direction"], told["agent"]["name"]) == ("outbound", "Aiko")
    now = shop.get(f"tickets/{ticket.number}/").json()
    assert (now["next_contact_at"], now["status"]) == (promise, "open")
    assert now["assignee"]["id"] == aiko.pk
    assert "We look into it." in OutboundEmail.objects.latest("pk").text
    ledger = shop.get(f"tickets/{ticket.number}/commitments/").json()["items"]
    assert [each["state"] for each in ledger if each["kind"] == "promise"] == ["met", "active"]


def test_a_solution_and_a_question_end_differently(shop: Program):
    solved, asked = a_ticket(), a_ticket(email="jiro@example.com")

    shop.post(f"tickets/{solved.number}/messages/", {"body": "Done.", "solves": True})
    shop.post(
        f"tickets/{asked.number}/messages/",
        {
            "body": "Which model is it?",
            "waits_for_customer": {"task": "Tell us the model", "needed_on": "2100-01-01"},
        },
    )

    assert shop.get(f"tickets/{solved.number}/").json()["status"] == "resolved"
    assert shop.get(f"tickets/{asked.number}/").json()["status"] == "pending_customer"
    task = Ticket.objects.get(pk=asked.pk).customer_tasks.get()
    assert (task.thing, str(task.needed_on)) == ("Tell us the model", "2100-01-01")


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"body": "x"}, "promise_at"),
        ({"body": "x", "promise_at": "2020-01-01T00:00:00Z"}, "promise_at"),
        ({"body": "x", "promise_at": "2999-01-01T00:00:00Z"}, "promise_at"),
        ({"body": "x", "promise_at": "2100-01-01T00:00:00"}, "promise_at"),
        ({"body": "x", "promise_at": "0001-01-01T00:00:00+14:00"}, "promise_at"),
        ({"body": "x", "solves": False}, "promise_at"),
        ({"body": "x", "solves": True, "waits_for_customer": {"task": "y"}}, "solves"),
        ({"body": "x", "waits_for_customer": {}}, "waits_for_customer.task"),
        ({"body": "x", "waits_for_customer": {"task": "y", "day": 1}}, "waits_for_customer.day"),
        (
            {"body": "x", "waits_for_customer": {"task": "y", "needed_on": "soon"}},
            "waits_for_customer.needed_on",
        ),
        ({"body": "{{ nothing }}", "solves": True}, "body"),
        ({"body": " ", "solves": True}, "body"),
        ({"body": "x", "solves": True, "direction": "inbound"}, "direction"),
    ],
)
def test_an_answer_that_promises_nothing_right_is_not_sent(
    shop: Program, sent: dict[str, object], field: str
):
    ticket = a_ticket()

    assert field in wrong_fields(shop.post(f"tickets/{ticket.number}/messages/", sent))
    assert not Message.objects.filter(direction="outbound").exists()


def test_who_has_not_read_what_is_new_sends_nothing(shop: Program):
    ticket = a_ticket()
    seen = shop.get(f"tickets/{ticket.number}/").json()["revision"]
    receive_reply(ticket, body="One more thing")
    body = {"body": "x", "solves": True, "seen_revision": seen}

    told = problem(shop.post(f"tickets/{ticket.number}/messages/", body), 409, "something-new")

    assert told["ticket"]["revision"] > seen
    again = {**body, "seen_revision": told["ticket"]["revision"]}
    assert shop.post(f"tickets/{ticket.number}/messages/", again).status_code == 201


def test_what_was_said_is_told_in_order_and_notes_apart(shop: Program):
    ticket = a_ticket()
    shop.post(f"tickets/{ticket.number}/notes/", {"body": "He is angry"})
    shop.post(f"tickets/{ticket.number}/messages/", {"body": "Done.", "solves": True})

    messages = shop.get(f"tickets/{ticket.number}/messages/?limit=1").json()
    rest = shop.get(messages["next"].removeprefix("http://127.0.0.1:8000")).json()
    notes = shop.get(f"tickets/{ticket.number}/notes/").json()["items"]

    said = [each["direction"] for each in messages["items"] + rest["items"]]
    assert said == ["inbound", "outbound"]
    assert [note["body"] for note in notes] == ["He is angry"]


def test_tickets_are_merged_and_split(shop: Program):
    ticket, other = a_ticket(), a_ticket(subject="Again")
    receive_reply(other, body="And another thing")
    message = other.messages.latest("pk").pk

    split = shop.post(f"tickets/{other.number}/split/", {"message": message, "subject": "Thing"})
    merged = shop.post(f"tickets/{ticket.number}/merge/", {"into": other.number})

    assert split.status_code == 201, split.content
    assert split.json()["subject"] == "Thing"
    assert merged.json()["number"] == other.number
    assert shop.get(f"tickets/{ticket.number}/").json()["number"] == other.number
    problem(shop.post(f"tickets/{other.number}/merge/", {"into": other.number}), 409, "conflict")


def test_files_go_with_a_message_and_are_fetched_again(shop: Program, intruder: Program):
    ticket = a_ticket()
    content = base64.b64encode(b"paper jam").decode()
    upload = shop.post("uploads/", {"name": "error.txt", "content": content}).json()

    body = {"body": "See the file.", "solves": True, "uploads": [upload["id"]]}
    told = shop.post(f"tickets/{ticket.number}/messages/", body).json()

    [file] = told["attachments"]
    path = file["url"].removeprefix("http://127.0.0.1:8000")
    fetched = shop.get(path)
    assert b"".join(fetched.streaming_content) == b"paper jam"
    for close in fetched._resource_closers:
        close()
    assert fetched["Content-Disposition"] == 'attachment; filename="error.txt"'
    problem(intruder.get(path), 404, "not-found")
    again = shop.post(f"tickets/{ticket.number}/messages/", body)
    assert "content" in wrong_fields(again)


def test_an_upload_of_somebody_else_cannot_be_sent(shop: Program, intruder: Program):
    ticket = a_ticket()
    upload = intruder.post("uploads/", {"name": "x.txt", "content": "eA=="}).json()
    body = {"body": "x", "solves": True, "uploads": [upload["id"]]}

    assert wrong_fields(shop.post(f"tickets/{ticket.number}/messages/", body)) == {"uploads.0"}


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"name": "x.txt", "content": "%%%"}, "content"),
        ({"name": "x.txt", "content": "é"}, "content"),
        ({"name": "x.exe", "content": "eA=="}, "content"),
        ({"content": "eA=="}, "name"),
    ],
)
def test_a_file_that_is_refused_is_named(shop: Program, sent: dict[str, str], field: str):
    assert field in wrong_fields(shop.post("uploads/", sent))


def test_a_macro_is_filled_in_and_changes_the_ticket(shop: Program, other_team: Team):
    ticket = a_ticket()
    macro = Macro.objects.create(name="M", body="About {{number}}", priority="high", tags=["a"])
    foreign = Macro.objects.create(name="M", body="x", team=other_team)

    told = shop.post(f"tickets/{ticket.number}/macro/", {"macro": macro.pk}).json()

    assert told["body"] == f"About {ticket.number}"
    assert (told["ticket"]["priority"], told["ticket"]["tags"]) == ("high", ["a"])
    refused = shop.post(f"tickets/{ticket.number}/macro/", {"macro": foreign.pk})
    assert wrong_fields(refused) == {"macro"}


def test_times_are_told_in_utc(shop: Program):
    ticket = a_ticket()

    told = shop.get(f"tickets/{ticket.number}/").json()["opened_at"]

    assert datetime.strptime(told, "%Y-%m-%dT%H:%M:%SZ").replace(
        tzinfo=UTC
    ) == ticket.opened_at.replace(microsecond=0)
