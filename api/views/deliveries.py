"""What endpoints of other systems were told: the test, the log, and sending again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse

from api import access
from api.endpoint import PAGED, Asked, Endpoint, absolute, answer, call
from api.filtering import paged
from api.schema import page_of
from api.shapes import Choice, Instant, OrNull, Shape, Text, Whole, answered, utc
from common.keyset import Order
from integrations.delivering import try_after_commit
from integrations.models import Delivery
from integrations.services import rotate_secret, send_again

NEWEST = Order((), is_ascending=False)
DELIVERY_FIELDS: Mapping[str, Shape] = {
    "id": Whole(),
    "name": Text(40, about="`webhook-id`, however often it is sent"),
    "event": Text(40),
    "ticket": OrNull(Whole(about="Its number")),
    "state": Choice(Delivery.State.values),
    "attempts": Whole(0),
    "made_at": Instant(),
    "next_try_at": OrNull(Instant()),
    "tried_at": OrNull(Instant()),
    "sent_at": OrNull(Instant()),
    "status": OrNull(Whole(0, 999, about="What was answered last")),
    "error": Text(300),
    "milliseconds": OrNull(Whole(0)),
}
DELIVERY = answered("Delivery", DELIVERY_FIELDS)
DELIVERY_IN_FULL = answered(
    "DeliveryInFull",
    {
        **DELIVERY_FIELDS,
        "body": Text(10_000_000, about="As it is sent and signed"),
        "answer": Text(100_000, about="The beginning of what was answered last"),
    },
)
SECRET = answered(
    "NewSecret",
    {
        "secret": Text(200, about="It is told this once."),
        "old_until": Instant(about="Until then the old one signs along"),
    },
)
STATE: Mapping[str, Shape] = {"state": Choice(Delivery.State.values)}


class Secrets(Endpoint):
    """What an endpoint knows us by."""

    of = section = "settings"

    @call("Make a new secret for a webhook", answer=SECRET)
    def post(self, asked: Asked, pk: str) -> HttpResponse:
        """The old one holds for a day."""
        webhook = access.webhook(pk)
        secret = rotate_secret(webhook, now=asked.now)
        return answer({"secret": secret, "old_until": utc(webhook.old_secret_until)})


class Tests(Endpoint):
    """A word, to see whether it arrives."""

    of = section = "settings"

    @call(
        "Send a test to a webhook",
        answer=DELIVERY,
        status=201,
        about="It is tried once, also at an endpoint that is switched off; the address in `Location`"
        " says what became of it.",
    )
    def post(self, asked: Asked, pk: str) -> HttpResponse:
        """At once."""
        delivery = try_after_commit(access.webhook(pk), now=asked.now)
        address = absolute(reverse("api:delivery", args=[pk, delivery.pk]))
        return answer(_shown(delivery), status=201, Location=address)


class Deliveries(Endpoint):
    """The log of one endpoint."""

    of = section = "settings"

    @call("List what a webhook was told", answer=page_of(DELIVERY), query={**STATE, **PAGED})
    def get(self, asked: Asked, pk: str) -> HttpResponse:
        """Of the last 30 days, the newest first."""
        told = _deliveries(pk).defer("body", "answer")
        if "state" in asked.query:
            told = told.filter(state=asked.query["state"])
        return paged(asked, told, NEWEST, _shown)


class DeliveryDetail(Endpoint):
    """One of them."""

    of = section = "settings"

    @call("Read what a webhook was told, and what it answered", answer=DELIVERY_IN_FULL)
    def get(self, asked: Asked, pk: str, point: str) -> HttpResponse:
        """With both bodies."""
        told = access.one_of(_deliveries(pk), point)
        return answer({**_shown(told), "body": told.body, "answer": told.answer})


class Resendings(Endpoint):
    """Once more."""

    of = section = "settings"

    @call(
        "Send something to a webhook again",
        answer=DELIVERY,
        about="Under its old name, so that who gets it knows that it is the same. What still waits goes"
        " on waiting.",
    )
    def post(self, asked: Asked, pk: str, point: str) -> HttpResponse:
        """In its turn."""
        told = access.one_of(_deliveries(pk), point)
        send_again(told, now=asked.now)
        return answer(_shown(_deliveries(pk).get(pk=told.pk)))


def _deliveries(pk: str) -> QuerySet[Delivery]:
    return access.webhook(pk).deliveries.select_related("ticket")


def _shown(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.pk,
        "name": delivery.name,
        "event": delivery.event,
        "ticket": delivery.ticket.number if delivery.ticket else None,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "made_at": utc(delivery.made_at),
        "next_try_at": utc(delivery.next_try_at),
        "tried_at": utc(delivery.tried_at),
        "sent_at": utc(delivery.sent_at),
        "status": delivery.status,
        "error": delivery.error,
        "milliseconds": delivery.milliseconds,
    }
