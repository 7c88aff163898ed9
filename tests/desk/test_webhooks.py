"""Endpoints and channels in the settings: what an administrator does and sees."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.test import Client

from accounts.models import Agent
from audit.models import Change
from integrations.events import EVENTS
from integrations.models import Channel, Delivery, Listener, Webhook
from tests.conftest import signed_in
from tests.factories import a_ticket
from tests.integrations.conftest import receiver  # noqa: F401 - a fixture
from tests.integrations.receiver import Receiver
from tests.integrations.test_telling import pass_on
from tests.test_bad_input import HOSTILE, post_bytes

PAGE = "/desk/settings/webhooks/"


@pytest.fixture
def as_admin(admin: Agent) -> Client:
    return signed_in(admin)


def fields(url: str, **more: object) -> dict[str, object]:
    return {
        "name": "Shop",
        "kind": "generic",
        "url": url,
        "events": ["ticket.opened"],
        "language": "en",
        "is_active": "on",
        **more,
    }


def test_a_new_endpoint_shows_its_secret_once(as_admin: Client, receiver: Receiver):  # noqa: F811
    page = as_admin.post(f"{PAGE}create/", fields(receiver.url)).content.decode()
    webhook = Webhook.objects.get()
    again = as_admin.get(f"{PAGE}{webhook.pk}/").content.decode()

    assert "whsec_" in page
    assert "whsec_" not in again
    assert receiver.url not in again
    assert "127.0.0.1" in again
    assert Listener.objects.exists()
    said = "".join(str(each.after) for each in Change.objects.all())
    assert "whsec" not in said
    assert webhook.secret not in said


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "http://user:word@example.com/", "ftp://x/"])
def test_an_address_that_is_not_allowed_is_said_beside_the_field(as_admin: Client, url: str):
    answer = as_admin.post(f"{PAGE}create/", fields(url))

    assert answer.status_code == 422
    assert url in answer.content.decode()
    assert not Webhook.objects.exists()


def test_the_test_says_what_was_answered(as_admin: Client, receiver: Receiver):  # noqa: F811
    as_admin.post(f"{PAGE}create/", fields(receiver.url))
    receiver.answers = [(404, {})]
    webhook = Webhook.objects.get()

    page = as_admin.post(f"{PAGE}{webhook.pk}/test/", follow=True).content.decode()

    assert receiver.types == ["test.ping"]
    assert "404" in page
    assert "said back" in page
    assert Delivery.objects.get().state == "failed"


@pytest.mark.usefixtures("support")
def test_the_log_shows_deliveries_and_sends_one_again(
    as_admin: Client,
    receiver: Receiver,  # noqa: F811
):
    as_admin.post(f"{PAGE}create/", fields(receiver.url))
    webhook = Webhook.objects.get()
    ticket = a_ticket()
    pass_on()
    delivery = Delivery.objects.get()

    log = as_admin.get(f"{PAGE}{webhook.pk}/log/").content.decode()
    one = as_admin.get(f"{PAGE}{webhook.pk}/log/{delivery.pk}/").content.decode()
    as_admin.post(f"{PAGE}{webhook.pk}/log/{delivery.pk}/resending/")
    pass_on()

    assert "ticket.opened" in log
    assert f"&quot;number&quot;: {ticket.number}" in one
    assert len(receiver.requests) == 2
    assert as_admin.get(f"{PAGE}{webhook.pk}/log/?state=failed").status_code == 200
    assert as_admin.get(f"{PAGE}{webhook.pk + 1}/log/{delivery.pk}/").status_code == 404


def test_another_secret_is_shown_and_the_one_before_it_signs_along(
    as_admin: Client,
    receiver: Receiver,  # noqa: F811
):
    as_admin.post(f"{PAGE}create/", fields(receiver.url))
    before = Webhook.objects.get()

    page = as_admin.post(f"{PAGE}{before.pk}/secret/").content.decode()

    after = Webhook.objects.get()
    assert "whsec_" in page
    assert after.old_secret == before.secret != after.secret


def test_who_switches_the_last_one_off_ends_the_noting(
    as_admin: Client,
    receiver: Receiver,  # noqa: F811
):
    as_admin.post(f"{PAGE}create/", fields(receiver.url))
    webhook = Webhook.objects.get()

    as_admin.post(f"{PAGE}{webhook.pk}/update/", fields("", is_active=""))
    assert not Listener.objects.exists()
    as_admin.post(f"{PAGE}{webhook.pk}/update/", fields(""))
    assert Listener.objects.exists()
    as_admin.post(f"{PAGE}{webhook.pk}/deletion/")

    assert not Listener.objects.exists()
    assert not Webhook.objects.exists()


def test_every_event_can_be_chosen_and_is_explained(as_admin: Client):
    page = as_admin.get(f"{PAGE}new/").content.decode()

    for name in EVENTS:
        assert f"({name})" in page


def test_a_channel_with_its_endpoint(as_admin: Client, receiver: Receiver):  # noqa: F811
    values = {"name": "LINE", "kind": "line", "language": "ja", "is_active": "on"}
    answer = as_admin.post("/desk/settings/channels/create/", values)
    assert answer.status_code == 422

    page = as_admin.post("/desk/settings/channels/create/", {**values, "url": receiver.url})

    channel = Channel.objects.get()
    assert "whsec_" in page.content.decode()
    assert channel.webhook.events == ["channel.message"]
    edited = as_admin.get(f"{PAGE}{channel.webhook.pk}/").content.decode()
    assert 'name="events"' not in edited
    as_admin.post(
        f"/desk/settings/channels/{channel.pk}/update/", {**values, "is_silent": "on", "url": ""}
    )
    assert not Webhook.objects.exists()


def test_a_channel_inside_our_network_is_refused_and_not_kept(
    as_admin: Client, settings: LazySettings
):
    values = {"name": "LINE", "kind": "line", "language": "ja", "url": "http://10.0.0.1/"}

    assert as_admin.post("/desk/settings/channels/create/", values).status_code == 422
    assert not Channel.objects.exists()


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("what", ["webhooks", "channels"])
def test_nothing_that_is_typed_breaks_anything(as_admin: Client, value: bytes, what: str):
    names = ("name", "kind", "url", "events", "teams", "team", "language", "is_active")

    answer = post_bytes(as_admin, f"/desk/settings/{what}/create/", dict.fromkeys(names, value))

    assert answer.status_code in {400, 413, 422}
    assert not Webhook.objects.exists()
    assert as_admin.get(f"{PAGE}1/log/", {"before": "x", "state": "x"}).status_code == 404
