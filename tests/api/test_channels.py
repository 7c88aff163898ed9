"""A chat brings messages with a token, and gets the answers."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from pytest_django.live_server_helper import LiveServer

from accounts.models import Agent, Team
from accounts.services import add_member
from integrations.channels import save_channel
from integrations.models import Channel
from tests.api.programs import Program, problem, wrong_fields
from tests.factories import AgentFactory, TeamFactory
from tests.integrations.test_bridge import bridge  # noqa: F401 - a fixture
from tests.integrations.test_telling import an_answer, pass_on
from tickets.models import Attachment, Ticket

HELLO = {"identity": "U1", "text": "Where is my parcel?", "external_id": "m1", "name": "Hana"}


def a_channel(**values: object) -> Channel:
    return Channel.objects.create(**{"name": "LINE", "kind": "line", "language": "en", **values})


def test_a_message_opens_a_ticket_and_the_next_one_goes_on_it(shop: Program, support: Team):
    address = f"channels/{a_channel(team=support).pk}/messages/"

    first = shop.post(address, HELLO)
    second = shop.post(address, {**HELLO, "text": "Hello?", "external_id": "m2"})

    ticket = Ticket.objects.get()
    assert first.status_code == second.status_code == 201
    assert first["Location"].endswith(f"/api/v1/tickets/{ticket.number}/messages/")
    assert (first.json()["opened"], second.json()["opened"]) == (True, False)
    assert first.json()["ticket"] == second.json()["ticket"] == ticket.number
    assert ticket.customer.name == "Hana"
    assert ticket.next_contact_at is not None


def test_the_same_message_is_taken_once_and_somebody_elses_name_not_at_all(
    shop: Program, support: Team
):
    address = f"channels/{a_channel(team=support).pk}/messages/"
    shop.post(address, HELLO)

    again = shop.post(address, HELLO)
    other = shop.post(address, {**HELLO, "identity": "U2"})

    assert (again.status_code, again.json()["is_new"]) == (201, False)
    problem(other, 409, "external-id-taken")
    assert Ticket.objects.count() == 1


def test_a_file_comes_with_a_message(shop: Program, support: Team):
    file = shop.post("uploads/", {"name": "label.txt", "content": "cGFwZXI="}).json()["id"]

    answer = shop.post(
        f"channels/{a_channel(team=support).pk}/messages/", {**HELLO, "text": "", "uploads": [file]}
    )

    assert answer.status_code == 201, answer.content
    assert Attachment.objects.get().message_id == answer.json()["message"]


def test_what_is_wrong_is_said(shop: Program, support: Team):
    channel = a_channel(team=support)
    address = f"channels/{channel.pk}/messages/"

    assert wrong_fields(shop.post(address, {**HELLO, "text": " "})) == {"text"}
    assert wrong_fields(shop.post(address, {**HELLO, "identity": " "})) == {"identity"}
    assert wrong_fields(shop.post(address, {"text": "x"})) == {"identity", "external_id"}
    Channel.objects.update(is_active=False)
    problem(shop.post(address, HELLO), 409, "channel-off")
    assert not Ticket.objects.exists()


def test_a_token_brings_messages_to_teams_whose_tickets_its_owner_sees(
    shop: Program, intruder: Program, manager: Program, support: Team
):
    channel = a_channel(team=support)

    problem(intruder.post(f"channels/{channel.pk}/messages/", HELLO), 404, "not-found")
    assert intruder.get("channels/").json()["items"] == []
    for program in (shop, manager):
        [listed] = program.get("channels/").json()["items"]
        assert (listed["id"], listed["team"]["name"]) == (channel.pk, support.name)
    assert not Ticket.objects.exists()


def test_a_channel_of_no_team_belongs_to_the_one_that_everything_comes_to(
    shop: Program, intruder: Program
):
    channel = a_channel()

    assert shop.post(f"channels/{channel.pk}/messages/", HELLO).status_code == 201
    problem(intruder.post(f"channels/{channel.pk}/messages/", HELLO), 404, "not-found")


def test_a_token_may_be_for_channels_alone(aiko: Agent, support: Team):
    address = f"channels/{a_channel(team=support).pk}/messages/"

    chat = Program(aiko, "channels:write")

    assert chat.post(address, HELLO).status_code == 201
    problem(Program(aiko, "tickets:write").post(address, HELLO), 403, "scope-missing")
    problem(chat.get("tickets/"), 403, "scope-missing")


@pytest.mark.django_db(transaction=True)
def test_the_bridge_of_the_documents_brings_a_message_and_gets_the_answer(
    fresh_desk: None,
    live_server: LiveServer,
    bridge,  # noqa: F811 - the fixture
    settings: LazySettings,
):
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    aiko, team, channel = AgentFactory(), TeamFactory(is_default=True), Channel(name="Chat")
    add_member(team, aiko)
    shown: list[str] = []
    server = bridge.serve(0, "whsec_AAAA", shown.append)
    port = server.server_address[1]
    secret = save_channel(channel, values={}, url=f"http://127.0.0.1:{port}/", is_silent=False)
    server.shutdown()
    server.server_close()
    server = bridge.serve(port, secret, shown.append)
    url = f"{live_server.url}/api/v1/channels/{channel.pk}/messages/"
    token = Program(aiko, "channels:write").headers["Authorization"].removeprefix("Bearer ")
    try:
        brought = bridge.bring(url, token, identity="U1", text="Hello?", external_id="1")
        an_answer(Ticket.objects.get(number=brought["ticket"]), aiko, body="Good morning!")
        pass_on()
    finally:
        server.shutdown()
        server.server_close()

    assert shown == ["to U1: Good morning!"]


def test_a_channel_is_set_up_and_changed_by_who_looks_after_integrations(
    shop: Program, admin: Agent, support: Team, settings: LazySettings
):
    settings.WEBHOOK_ALLOWED_NETWORKS = ["203.0.113.0/24"]
    keeper, new = Program(admin), {"name": "LINE", "kind": "line", "url": None}
    problem(shop.post("channels/", new), 403, "not-permitted")

    made = keeper.post("channels/", new)

    assert made.status_code == 201, made.content
    silent = made.json()
    assert (silent["kind"], silent["webhook"], silent["secret"]) == ("line", None, "")
    address = f"channels/{silent['id']}/"
    problem(shop.patch(address, {"is_active": False}), 403, "not-permitted")
    url = "https://203.0.113.7/line/"
    loud = keeper.patch(address, {"url": url, "team": support.pk}).json()
    assert loud["team"]["id"] == support.pk
    assert loud["secret"]
    [listed] = shop.get("channels/").json()["items"]
    assert (listed["webhook"], listed["name"]) == (loud["webhook"], "LINE")
    off = keeper.patch(address, {"is_active": False}).json()
    assert (off["is_active"], off["webhook"], off["secret"]) == (False, loud["webhook"], "")
    assert keeper.patch(address, {"url": None}).json()["webhook"] is None
    for wrong, field in (
        ({**new, "name": " LINE "}, "name"),
        ({**new, "name": "Chat", "team": 999}, "team"),
        ({**new, "name": "Chat", "url": "http://10.0.0.1/"}, "url"),
        ({"name": "Chat"}, "url"),
    ):
        assert wrong_fields(keeper.post("channels/", wrong)) == {field}
    assert Channel.objects.count() == 1
