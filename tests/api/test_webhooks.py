"""Endpoints are set up by a program that may, and their secret is told once."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import LazySettings, settings
from django.utils import timezone

from accounts.models import Agent, Team
from common.secrets import decrypt
from integrations.channels import save_channel
from integrations.models import Channel, Webhook
from integrations.services import make_test
from tests.api.programs import Program, problem, wrong_fields
from tests.integrations.conftest import receiver  # noqa: F401 - a fixture
from tests.integrations.receiver import Receiver

WAREHOUSE = {
    "name": "Warehouse",
    "url": "https://203.0.113.7/in/",
    "events": ["ticket.opened", "ticket.resolved"],
}


@pytest.fixture
def keeper(admin: Agent, support: Team, settings: LazySettings) -> Program:
    settings.WEBHOOK_ALLOWED_NETWORKS = ["203.0.113.0/24"]
    return Program(admin)


def test_an_endpoint_is_made_and_its_secret_is_told_once(keeper: Program, support: Team):
    made = keeper.post("webhooks/", {**WAREHOUSE, "teams": [support.pk]})

    assert made.status_code == 201, made.content
    webhook = Webhook.objects.get()
    assert made.json()["secret"] == decrypt(webhook.secret)
    assert decrypt(webhook.url) == WAREHOUSE["url"]
    [listed] = keeper.get("webhooks/").json()["items"]
    assert listed == {key: said for key, said in made.json().items() if key != "secret"}
    assert (listed["host"], listed["teams"]) == ("203.0.113.7", [support.pk])
    assert "/in/" not in keeper.get("webhooks/").text


def test_what_is_left_out_stays_as_it_is(keeper: Program, support: Team):
    made = keeper.post("webhooks/", {**WAREHOUSE, "teams": [support.pk]}).json()

    changed = keeper.patch(f"webhooks/{made['id']}/", {"is_active": False})

    assert changed.json() == {
        **{key: said for key, said in made.items() if key != "secret"},
        "is_active": False,
    }
    assert decrypt(Webhook.objects.get().url) == WAREHOUSE["url"]


def test_the_list_says_how_it_went_last(keeper: Program):
    webhook = Webhook.objects.get(pk=keeper.post("webhooks/", WAREHOUSE).json()["id"])
    delivery = make_test(webhook, now=timezone.now())
    delivery.status, delivery.tried_at = 500, timezone.now()
    delivery.save()

    [listed] = keeper.get("webhooks/").json()["items"]

    assert listed["last_status"] == 500
    assert listed["last_tried_at"]


def test_what_is_wrong_is_said(keeper: Program):
    assert wrong_fields(keeper.post("webhooks/", {**WAREHOUSE, "events": []})) == {"events"}
    unknown = {**WAREHOUSE, "events": ["pizza.ordered"]}
    assert wrong_fields(keeper.post("webhooks/", unknown)) == {"events.0"}
    assert wrong_fields(keeper.post("webhooks/", {**WAREHOUSE, "teams": [10**9]})) == {"teams"}
    inside = {**WAREHOUSE, "url": "http://10.0.0.1/"}
    assert wrong_fields(keeper.post("webhooks/", inside)) == {"url"}
    assert not Webhook.objects.exists()


def test_the_endpoint_of_a_channel_only_moves_and_stops(keeper: Program):
    save_channel(Channel(name="LINE"), values={}, url="https://203.0.113.7/line/", is_silent=False)
    address = f"webhooks/{Webhook.objects.get().pk}/"

    assert wrong_fields(keeper.patch(address, {"events": ["ticket.opened"]})) == {"events"}
    assert keeper.patch(address, {"is_active": False}).json()["is_active"] is False


def test_it_is_deleted(keeper: Program):
    made = keeper.post("webhooks/", WAREHOUSE).json()

    assert keeper.send("DELETE", f"webhooks/{made['id']}/").status_code == 204
    assert not Webhook.objects.exists()


def test_webhooks_are_for_who_looks_after_them(keeper: Program, shop: Program, admin: Agent):
    made = keeper.post("webhooks/", WAREHOUSE).json()

    problem(shop.get("webhooks/"), 403, "not-permitted")
    problem(shop.send("DELETE", f"webhooks/{made['id']}/"), 403, "not-permitted")
    reader = Program(admin, "settings:read")
    problem(reader.patch(f"webhooks/{made['id']}/", {"name": "x"}), 403, "scope-missing")
    assert Webhook.objects.get().name == "Warehouse"


def test_a_test_is_sent_the_log_is_read_and_the_secret_is_changed(
    keeper: Program,
    shop: Program,
    receiver: Receiver,  # noqa: F811
    django_capture_on_commit_callbacks: Any,
):
    receiver.answers = [(404, {})]
    made = keeper.post("webhooks/", {**WAREHOUSE, "url": receiver.url, "is_active": False}).json()
    address = f"webhooks/{made['id']}/"

    with django_capture_on_commit_callbacks(execute=True):
        tested = keeper.post(f"{address}test/", **{"Idempotency-Key": "a"})
    assert keeper.post(f"{address}test/", **{"Idempotency-Key": "a"}).json() == tested.json()

    assert tested.status_code == 201, tested.content
    assert receiver.types == ["test.ping"]
    [listed] = keeper.get(f"{address}deliveries/?state=failed").json()["items"]
    assert (listed["event"], listed["status"]) == ("test.ping", 404)
    whole = keeper.get(tested["Location"].removeprefix(settings.BASE_URL)).json()
    assert whole == {**listed, "body": whole["body"], "answer": "said back"}
    again = keeper.post(f"{address}deliveries/{listed['id']}/resending/").json()
    assert (again["name"], again["state"]) == (listed["name"], "waiting")
    assert keeper.get(f"{address}deliveries/?state=failed").json()["items"] == []
    other = keeper.post("webhooks/", {**WAREHOUSE, "url": receiver.url}).json()["id"]
    elsewhere = f"webhooks/{other}/deliveries/{listed['id']}/"
    problem(keeper.get(elsewhere), 404, "not-found")
    problem(keeper.post(f"{elsewhere}resending/"), 404, "not-found")

    changed = keeper.post(f"{address}secret/").json()

    webhook = Webhook.objects.get(pk=made["id"])
    assert changed["secret"] == decrypt(webhook.secret) != made["secret"]
    assert decrypt(webhook.old_secret) == made["secret"]
    for what in ("secret", "test"):
        problem(shop.post(f"{address}{what}/"), 403, "not-permitted")
