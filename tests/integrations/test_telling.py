"""What happens at the desk reaches another system: once, in order, and only what stays said."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
import time_machine
from django.conf import LazySettings
from django.db import connection
from django.utils import timezone

from accounts.models import Agent, Notification, Team
from common.outside import Answer, NotReached, post
from helpdesk import metrics
from helpdesk.doctor import machinery
from integrations.delivering import deliver_due
from integrations.models import Delivery, Occurrence, Webhook
from integrations.services import rotate_secret, save_webhook, send_again
from integrations.telling import tell_waiting
from mail.delivery import deliver_due as send_letters
from mail.models import MailHold
from sla.sweep import sweep_due
from tests.factories import a_customer, a_ticket
from tests.integrations.conftest import MakeWebhook
from tests.integrations.receiver import Receiver, listening
from tickets.models import Message, Ticket
from tickets.services.handling import assign
from tickets.services.replying import Reply, add_note, receive_reply, reply_to_customer
from tickets.services.unsending import take_back

pytestmark = pytest.mark.usefixtures("monday_at_ten", "support")


def pass_on() -> int:
    """One pass of a worker."""
    tell_waiting()
    return deliver_due()


def an_answer(ticket: Ticket, agent: Agent, **more: object) -> Message:
    values = {"body": "Please restart it.", "promise_at": timezone.now() + timedelta(hours=3)}
    return reply_to_customer(ticket, Reply(**{**values, **more}), agent=agent)


def is_signed(headers: dict[str, str], body: bytes, secret: str) -> bool:
    """As a receiver checks it, by the words of the specification."""
    key = base64.b64decode(secret.split("_", 1)[1])
    text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
    return f"v1,{wanted}" in headers["webhook-signature"].split(" ")


def test_a_new_ticket_is_told_with_its_promise(make_webhook: MakeWebhook, receiver: Receiver):
    make_webhook()
    ticket = a_ticket()

    pass_on()

    assert sorted(receiver.types) == [
        "customer.created",
        "message.received",
        "promise.made",
        "ticket.opened",
    ]
    opened = next(body for body in receiver.bodies if body["type"] == "ticket.opened")
    assert opened["version"] == 1
    assert opened["timestamp"] == "2026-10-05T01:00:00.000Z"
    assert opened["data"]["ticket"]["number"] == ticket.number
    assert opened["data"]["ticket"]["next_contact_at"].endswith("Z")
    said = next(body for body in receiver.bodies if body["type"] == "message.received")
    assert said["data"]["message"]["body"].startswith("昨日から")
    assert not Occurrence.objects.exists()


def test_nothing_is_noted_while_nobody_listens(make_webhook: MakeWebhook):
    make_webhook(is_active=False)

    a_ticket()

    assert not Occurrence.objects.exists()


def test_each_delivery_is_signed_and_during_a_rotation_by_both_secrets(
    make_webhook: MakeWebhook, receiver: Receiver, monday_at_ten: time_machine.Traveller
):
    webhook = make_webhook(events=["ticket.opened"])
    first = webhook.clear_secret  # type: ignore[attr-defined]
    a_ticket()
    pass_on()
    second = rotate_secret(webhook)
    a_ticket()
    pass_on()
    monday_at_ten.shift(timedelta(hours=25))
    a_ticket()
    pass_on()

    signed = [(is_signed(*one, first), is_signed(*one, second)) for one in receiver.requests]

    assert signed == [(True, False), (True, True), (False, True)]
    headers, body = receiver.requests[0]
    assert not is_signed(headers, body + b" ", first)
    assert first not in Webhook.objects.get().secret


def test_an_endpoint_that_was_down_gets_everything_once_and_in_order(
    make_webhook: MakeWebhook,
    receiver: Receiver,
    aiko: Agent,
    settings: LazySettings,
    monday_at_ten: time_machine.Traveller,
):
    make_webhook(url=f"http://127.0.0.1:{_free_port()}/")
    tickets = [a_ticket(), a_ticket(customer=a_customer("jiro@example.com"))]
    for ticket in tickets:
        assign(ticket, to=aiko, by=aiko)
        add_note(ticket, body="Nobody else may read this.", agent=aiko)
        an_answer(ticket, aiko)
    assert pass_on() == 0
    assert Webhook.objects.get().failing_since is not None
    monday_at_ten.shift(timedelta(seconds=4))
    assert pass_on() == 0
    assert set(Delivery.objects.values_list("attempts", flat=True)) <= {0, 1}

    save_webhook(Webhook.objects.get(), values={}, url=receiver.url)
    names = list(Delivery.objects.order_by("pk").values_list("name", flat=True))
    monday_at_ten.shift(timedelta(minutes=5))
    arrived = pass_on()

    assert arrived == len(names) == len(receiver.requests)
    assert sorted(headers["webhook-id"] for headers, _ in receiver.requests) == sorted(names)
    for ticket in tickets:
        told = [
            headers["webhook-id"]
            for (headers, _), body in zip(receiver.requests, receiver.bodies, strict=True)
            if body["data"].get("ticket", {}).get("number") == ticket.number
        ]
        assert told == [name for name in names if name in told]
        assert len(told) >= 7
    assert Webhook.objects.get().failing_since is None
    assert b"Nobody else" not in b"".join(body for _, body in receiver.requests)


def test_the_next_of_a_ticket_waits_for_the_one_before_and_other_tickets_do_not(
    make_webhook: MakeWebhook, receiver: Receiver, aiko: Agent
):
    make_webhook(events=["ticket.opened", "ticket.assigned"])
    first, second = a_ticket(), a_ticket(customer=a_customer("jiro@example.com"))
    assign(first, to=aiko, by=aiko)
    receiver.answers = [(500, {})]

    pass_on()

    assert [body["data"]["ticket"]["number"] for body in receiver.bodies] == [
        first.number,
        second.number,
    ]
    failed = Delivery.objects.get(state="waiting", attempts=1)
    assert (failed.status, failed.answer) == (500, "said back")
    deliver_due(now=timezone.now() + timedelta(seconds=6))
    assert receiver.types[2:] == ["ticket.opened", "ticket.assigned"]


def test_a_reply_is_told_when_it_can_no_longer_be_taken_back(
    make_webhook: MakeWebhook,
    receiver: Receiver,
    aiko: Agent,
    settings: LazySettings,
    monday_at_ten: time_machine.Traveller,
):
    settings.UNDO_SEND_SECONDS = 10
    make_webhook(events=["message.sent", "ticket.resolved", "promise.kept"])
    ticket = a_ticket()
    monday_at_ten.shift(timedelta(minutes=5))
    an_answer(ticket, aiko, solves=True)

    pass_on()
    assert receiver.types == []
    monday_at_ten.shift(timedelta(seconds=11))
    pass_on()

    assert receiver.types[0] == "message.sent"
    assert set(receiver.types) == {"message.sent", "ticket.resolved", "promise.kept"}


def test_what_was_taken_back_is_never_told_nor_what_was_done_with_it(
    make_webhook: MakeWebhook,
    receiver: Receiver,
    aiko: Agent,
    settings: LazySettings,
    monday_at_ten: time_machine.Traveller,
):
    settings.UNDO_SEND_SECONDS = 10
    ticket = a_ticket()
    assign(ticket, to=aiko, by=aiko)
    make_webhook()
    monday_at_ten.shift(timedelta(minutes=5))
    message = an_answer(ticket, aiko, solves=True)
    pass_on()
    monday_at_ten.shift(timedelta(seconds=3))
    take_back(message, by=aiko)
    monday_at_ten.shift(timedelta(minutes=1))
    send_letters()
    pass_on()
    assert receiver.types == []

    receive_reply(Ticket.objects.get(), body="And the red lamp is on.")
    pass_on()

    assert receiver.types == ["message.received"]
    assert not Occurrence.objects.exists()


def test_a_broken_promise_is_told_with_the_moment_it_broke(
    make_webhook: MakeWebhook,
    receiver: Receiver,
    aiko: Agent,
    monday_at_ten: time_machine.Traveller,
):
    ticket = a_ticket()
    an_answer(ticket, aiko)
    make_webhook(events=["promise.broken", "promise.renewed", "promise.made", "promise.kept"])
    monday_at_ten.shift(timedelta(hours=4))
    sweep_due(now=timezone.now())
    pass_on()

    [body] = receiver.bodies
    assert body["type"] == "promise.broken"
    assert body["timestamp"] == body["data"]["promise"]["due_at"] == "2026-10-05T04:00:00.000Z"
    assert body["data"]["promise"]["broken_at"] == "2026-10-05T04:00:00.000Z"


def test_a_promise_that_follows_a_kept_one_is_a_renewed_one(
    make_webhook: MakeWebhook,
    receiver: Receiver,
    aiko: Agent,
    monday_at_ten: time_machine.Traveller,
):
    ticket = a_ticket()
    make_webhook(events=["promise.broken", "promise.renewed", "promise.made", "promise.kept"])
    monday_at_ten.shift(timedelta(minutes=10))
    an_answer(ticket, aiko)
    pass_on()

    assert sorted(receiver.types) == ["promise.kept", "promise.renewed"]


def test_only_tickets_of_its_teams_are_told(
    make_webhook: MakeWebhook, receiver: Receiver, other_team: Team
):
    make_webhook(events=["ticket.opened", "customer.created"], teams=[other_team])
    a_ticket()
    theirs = a_ticket(team=other_team, customer=a_customer("jiro@example.com"))

    pass_on()

    assert [body["data"]["ticket"]["number"] for body in receiver.bodies] == [theirs.number]


def test_a_note_says_its_words_only_to_whom_it_is_to_be_told(
    make_webhook: MakeWebhook, receiver: Receiver, aiko: Agent
):
    ticket = a_ticket()
    make_webhook(name="Quiet", events=["note.added"])
    make_webhook(name="Trusted", events=["note.added"], tells_notes=True)
    add_note(ticket, body="The key lies under the mat.", agent=aiko)
    tell_waiting()

    quiet, trusted = Delivery.objects.order_by("webhook__name")
    assert "mat" not in quiet.body
    assert "under the mat" in trusted.body


def test_after_days_of_failure_it_is_switched_off_and_administrators_hear_of_it(
    make_webhook: MakeWebhook,
    receiver: Receiver,
    admin: Agent,
    monday_at_ten: time_machine.Traveller,
):
    make_webhook(events=["ticket.opened"])
    for _day in range(7):
        receiver.answers = [(503, {})]
        a_ticket()
        pass_on()
        monday_at_ten.shift(timedelta(days=1))

    webhook = Webhook.objects.get()
    assert not webhook.is_active
    told = Notification.objects.get(kind="webhook_off")
    assert told.agent == admin
    assert told.path == f"/desk/settings/webhooks/{webhook.pk}/"
    assert Delivery.objects.filter(state="waiting").exists()


def test_what_nobody_takes_for_three_days_is_given_up_and_can_be_sent_again(
    make_webhook: MakeWebhook, receiver: Receiver, monday_at_ten: time_machine.Traveller
):
    make_webhook(events=["ticket.opened"])
    a_ticket()
    receiver.answers = [(400, {}), (400, {})]
    pass_on()
    monday_at_ten.shift(timedelta(days=3, minutes=1))
    pass_on()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts) == ("failed", 2)
    assert "400" in delivery.error

    assert send_again(delivery, now=timezone.now())
    pass_on()

    assert Delivery.objects.get().state == "sent"
    assert len({headers["webhook-id"] for headers, _ in receiver.requests}) == 1


def test_an_endpoint_that_is_gone_is_asked_once(make_webhook: MakeWebhook, receiver: Receiver):
    make_webhook(events=["ticket.opened"])
    receiver.answers = [(410, {})]
    a_ticket()
    pass_on()

    assert not Webhook.objects.get().is_active


def test_no_redirect_is_followed(make_webhook: MakeWebhook, receiver: Receiver):
    with listening() as other:
        make_webhook(events=["ticket.opened"])
        receiver.answers = [(307, {"Location": other.url})]
        a_ticket()
        pass_on()

        assert other.requests == []
    assert "307" in Delivery.objects.get().error


def test_while_mail_is_held_nobody_is_told(make_webhook: MakeWebhook, receiver: Receiver):
    make_webhook()
    MailHold.objects.create(since=timezone.now())
    a_ticket()

    pass_on()

    assert receiver.requests == []
    assert Delivery.objects.filter(state="waiting").exists()


def test_what_an_old_key_encrypted_is_stored_anew_when_it_is_used(
    make_webhook: MakeWebhook, receiver: Receiver, settings: LazySettings
):
    make_webhook(events=["ticket.opened"])
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another"
    a_ticket()
    pass_on()
    settings.SECRET_KEY_FALLBACKS = []
    a_ticket()
    pass_on()

    assert len(receiver.requests) == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("fresh_desk")
def test_an_endpoint_that_hangs_holds_up_no_other(
    make_webhook: MakeWebhook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    """Each has a thread of its own: the second one answers while the first is still silent."""
    answered = Event()

    def post_or_hang(url: str, *rest: Any, **more: Any) -> Answer:
        if "hangs" in url:
            assert answered.wait(5)
            raise NotReached("silent")
        answer = post(url, *rest, **more)
        answered.set()
        return answer

    monkeypatch.setattr("integrations.delivering.post", post_or_hang)
    make_webhook(name="A", url=receiver.url + "&hangs", events=["ticket.opened"])
    make_webhook(name="B", events=["ticket.opened"])
    a_ticket()

    pass_on()

    assert len(receiver.requests) == 1
    assert Delivery.objects.get(webhook__name="B").state == "sent"
    assert Delivery.objects.get(webhook__name="A").error == "silent"


def test_while_somebody_serves_an_endpoint_nobody_else_waits_for_it(
    make_webhook: MakeWebhook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    meanwhile: list[int] = []

    def hang(*_: Any) -> Answer:
        meanwhile.append(deliver_due())
        raise NotReached("silent")

    monkeypatch.setattr("integrations.delivering.post", hang)
    make_webhook(events=["ticket.opened"])
    a_ticket()
    a_ticket(customer=a_customer("jiro@example.com"))

    pass_on()

    assert meanwhile == [0]
    webhook = Webhook.objects.get()
    assert (webhook.failures, webhook.busy_until) == (1, None)


def test_who_was_too_slow_changes_nothing_that_another_one_settled(
    make_webhook: MakeWebhook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    def slow(*_: Any) -> Answer:
        # The lease ran out meanwhile, and somebody else has sent it.
        Delivery.objects.update(attempts=2, state="sent", next_try_at=None)
        raise NotReached("silent")

    monkeypatch.setattr("integrations.delivering.post", slow)
    make_webhook(events=["ticket.opened"])
    a_ticket()

    pass_on()

    assert Delivery.objects.get().state == "sent"


def test_the_doctor_and_the_metrics_know_of_an_endpoint_that_fails(
    make_webhook: MakeWebhook, receiver: Receiver
):
    make_webhook(name="Shop", events=["ticket.opened"])
    receiver.answers = [(503, {})]
    a_ticket()
    pass_on()

    [finding] = machinery.webhooks()
    told = {each.name: each.values[0][1] for each in metrics._webhooks(timezone.now())}

    assert "Shop" in finding.what
    assert told["webhooks_failing"] == told["webhooks_waiting"] == 1
    assert told["webhooks_failed"] == told["webhooks_untold"] == 0


def test_a_trigger_that_nobody_uses_costs_next_to_nothing(make_webhook: MakeWebhook, aiko: Agent):
    ticket = a_ticket()
    with connection.cursor() as cursor:
        cursor.execute(
            "EXPLAIN (ANALYZE, FORMAT JSON) INSERT INTO tickets_ticketevent"
            " (ticket_id, kind, at, facts) SELECT %s, 'opened', now(), '{}'",
            [ticket.pk],
        )
        [plan] = cursor.fetchone()[0]
    cost = {each["Trigger Name"]: each["Time"] for each in plan["Triggers"]}

    assert cost["integrations_of_events"] < 5.0


def _free_port() -> int:
    with listening() as gone:
        return gone.port
