"""Channels of other programs: which there are, and what a program brings by one."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse

from api import access
from api.endpoint import PAGED, Asked, Endpoint, absolute, answer, call, page
from api.filtering import BY_ID, check_after
from api.schema import page_of
from api.shapes import Choice, Flag, ListOf, OrNull, Text, Whole, answered, body
from api.showing import NAMED, TEAM
from common.keyset import page_of as keyset_page
from integrations.channels import LONGEST_NAME, LONGEST_TEXT, Incoming, receive
from integrations.models import Channel

LANGUAGES = [code for code, _name in settings.LANGUAGES]
CHANNEL = answered(
    "Channel",
    {
        **NAMED,
        "kind": Choice(Channel.Kind.values),
        "team": OrNull(TEAM, about="null: the team that everything new comes to"),
        "language": Choice(LANGUAGES),
        "is_active": Flag(),
    },
)
INCOMING = body(
    "NewChannelMessage",
    {
        "identity": Text(LONGEST_NAME, 1, about="How the other program calls the person"),
        "text": Text(LONGEST_TEXT, about="Empty only beside a file"),
        "external_id": Text(LONGEST_NAME, 1, about="How it calls the message, which is taken once"),
        "name": Text(100, about="Of a person who is new"),
        "language": Choice(LANGUAGES),
        "uploads": ListOf(Text(300), settings.ATTACHMENT_MAX_COUNT, about="As uploads/ named them"),
    },
    ["identity", "text", "external_id"],
)
TAKEN = answered(
    "TakenMessage",
    {
        "message": Whole(about="Its id"),
        "ticket": Whole(about="The number of the ticket on which it stands"),
        "opened": Flag(about="It opened this ticket"),
        "is_new": Flag(about="false: it had come before, and nothing was done"),
    },
)


class Channels(Endpoint):
    """By which other programs bring messages."""

    of = section = "channels"
    reads = "tickets:read"

    @call("List channels", answer=page_of(CHANNEL), query=PAGED)
    def get(self, asked: Asked) -> HttpResponse:
        """Those whose team's tickets the agent sees."""
        check_after(BY_ID, asked.after)
        rows = access.channels(asked.agent).select_related("team")
        found = keyset_page(rows, BY_ID, after=asked.after, size=asked.limit)
        return page(asked, [_shown(channel) for channel in found.rows], found.older)


class ChannelMessages(Endpoint):
    """What people say by a channel."""

    of = section = "channels"

    @call(
        "Bring a message that somebody wrote by a channel",
        answer=TAKEN,
        status=201,
        body=INCOMING,
        about="It goes on the person's open ticket of this channel, or opens one, with its promise."
        " The agent of the token must see the tickets of the channel's team. To send a file with it,"
        " the token must be for `tickets:write`, too.",
        example={
            "identity": "U4af4980629",
            "name": "Hana",
            "text": "Where is my parcel?",
            "external_id": "325708",
        },
    )
    def post(self, asked: Asked, pk: str) -> HttpResponse:
        """Once, however often it is sent."""
        sent = asked.body
        incoming = Incoming(
            identity=sent["identity"],
            text=sent["text"],
            external_id=sent["external_id"],
            name=sent.get("name", ""),
            language=sent.get("language", ""),
            uploads=access.uploads(asked.agent, sent.get("uploads", [])),
        )
        taken = receive(access.channel(asked.agent, pk), incoming, now=asked.now)
        told = {
            "message": taken.message.pk,
            "ticket": taken.ticket.number,
            "opened": taken.opened,
            "is_new": taken.is_new,
        }
        address = absolute(reverse("api:messages", args=[taken.ticket.number]))
        return answer(told, status=201, Location=address)


def _shown(channel: Channel) -> dict[str, Any]:
    team = channel.team
    return {
        "id": channel.pk,
        "name": channel.name,
        "kind": channel.kind,
        "team": {"id": team.pk, "name": team.name} if team else None,
        "language": channel.language,
        "is_active": channel.is_active,
    }
