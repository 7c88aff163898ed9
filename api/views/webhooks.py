"""Endpoints of other systems: who is told what, and how they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Team
from api import access
from api.endpoint import PAGED, Asked, Endpoint, absolute, answer, call, page
from api.filtering import BY_ID, check_after
from api.problems import invalid
from api.schema import page_of
from api.shapes import (
    Choice,
    Flag,
    Instant,
    ListOf,
    OrNull,
    Shape,
    Text,
    Whole,
    answered,
    body,
    utc,
)
from api.showing import NAMED
from common.keyset import page_of as keyset_page
from common.outside import LONGEST_URL, NotAllowed, NotReached
from integrations.events import EVENTS
from integrations.models import Webhook
from integrations.services import delete_webhook, save_webhook

LANGUAGES = [code for code, _name in settings.LANGUAGES]
KIND = Choice(Webhook.Kind.values, about="`generic` when left out: signed JSON")
WEBHOOK_FIELDS = {
    **NAMED,
    "kind": KIND,
    "host": Text(255, about="Of its URL, which is told to nobody"),
    "events": ListOf(Text(40), 100),
    "teams": ListOf(Whole(), 1000, about="Only their tickets; none: all"),
    "language": Choice(LANGUAGES),
    "tells_notes": Flag(),
    "channel": OrNull(Whole(about="It gets the answers on this channel, and nothing else")),
    "is_active": Flag(),
    "failing_since": OrNull(Instant(about="Nothing has arrived since")),
    "gave_up_at": OrNull(Instant(about="It was switched off because nothing arrived")),
    "last_status": OrNull(Whole(0, 999, about="What it answered last")),
    "last_tried_at": OrNull(Instant()),
}
WEBHOOK = answered("Webhook", WEBHOOK_FIELDS)
MADE = answered(
    "NewlyMadeWebhook",
    {**WEBHOOK_FIELDS, "secret": Text(200, about="It signs; it is told this once.")},
)
SENT: Mapping[str, Shape] = {
    "name": Text(60, 1),
    "kind": KIND,
    "url": Text(LONGEST_URL, 1),
    "events": ListOf(Choice(list(EVENTS)), len(EVENTS)),
    "teams": ListOf(Whole(), 1000),
    "language": Choice(LANGUAGES, about="Of sentences in a chat"),
    "tells_notes": Flag(about="Tell what internal notes say"),
    "is_active": Flag(),
}
NEW = body("NewWebhook", SENT, ["name", "url", "events"])
CHANGE = body("WebhookChange", SENT)
# Of the endpoint of a channel only these are its own.
OF_CHANNEL = {"url", "is_active"}


class Webhooks(Endpoint):
    """All of them."""

    of = section = "settings"

    @call("List webhooks and how they are", answer=page_of(WEBHOOK), query=PAGED)
    def get(self, asked: Asked) -> HttpResponse:
        """By id."""
        check_after(BY_ID, asked.after)
        rows = Webhook.objects.prefetch_related("teams").all()
        found = keyset_page(rows, BY_ID, after=asked.after, size=asked.limit)
        return page(asked, [_shown(webhook) for webhook in found.rows], found.older)

    @call(
        "Have an endpoint told what happens",
        answer=MADE,
        status=201,
        body=NEW,
        about="The address is checked at once; none inside our own network is taken.",
        example={
            "name": "Warehouse",
            "url": "https://203.0.113.7/yakusoku/",
            "events": ["ticket.opened", "ticket.resolved"],
        },
    )
    def post(self, asked: Asked) -> HttpResponse:
        """With the secret, this once."""
        webhook = Webhook()
        secret = _save(webhook, asked.body)
        address = absolute(reverse("api:webhook", args=[webhook.pk]))
        return answer({**_shown(webhook), "secret": secret}, status=201, Location=address)


class WebhookDetail(Endpoint):
    """One of them."""

    of = section = "settings"

    @call(
        "Change a webhook",
        answer=WEBHOOK,
        body=CHANGE,
        about="What is left out stays. One that was switched off by itself begins anew.",
        example={"is_active": False},
    )
    def patch(self, asked: Asked, pk: str) -> HttpResponse:
        """Its secret stays."""
        webhook = access.webhook(pk)
        _save(webhook, asked.body)
        return answer(_shown(webhook))

    @call("Delete a webhook", status=204, about="For good, with its log.")
    def delete(self, asked: Asked, pk: str) -> HttpResponse:
        """Nobody is told there any more."""
        delete_webhook(access.webhook(pk))
        return HttpResponse(status=204)


def _save(webhook: Webhook, sent: dict[str, Any]) -> str:
    """The secret of a new one. Raises Problem."""
    values = {name: said for name, said in sent.items() if name not in {"url", "teams"}}
    others = sorted(set(sent) - OF_CHANNEL)
    if webhook.channel_id and others:
        said = _("Where the channel is set up, this is.")
        raise invalid(others[0], "of-channel", said)
    if sent.get("events") == []:
        raise invalid("events", "required", _("Choose at least one thing."))
    if "teams" in sent:
        teams = _teams(sent["teams"])
    else:
        teams = list(webhook.teams.all()) if webhook.pk else []
    try:
        return save_webhook(webhook, values=values, url=sent.get("url", "").strip(), teams=teams)
    except (NotAllowed, NotReached) as refusal:
        raise invalid("url", "not-allowed", str(refusal)) from refusal


def _teams(pks: list[int]) -> list[Team]:
    found = list(Team.objects.filter(pk__in=pks))
    if len(found) != len(set(pks)):
        raise invalid("teams", "unknown", _("There is none of this name that you may use."))
    return found


def _shown(webhook: Webhook) -> dict[str, Any]:
    tried = webhook.deliveries.exclude(tried_at=None).order_by("-pk")
    last = tried.values_list("status", "tried_at").first() or (None, None)
    return {
        "id": webhook.pk,
        "name": webhook.name,
        "kind": webhook.kind,
        "host": webhook.host,
        "events": list(webhook.events),
        "teams": sorted(team.pk for team in webhook.teams.all()),
        "language": webhook.language,
        "tells_notes": webhook.tells_notes,
        "channel": webhook.channel_id,
        "is_active": webhook.is_active,
        "failing_since": utc(webhook.failing_since),
        "gave_up_at": utc(webhook.gave_up_at),
        "last_status": last[0],
        "last_tried_at": utc(last[1]),
    }
