"""The example in the documents runs, and the documents know every event."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from django.conf import LazySettings

from accounts.models import Agent
from integrations.channels import Incoming, receive, save_channel
from integrations.events import ALL
from integrations.models import Channel, Delivery
from integrations.services import send_again
from tests.integrations.test_telling import an_answer, pass_on
from tickets.models import Ticket

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"


@pytest.fixture
def bridge() -> ModuleType:
    found = importlib.util.spec_from_file_location("bridge", DOCS / "examples/bridge.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.mark.usefixtures("support")
def test_the_bridge_shows_each_answer_once(bridge: ModuleType, aiko: Agent, settings: LazySettings):
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    shown: list[str] = []
    channel = Channel(name="Chat")
    server = bridge.serve(0, "whsec_AAAA", shown.append)
    url = f"http://127.0.0.1:{server.server_address[1]}/"
    secret = save_channel(channel, values={}, url=url, is_silent=False)
    receive(channel, Incoming(identity="U1", text="Hello?", external_id="1"))
    an_answer(Ticket.objects.get(), aiko, body="Good morning!")
    try:
        pass_on()
        assert shown == []
        assert Delivery.objects.get().status == 401
    finally:
        server.shutdown()
        server.server_close()

    server = bridge.serve(server.server_address[1], secret, shown.append)
    try:
        Delivery.objects.update(state="failed", next_try_at=None)
        for _time in range(2):
            send_again(Delivery.objects.get(), now=Delivery.objects.get().made_at)
            pass_on()
    finally:
        server.shutdown()
        server.server_close()

    assert Delivery.objects.get().state == "sent"
    assert shown == ["to U1: Good morning!"]


def test_what_is_old_is_not_genuine(bridge: ModuleType):
    headers = {"webhook-id": "a", "webhook-timestamp": "1000", "webhook-signature": "v1,x"}

    assert not bridge.is_genuine(headers, b"{}", "whsec_AAAA", now=1000)
    assert not bridge.is_genuine(headers, b"{}", "whsec_AAAA", now=9000)


def test_every_event_is_documented():
    told = (DOCS / "webhooks.md").read_text(encoding="utf-8")

    for name in ALL:
        assert f"| `{name}` |" in told
