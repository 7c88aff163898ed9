"""Channels of other programs: which there are, and what a program brings by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse

from accounts.models import Team
from accounts.permissions import Permission
from api import access
from api.endpoint import PAGED, Asked, Endpoint, absolute, answer, call, page
from api.filtering import BY_ID, check_after
from api.problems import invalid
from api.schema import page_of
from api.shapes import Choice, Flag, ListOf, OrNull, Shape, Text, Whole, answered, body
from api.showing import NAMED, TEAM
from common.keyset import page_of as keyset_page
from common.outside import LONGEST_URL, NotAllowed, NotReached
from integrations.channels import LONGEST_NAME, LONGEST_TEXT, Incoming, receive, save_channel
from integrations.models import Channel

LANGUAGES = [code for code, _name in settings.LANGUAGES]
CHANNEL_FIELDS: Mapping[str, Shape] = {
    **NAMED,
    "kind": Choice(Channel.Kind.values),
    "team": OrNull(TEAM, about="null: the team that everything new comes to"),
    "language": Choice(LANGUAGES, about="Of people whose program does not say it"),
    "is_active": Flag(),
    "webhook": OrNull(Whole(about="It gets the answers; null: they leave as letters")),
}
CHANNEL = answered("Channel", CHANNEL_FIELDS)
KEPT = answered(
    "KeptChannel",
    {
        **CHANNEL_FIELDS,
        "secret": Text(200, about="It signs the answers; told this once, and empty otherwise."),
    },
)
SENT: Mapping[str, Shape] = {
    "name": Text(60, 1),
    "kind": Choice(Channel.Kind.values),
    "team": OrNull(Whole()),
    "language": Choice(LANGUAGES),
    "is_active": Flag(),
    "url": OrNull(Text(LONGEST_URL, 1), about="For answers; null: they leave as letters"),
}
NEW = body("NewChannel", SENT, ["name", "url"])
CHANGE = body("ChannelChange", SENT)
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

    of = "settings"
    reads = "tickets:read"
    section = "channels"

    @call("List channels", answer=page_of(CHANNEL), query=PAGED)
    def get(self, asked: Asked) -> HttpResponse:
        """Those whose team's tickets the agent sees."""
        check_after(BY_ID, asked.after)
        rows = access.channels(asked.agent).select_related("team", "webhook")
        found = keyset_page(rows, BY_ID, after=asked.after, size=asked.limit)
        return page(asked, [_shown(channel) for channel in found.rows], found.older)

    @call(
        "Set up a channel",
        answer=KEPT,
        status=201,
        body=NEW,
        about="For whoever looks after integrations. The URL for answers is checked at once.",
        example={"name": "LINE shop", "kind": "line", "url": None},
    )
    def post(self, asked: Asked) -> HttpResponse:
        """With the secret of its answers, this once."""
        access.check_may(asked.agent, Permission.INTEGRATIONS)
        told = _save(Channel(), asked.body)
        return answer(told, status=201, Location=absolute(reverse("api:channels")))


class ChannelDetail(Endpoint):
    """One of them."""

    of = "settings"
    section = "channels"

    @call(
        "Change a channel, or switch it off",
        answer=KEPT,
        body=CHANGE,
        about="What is left out stays, and so do tickets that are there.",
        example={"is_active": False},
    )
    def patch(self, asked: Asked, pk: str) -> HttpResponse:
        """Tickets go on as they began."""
        return answer(_save(access.one_of(Channel.objects.all(), pk), asked.body))


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


def _save(channel: Channel, sent: Mapping[str, Any]) -> dict[str, Any]:
    """What is answered: the channel, and the secret of its answers when it is new. Raises Problem."""
    values = {name: said for name, said in sent.items() if name != "url"}
    if "name" in sent:
        values["name"] = " ".join(sent["name"].split())
    if sent.get("team") is not None:
        values["team"] = access.one_in_body(Team.objects.all(), sent["team"], at="team")
    is_silent = sent["url"] is None if "url" in sent else False
    try:
        secret = save_channel(
            channel, values=values, url=(sent.get("url") or "").strip(), is_silent=is_silent
        )
    except (NotAllowed, NotReached) as refusal:
        raise invalid("url", "not-allowed", str(refusal)) from refusal
    as_it_is = Channel.objects.select_related("team", "webhook").get(pk=channel.pk)
    return {**_shown(as_it_is), "secret": secret}


def _shown(channel: Channel) -> dict[str, Any]:
    team, webhook = channel.team, getattr(channel, "webhook", None)
    return {
        "id": channel.pk,
        "name": channel.name,
        "kind": channel.kind,
        "team": {"id": team.pk, "name": team.name} if team else None,
        "language": channel.language,
        "is_active": channel.is_active,
        "webhook": webhook.pk if webhook else None,
    }
