"""What holds for every call: who is let in, what is told when it is refused, doing things once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from accounts.api_tokens import forget_old_answers
from accounts.models import Agent, ApiAnswer, ApiToken, Team
from accounts.people import end_work, take_up_work
from accounts.services import add_member
from api.views.lists import Me
from tests.api.programs import Program, problem, wrong_fields
from tests.api.test_tickets import NEW
from tests.conftest import signed_in
from tests.factories import AgentFactory, TeamFactory, a_ticket
from tickets.models import Ticket

# Tokens ---------------------------------------------------------------------------------------


def test_the_command_prints_a_token_that_works(aiko: Agent, capsys: pytest.CaptureFixture[str]):
    call_command("create_api_token", "AIKO@example.com")

    text = capsys.readouterr().out
    program = Program()
    program.headers["Authorization"] = f"Bearer {text.strip()}"
    assert text.startswith("ykt_")
    assert len(text.strip()) == 47
    assert program.get("me/").json()["email"] == "aiko@example.com"
    assert text.strip() not in json.dumps(list(ApiToken.objects.values()), default=str)


def test_the_command_refuses_whom_it_does_not_know(db: None):
    with pytest.raises(CommandError):
        call_command("create_api_token", "nobody@example.com")


@pytest.mark.parametrize(
    "said", ["Bearer ", "Bearer x", "Basic eDp5", "ykt_", "Bearer ykt_" + "a" * 43, "Bearer \x00"]
)
def test_a_token_that_is_none_lets_nobody_in(db: None, said: str):
    program = Program()
    program.headers["Authorization"] = said

    answer = program.get("tickets/")

    problem(answer, 401, "token-invalid")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_without_a_token_nobody_is_let_in_signed_in_or_not(as_aiko: Client):
    for browser in (Client(), as_aiko):
        answer = browser.get("/api/v1/tickets/")
        problem(answer, 401, "token-missing")
        assert not answer.cookies


def test_a_token_ends_when_it_expires_is_revoked_or_its_owner_leaves(
    shop: Program, aiko: Agent, admin: Agent
):
    short = Program(aiko)
    ApiToken.objects.filter(pk=short.token.pk).update(expires_at=timezone.now())
    problem(short.get("me/"), 401, "token-invalid")

    end_work(aiko, by=admin)
    problem(shop.get("me/"), 401, "token-invalid")

    take_up_work(aiko, by=admin)
    problem(shop.get("me/"), 401, "token-invalid")


def test_a_token_does_what_it_is_for(aiko: Agent):
    a_ticket()
    reader = Program(aiko, "tickets:read")

    assert reader.get("tickets/").status_code == 200
    told = problem(reader.post("tickets/", NEW), 403, "scope-missing")
    assert "tickets:write" in told["detail"]
    problem(reader.get("customers/"), 403, "scope-missing")
    assert reader.get("me/").json()["token"]["scopes"] == ["tickets:read"]


def test_its_last_use_is_noted_once_a_minute(aiko: Agent):
    with time_machine.travel("2026-10-05T10:00:00Z", tick=False) as clock:
        shop = Program(aiko)
        shop.get("me/")
        first = ApiToken.objects.get().last_used_at
        clock.shift(30)
        shop.get("me/")
        assert ApiToken.objects.get().last_used_at == first
        clock.shift(31)
        shop.get("me/")
        assert ApiToken.objects.get().last_used_at > first


def test_more_requests_than_a_minute_has_are_told_to_wait(shop: Program, settings: LazySettings):
    settings.API_REQUESTS_PER_MINUTE = 2

    with time_machine.travel("2026-10-05T10:00:15Z", tick=False):
        answers = [shop.get("me/") for _ in range(3)]

    assert [answer["RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    problem(answers[2], 429, "rate-limited")
    assert answers[2]["Retry-After"] == answers[2]["RateLimit-Reset"] == "45"


def test_nobody_tries_tokens_for_free(shop: Program):
    guesser = Program()
    guesser.headers["Authorization"] = "Bearer ykt_" + "a" * 43

    with time_machine.travel("2026-10-05T10:00:15Z", tick=False) as clock:
        answers = [guesser.get("me/") for _ in range(31)]

        assert {each.status_code for each in answers[:30]} == {401}
        problem(answers[30], 429, "rate-limited")
        assert answers[30]["Retry-After"] == "585"
        # The office next door has the same address.
        assert shop.get("me/").status_code == 200
        clock.shift(585)
        problem(guesser.get("me/"), 401, "token-invalid")


# Problems ---------------------------------------------------------------------------------------


def test_problems_speak_the_readers_language(aiko: Agent):
    english, japanese = Program(aiko), Program(aiko, language="ja")

    assert english.get("tickets/0/").json()["title"] == "There is nothing here"
    assert japanese.get("tickets/0/").json()["title"] != "There is nothing here"


@pytest.mark.parametrize(
    ("method", "path", "status", "name"),
    [
        ("GET", "nowhere/", 404, "not-found"),
        ("GET", "tickets/x/", 404, "not-found"),
        ("GET", f"tickets/{10**25}/", 404, "not-found"),
        ("GET", "customers/１/", 404, "not-found"),
        ("GET", "attachments/6f1b2a34-0000-4000-8000-000000000000/", 404, "not-found"),
        ("DELETE", "tickets/", 405, "method-not-allowed"),
        ("PUT", "tickets/1/", 405, "method-not-allowed"),
        ("GET", "tickets/?q=%00", 400, "bad-request"),
        ("GET", "tickets/?q=%ff", 400, "bad-request"),
    ],
)
def test_what_is_not_there_is_a_problem_too(
    shop: Program, method: str, path: str, status: int, name: str
):
    problem(shop.send(method, path), status, name)


@pytest.mark.parametrize(
    ("body", "status", "name"),
    [
        (b"{", 400, "bad-request"),
        (b"\xff\xfe", 400, "bad-request"),
        (b'{"subject": NaN}', 400, "bad-request"),
        (b'{"subject": 1e999}', 400, "bad-request"),
        (b'{"subject": "a", "subject": "b"}', 400, "bad-request"),
        (b"[" * 100_000, 422, "invalid"),
        (b"[" * 30 + b"]" * 30, 422, "invalid"),
        (b'{"customer": 99999999999999999999}', 422, "invalid"),
        (b'{"\\u0000": 1}', 422, "invalid"),
        (b"[]", 422, "invalid"),
        (b'"text"', 422, "invalid"),
        (b"null", 422, "invalid"),
    ],
)
def test_a_body_that_cannot_be_read_opens_nothing(
    shop: Program, body: bytes, status: int, name: str
):
    problem(shop.post("tickets/", body), status, name)
    assert not Ticket.objects.exists()


def test_only_json_and_not_too_much_of_it(shop: Program, settings: LazySettings):
    form = Client().post("/api/v1/tickets/", NEW, headers=shop.headers)
    problem(form, 415, "unsupported-type")
    settings.API_MAX_BYTES = 100
    problem(shop.post("tickets/", {**NEW, "body": "x" * 100}), 413, "too-large")


def test_a_database_that_is_away_is_a_503(shop: Program, monkeypatch: pytest.MonkeyPatch):
    def fail(*_args: object, **_kwargs: object) -> None:
        raise OperationalError

    monkeypatch.setattr(Me, "get", _described(fail))

    answer = shop.get("me/")

    problem(answer, 503, "unavailable")
    assert answer["Retry-After"]


def test_a_fault_of_ours_is_a_problem_without_details(
    shop: Program, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(Me, "get", _described(fail))
    browser = Client(raise_request_exception=False)

    answer = browser.get("/api/v1/me/", headers=shop.headers)

    problem(answer, 500, "server-error")
    assert "secret" not in answer.text


def _described(handler):
    handler.call = Me.get.call
    return handler


# Once -------------------------------------------------------------------------------------------


def test_asking_again_under_a_key_is_answered_as_the_first_time(shop: Program):
    first = shop.post("tickets/", NEW, Idempotency_Key="order-1")
    again = shop.post("tickets/", NEW, Idempotency_Key="order-1")

    assert first.status_code == again.status_code == 201
    assert again.content == first.content
    assert (again["Location"], again["Idempotent-Replayed"]) == (first["Location"], "true")
    assert "Idempotent-Replayed" not in first
    assert Ticket.objects.count() == 1


def test_another_request_under_the_same_key_is_refused(shop: Program, aiko: Agent):
    shop.post("tickets/", NEW, Idempotency_Key="order-1")

    other = shop.post("tickets/", {**NEW, "body": "other"}, Idempotency_Key="order-1")

    problem(other, 422, "key-reused")
    assert Ticket.objects.count() == 1
    # A key is of one token: to another one it is new.
    assert Program(aiko).post("tickets/", NEW, Idempotency_Key="order-1").status_code == 201


def test_a_refusal_is_repeated_too(shop: Program):
    first = shop.post("tickets/", {"subject": "x"}, Idempotency_Key="order-1")
    again = shop.post("tickets/", {"subject": "x"}, Idempotency_Key="order-1")

    assert wrong_fields(first) == wrong_fields(again) == {"body"}
    assert again["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("key", ["x" * 256, "a\tb"])
def test_a_key_that_cannot_be_kept_is_refused(shop: Program, key: str):
    assert wrong_fields(shop.post("tickets/", NEW, Idempotency_Key=key)) == {"Idempotency-Key"}


def test_what_was_answered_is_kept_unreadable_and_for_a_day(shop: Program):
    told = shop.post("tickets/", NEW, Idempotency_Key="order-1").json()
    kept = ApiAnswer.objects.get()
    assert told["customer_url"] not in kept.body
    assert "Emma" not in kept.body

    assert forget_old_answers(now=timezone.now() + timedelta(hours=23)) == 0
    assert forget_old_answers(now=timezone.now() + timedelta(hours=25)) == 1


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_under_one_key_open_one_ticket(fresh_desk: None):
    aiko = AgentFactory()
    add_member(TeamFactory(is_default=True), aiko)
    shop = Program(aiko)

    def ask(_number: int) -> tuple[int, bytes]:
        try:
            answer = shop.post("tickets/", NEW, Idempotency_Key="order-1")
            return answer.status_code, answer.content
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(ask, range(20)))

    assert Ticket.objects.count() == 1
    assert {status for status, _content in answers} == {201}
    assert len({content for _status, content in answers}) == 1


# Pages of others --------------------------------------------------------------------------------


def test_pages_of_others_may_call_only_when_they_are_named(shop: Program, settings: LazySettings):
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "GET"}
    address = "/api/v1/tickets/"
    closed = Client().options(address, headers=asked)
    settings.CORS_ALLOWED_ORIGINS = ["https://shop.example"]

    opened = Client().options(address, headers=asked)

    assert "Access-Control-Allow-Origin" not in closed
    assert opened["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "idempotency-key" in opened["Access-Control-Allow-Headers"]
    desk = Client().options("/desk/", headers=asked)
    assert "Access-Control-Allow-Origin" not in desk


def test_what_a_program_did_is_told_under_its_agents_name(shop: Program, support: Team):
    number = a_ticket().number

    shop.patch(f"tickets/{number}/", {"priority": "high"})

    [event] = [
        each
        for each in shop.get(f"tickets/{number}/events/").json()["items"]
        if each["kind"] == "priority_changed"
    ]
    assert event["agent"]["name"] == "Aiko"
    assert (
        signed_in(Agent.objects.get(name="Aiko")).get(f"/desk/tickets/{number}/").status_code == 200
    )
