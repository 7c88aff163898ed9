"""The description says what is done: every example works, every answer is as described."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import jsonschema
import pytest
import schemathesis
import yaml
from django.conf import LazySettings
from django.core.wsgi import get_wsgi_application
from django.db import connections, transaction
from django.test import Client
from django.urls import resolve
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    ignored_auth,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.inviting import Invited
from accounts.models import Agent, Team
from accounts.services import add_member
from api.document import document
from branding.models import Notice
from branding.services import save_notice
from customers.models import Organization
from customers.organizations import save_organization
from helpdesk import programs
from helpdesk.access import RULES, Who
from integrations.models import Channel, Webhook
from integrations.services import save_webhook
from mail.inviting import invite
from rules.models import Rule
from rules.services import save_rule
from tests.api.programs import Program
from tests.factories import AgentFactory, TeamFactory, a_customer, a_field, a_ticket, a_topic
from tests.knowledge.articles import a_collection, an_article
from tests.rules.recurrences import a_recurrence
from tickets.models import Macro, Rating, Tag
from tickets.services import checking
from tickets.services.macros import save_macro
from tickets.services.participating import add_to_cc
from tickets.services.replying import receive_reply
from tickets.services.viewing import save_view

RULE = {
    "name": "Is there",
    "events": ["opened"],
    "conditions": [{"of": "subject", "way": "has", "value": "printer"}],
    "actions": [{"do": "priority", "value": "high"}],
}
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
            *("fields/", "tags/", "teams/", "agents/", "macros/{id}/", "views/{id}/"),
            *("channels/", "channels/{id}/messages/", "reports/{page}/", "settings/"),
            *("customers/{id}/notes/", "customers/{id}/merge/", "webhooks/", "webhooks/{id}/"),
            *("customers/{id}/merge/{point}/", "customers/{id}/difference/"),
            "customers/{id}/contact-points/{point}/state/",
            *("tickets/{number}/messages/{message}/", "tickets/{number}/calls/"),
            *("tickets/{number}/messages/{message}/acceptance/", "tickets/{number}/missed-calls/"),
            *("tickets/{number}/scheduled/", "tickets/{number}/scheduled/{id}/"),
            *("tickets/{number}/third-party-letters/", "tickets/{number}/customer-tasks/"),
            *("tickets/{number}/merge/{id}/", "tickets/{number}/following/"),
            *("tickets/{number}/participants/", "tickets/{number}/participants/{id}/"),
            *("tickets/{number}/links/", "tickets/{number}/links/{id}/"),
            *("tickets/{number}/steps/", "tickets/{number}/steps/{id}/"),
            *("tickets/{number}/articles/", "tickets/{number}/articles/{id}/"),
            *("tickets/{number}/brief/", "tickets/{number}/recovery/"),
            *("bulk/", "bulk/{id}/", "bulk/{id}/undo/", "availability/"),
            *("topics/{id}/", "fields/{id}/", "tags/{id}/", "teams/{id}/", "people/"),
            *("people/{id}/", "people/{id}/deactivation/", "permission-sets/", "invitations/"),
            *("invitations/{id}/", "invitations/{id}/sending/", "rules/", "rules/parts/"),
            *("rules/{id}/", "rules/{id}/preview/", "rules/{id}/runs/"),
            *("rules/{id}/runs/{point}/undo/", "recurring/", "recurring/{id}/"),
            *("tickets/{number}/times/", "ratings/", "form-links/", "synonyms/"),
            *("collections/{id}/", "notices/", "notices/{id}/", "blocked-senders/"),
            *("blocked-senders/{id}/", "teams/{id}/on-call/", "teams/{id}/on-call/{point}/"),
            *("channels/{id}/", "webhooks/{id}/secret/", "webhooks/{id}/test/"),
            *("webhooks/{id}/deliveries/", "webhooks/{id}/deliveries/{point}/"),
            "webhooks/{id}/deliveries/{point}/resending/",
        )
    }


def test_scopes_are_those_that_the_lock_asks_for():
    said = {}
    for path, methods in document()["paths"].items():
        address = path.replace("{public_id}", "6f1b2a34-0000-4000-8000-000000000000")
        for name in ("number", "id", "point", "message", "language", "page"):
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


@pytest.fixture
def furnished(admin: Agent, support: Team, settings: LazySettings) -> dict[str, Any]:
    """Something of everything: the places that addresses name, and what stands in examples."""
    settings.WEBHOOK_ALLOWED_NETWORKS = ["203.0.113.0/24"]
    ticket = a_ticket(subject="Is there")
    other = a_ticket(customer=ticket.customer)
    second = receive_reply(ticket, body="The scanner, too.", channel="email")
    channel = Channel.objects.create(name="LINE", team=support)
    macro = save_macro(Macro(), fields={"name": "Is there", "body": "Hello"})
    article = an_article(collection=a_collection())
    view = save_view(name="Is there", query="due=day", owner=admin, team=None)
    webhook = Webhook(name="Is there")
    save_webhook(webhook, values={"events": ["ticket.opened"]}, url="https://203.0.113.7/")
    rule = save_rule(Rule(), values=RULE, by=admin)
    Rating.objects.create(
        ticket=ticket,
        kind="csat",
        value=0,
        asked_at=timezone.now(),
        answered_at=timezone.now(),
        recovery_due_at=timezone.now(),
    )
    checking.add_steps(ticket, text="Is there")
    invitation = invite(
        Invited(name="Is there", email="new@desk.example", language="en"),
        by=admin,
        now=timezone.now(),
    )
    return {
        "number": ticket.number,
        "language": "ja",
        "point": 1,
        "organizations": save_organization(Organization(), name="Is there", domains=[]).pk,
        "topics": a_topic(team=support).pk,
        "fields": a_field().pk,
        "tags": Tag.objects.create(name="Is there", normalized="is there").pk,
        "teams": support.pk,
        "people": AgentFactory().pk,
        "rules": rule.pk,
        "recurring": a_recurrence(ticket, keeper=admin).pk,
        "invitations": invitation.pk,
        "steps": ticket.checklist.get().pk,
        "participants": add_to_cc(ticket, address="cc@example.com", by=admin).pk,
        "link": {"other": other.number},
        "later": {
            "send_at": (timezone.now() + timedelta(seconds=60)).isoformat(),
            "promise_at": (timezone.now() + timedelta(days=2)).isoformat(),
        },
        "bulk": {"tickets": [ticket.number]},
        "article": {"article": article.pk},
        "of_support": {"team": support.pk},
        "recurrence": {"team": support.pk, "customer": ticket.customer_id},
        "different": {"other": a_customer("different@example.com").pk},
        "on_call": {"agent": add_member(support, AgentFactory()).agent_id},
        "notices": a_notice().pk,
        "collections": article.collection_id,
        "customers": ticket.customer_id,
        "articles": article.pk,
        "channels": channel.pk,
        "macros": macro.pk,
        "views": view.pk,
        "webhooks": webhook.pk,
        "merge": {"into": other.number},
        "split": {"message": second.pk},
        "macro": {"macro": macro.pk},
        "new": {"collection": article.collection_id},
        "same": {"into": a_customer("other@example.com").pk},
        "draft": {"seen_revision": article.texts.get().revision},
    }


def a_notice() -> Notice:
    return save_notice(
        Notice(starts_at=timezone.now()), values={"text_en": "Is there", "places": ["help"]}
    )


def test_every_call_that_takes_a_body_has_an_example_that_works(
    admin: Agent, furnished: dict[str, Any]
):
    program, tried = Program(admin), 0
    actual = {
        "/api/v1/tickets/{number}/merge/": furnished["merge"],
        "/api/v1/tickets/{number}/split/": furnished["split"],
        "/api/v1/tickets/{number}/macro/": furnished["macro"],
        "/api/v1/articles/": furnished["new"],
        "/api/v1/articles/{id}/{language}/": furnished["draft"],
        "/api/v1/customers/{id}/merge/": furnished["same"],
        "/api/v1/customers/{id}/difference/": furnished["different"],
        "/api/v1/tickets/{number}/links/": furnished["link"],
        "/api/v1/tickets/{number}/articles/": furnished["article"],
        "/api/v1/tickets/{number}/scheduled/": furnished["later"],
        "/api/v1/bulk/": furnished["bulk"],
        "/api/v1/teams/{id}/on-call/": furnished["on_call"],
        "/api/v1/topics/": furnished["of_support"],
        "/api/v1/recurring/": furnished["recurrence"],
    }
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            if "requestBody" not in operation:
                continue
            examples = operation["requestBody"]["content"]["application/json"]["examples"]
            # Of the last of its names, as in tickets/1/steps/{id}/.
            kind = path.partition("/{id}")[0].rpartition("/")[2]
            places = {**furnished, "id": furnished.get(kind)}
            body = {**examples["usual"]["value"], **actual.get(path, {})}
            with transaction.atomic():
                answer = program.send(method.upper(), path.format(**places), body)
                transaction.set_rollback(True)

            [usual] = [status for status in operation["responses"] if status < "300"]
            assert str(answer.status_code) == usual, (path, answer.content)
            _check_body(operation["responses"][usual], answer.json())
            tried += 1
    assert tried > 20


def _check_body(response: dict[str, Any], told: Any) -> None:
    schema = response["content"]["application/json"]["schema"]
    whole = {**schema, "components": document()["components"]}
    jsonschema.validate(told, whole, cls=jsonschema.Draft202012Validator)


# Whatever is sent --------------------------------------------------------------------------------


@pytest.fixture
def fuzzed(
    fresh_desk: None, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Team]:
    """A desk with something of everything, that waits for nobody."""
    monkeypatch.setattr(programs, "BAD_TOKENS", 10**9)
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
    tokens = [Program(person).headers for person in people]
    schema = schemathesis.openapi.from_wsgi("/api/v1/schema/", get_wsgi_application())
    operations = [each.ok() for each in schema.get_all_operations()]
    failures = []

    for operation in operations:
        try:
            _try(operation, tokens, cases=max(2, CASES // len(operations)))
        except Exception as failure:
            failures.append(f"{operation.label}: {failure}")

    assert failures == []


def _try(operation: Any, tokens: list[dict[str, str]], *, cases: int) -> None:
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
        for headers in tokens:
            response = case.call(headers=headers)
            case.validate_response(response, checks=CHECKS, headers=headers)

    tried()


CHECKS = [
    not_a_server_error,
    status_code_conformance,
    response_schema_conformance,
    ignored_auth,
]


def test_the_root_leads_everywhere(admin: Agent, support: Team):
    program = Program(admin)
    places = program.get("/api/v1/").json()

    for name, address in places.items():
        answer = program.get(address.removeprefix("http://127.0.0.1:8000"))
        assert answer.status_code in ({405} if name in {"uploads", "bulk"} else {200}), name
