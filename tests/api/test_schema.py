"""The description says what is done: every example works, every answer is as described."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import schemathesis
import yaml
from django.conf import LazySettings
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.test import Client
from django.urls import resolve
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    ignored_auth,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.models import Agent, Team
from accounts.services import add_member
from api.document import document
from helpdesk.access import RULES, Who
from tests.api.programs import Program
from tests.factories import AgentFactory, TeamFactory, a_field, a_ticket, a_topic
from tickets.models import Ticket

CASES = int(os.environ.get("API_FUZZ_CASES", "0"))


def test_the_description_is_openapi_3_1_and_open_to_everybody(db: None):
    told = Client().get("/api/v1/schema/")
    written = Client().get("/api/v1/schema/?format=yaml")

    assert told.json()["openapi"].startswith("3.1")
    assert yaml.safe_load(written.content) == told.json()
    assert set(told.json()["paths"]) == {
        f"/api/v1/{path}"
        for path in (
            *("", "me/", "tickets/", "tickets/{number}/", "tickets/{number}/messages/"),
            *("tickets/{number}/notes/", "tickets/{number}/commitments/"),
            *("tickets/{number}/events/", "tickets/{number}/merge/", "tickets/{number}/split/"),
            *("tickets/{number}/macro/", "uploads/", "attachments/{public_id}/", "customers/"),
            *("customers/{id}/", "customers/{id}/contact-points/"),
            *("customers/{id}/contact-points/{point}/", "customers/{id}/tickets/"),
            *("collections/", "articles/", "articles/{id}/", "articles/{id}/{language}/"),
            "articles/{id}/{language}/publication/",
            *("organizations/", "organizations/{id}/", "macros/", "views/", "topics/"),
            *("fields/", "tags/", "teams/", "agents/"),
        )
    }


def test_scopes_are_those_that_the_lock_asks_for():
    said = {}
    for path, methods in document()["paths"].items():
        address = path.replace("{public_id}", "6f1b2a34-0000-4000-8000-000000000000")
        for name in ("number", "id", "point", "language"):
            address = address.replace(f"{{{name}}}", "1")
        rule = RULES[resolve(address).view_name]
        assert rule.who is Who.PROGRAM
        for method, operation in methods.items():
            scope = rule.scope(method.upper())
            said[path, method] = (operation["security"], [{"token": [scope] if scope else []}])

    assert {key: a for key, (a, _b) in said.items()} == {key: b for key, (_a, b) in said.items()}


def test_people_can_read_it(english: Client, db: None):
    page = english.get("/api/v1/docs/")

    assert page.status_code == 200
    assert "Open a ticket for an inquiry of a customer" in page.text
    assert "The printer does not print" in page.text


def test_every_example_is_answered_as_described(manager: Program, support: Team):
    ticket = a_ticket(subject="Is there")
    places = {"number": ticket.number, "id": ticket.customer_id}

    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {})
            example = content.get("application/json", {}).get("examples")
            if not example:
                continue
            body = example["usual"]["value"]
            answer = manager.send(method.upper(), path.format(**places), body)

            [usual] = [status for status in operation["responses"] if status < "300"]
            assert str(answer.status_code) == usual, (path, answer.content)
            _check_body(operation["responses"][usual], answer.json())
    assert Ticket.objects.count() == 2


def _check_body(response: dict[str, Any], told: Any) -> None:
    schema = response["content"]["application/json"]["schema"]
    whole = {**schema, "components": document()["components"]}
    jsonschema.validate(told, whole, cls=jsonschema.Draft202012Validator)


# Whatever is sent --------------------------------------------------------------------------------


@pytest.fixture
def fuzzed(fresh_desk: None, settings: LazySettings) -> Iterator[Team]:
    """A desk with something of everything."""
    settings.API_REQUESTS_PER_MINUTE = 10**9
    team = TeamFactory(is_default=True)
    add_member(team, AgentFactory(name="Colleague"))
    topic = a_topic(team=team)
    a_field(topics=[topic])
    for number in range(3):
        a_ticket(email=f"c{number}@example.com")
    yield team
    connections.close_all()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_nothing_that_is_sent_is_a_fault_or_answered_otherwise_than_described(fuzzed: Team):
    """A few cases for each call; `make fuzz` sends thousands, as each role."""
    people = [AgentFactory(role=role) for role in ("agent", "manager", "administrator")]
    for person in people:
        add_member(fuzzed, person)
    programs = [Program(person).headers for person in people]
    schema = schemathesis.openapi.from_wsgi("/api/v1/schema/", get_wsgi_application())
    operations = [each.ok() for each in schema.get_all_operations()]
    failures = []

    for operation in operations:
        try:
            _try(operation, programs, cases=max(2, CASES // len(operations)))
        except Exception as failure:
            failures.append(f"{operation.label}: {failure}")

    assert failures == []


def _try(operation: Any, programs: list[dict[str, str]], *, cases: int) -> None:
    @hypothesis_settings(
        max_examples=cases,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def tried(case: Any) -> None:
        for headers in programs:
            response = case.call(headers=headers)
            case.validate_response(response, checks=CHECKS, headers=headers)

    tried()


CHECKS = [
    not_a_server_error,
    status_code_conformance,
    response_schema_conformance,
    ignored_auth,
]


def test_the_root_leads_everywhere(shop: Program, aiko: Agent):
    places = shop.get("/api/v1/").json()

    for name, address in places.items():
        answer = shop.get(address.removeprefix("http://127.0.0.1:8000"))
        assert answer.status_code in ({405} if name == "uploads" else {200}), name
