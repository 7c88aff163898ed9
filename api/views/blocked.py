"""Whose mail becomes no ticket."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from api import access
from api.endpoint import PAGED, Asked, Endpoint, absolute, answer, call
from api.filtering import BY_ID, paged
from api.problems import invalid
from api.schema import page_of
from api.shapes import Instant, OrNull, Text, Whole, answered, body, utc
from api.showing import AGENT, shown_agent
from mail.blocking import CannotBeBlocked, block_sender
from mail.models import BlockedSender

SENDER = answered(
    "BlockedSender",
    {
        "id": Whole(),
        "pattern": Text(320, about="An address, or a domain with all below it"),
        "note": Text(200),
        "agent": OrNull(AGENT),
        "blocked_at": Instant(),
    },
)
NEW = body(
    "NewBlockedSender",
    {"pattern": Text(320, 1, about="An address or a domain"), "note": Text(200, about="Why")},
    ["pattern"],
)


class BlockedSenders(Endpoint):
    """For whoever looks after mail."""

    of = section = "settings"

    @call("List whose mail becomes no ticket", answer=page_of(SENDER), query=PAGED)
    def get(self, asked: Asked) -> HttpResponse:
        """By id."""
        senders = BlockedSender.objects.select_related("agent")
        return paged(asked, senders, BY_ID, _shown)

    @call(
        "Block a sender",
        answer=SENDER,
        status=201,
        body=NEW,
        about="Their mail is kept all the same, and can be filed at the desk. To block somebody again"
        " changes nothing.",
        example={"pattern": "ad@shop.example", "note": "Advertisements"},
    )
    def post(self, asked: Asked) -> HttpResponse:
        """From now on."""
        sent = asked.body
        try:
            sender = block_sender(
                sent["pattern"], note=sent.get("note", ""), by=asked.agent, now=asked.now
            )
        except CannotBeBlocked as refusal:
            raise invalid("pattern", "cannot-be-blocked", str(refusal)) from refusal
        address = absolute(reverse("api:blocked_senders"))
        return answer(_shown(sender), status=201, Location=address)


class BlockedSenderDetail(Endpoint):
    """One of them."""

    of = section = "settings"

    @call("Let mail of a sender become tickets again", status=204)
    def delete(self, asked: Asked, pk: str) -> HttpResponse:
        """What came meanwhile stays where it is."""
        access.one_of(BlockedSender.objects.all(), pk).delete()
        return HttpResponse(status=204)


def _shown(sender: BlockedSender) -> dict[str, Any]:
    return {
        "id": sender.pk,
        "pattern": sender.pattern,
        "note": sender.note,
        "agent": shown_agent(sender),
        "blocked_at": utc(sender.blocked_at),
    }
