"""The only writers of endpoints: who is told, and what for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from accounts.models import Agent, Notification, Team
from accounts.notifying import Notice
from accounts.permissions import Permission, holding
from accounts.services import notify_agents
from common import doorbell
from common.outside import check_url
from common.secrets import encrypt
from integrations.events import RULE_ACTED
from integrations.listening import listen
from integrations.models import Delivery, Listener, Webhook
from integrations.saying import body_for, by_rule, ping
from integrations.signing import new_secret
from tickets.models import Ticket

SIGNS_ALONG = timedelta(hours=24)
DELIVERS = "integrations.tasks.deliver_waiting"


@transaction.atomic
def save_webhook(
    webhook: Webhook, *, values: Mapping[str, Any], url: str, teams: Iterable[Team] = ()
) -> str:
    """Keep it, new or changed; the secret of a new one in the clear, for the only time, and otherwise
    nothing. Without a URL it keeps the one it has. Raises NotAllowed and NotReached (common.outside).
    """
    for name, value in values.items():
        setattr(webhook, name, value)
    if url:
        check_url(url)
        webhook.url, webhook.host = encrypt(url), str(urlsplit(url).hostname)[:255]
    secret = ""
    if not webhook.secret:
        secret = new_secret()
        webhook.secret = encrypt(secret)
    if webhook.is_active:
        webhook.gave_up_at = webhook.failing_since = webhook.rests_until = None
        webhook.failures = 0
    webhook.save()
    webhook.teams.set(teams)
    keep_listening()
    if webhook.is_active:
        doorbell.ring(DELIVERS)
    return secret


@transaction.atomic
def delete_webhook(webhook: Webhook) -> None:
    """Forget it, with what it was told and was still to be told."""
    webhook.delete()
    keep_listening()


def rotate_secret(webhook: Webhook, *, now: datetime | None = None) -> str:
    """A new secret, in the clear for the only time; the one before it signs along for a day."""
    now = now or timezone.now()
    secret = new_secret()
    webhook.old_secret, webhook.old_secret_until = webhook.secret, now + SIGNS_ALONG
    webhook.secret = encrypt(secret)
    webhook.save(update_fields=["secret", "old_secret", "old_secret_until"])
    return secret


@transaction.atomic
def switch_off(webhook: Webhook, *, now: datetime) -> None:
    """Nothing arrives there for days, or it says that it is gone: nobody asks it any more, and whoever
    looks after it hears of that. What waits is kept."""
    mine = Webhook.objects.filter(pk=webhook.pk, is_active=True)
    if not mine.update(is_active=False, gave_up_at=now):
        return
    keep_listening()
    keepers = Agent.objects.filter(holding(Permission.INTEGRATIONS), is_active=True)
    notices = [
        Notice(
            agent_id=agent_id,
            kind=Notification.Kind.WEBHOOK_OFF,
            label=webhook.name,
            path=f"/desk/settings/webhooks/{webhook.pk}/",
            dedupe_key=f"webhook_off:{webhook.pk}:{now.timestamp():.0f}:{agent_id}",
            mail_after=now,
        )
        for agent_id in keepers.values_list("pk", flat=True)
    ]
    notify_agents(notices, now=now)


def make_test(webhook: Webhook, *, now: datetime) -> Delivery:
    """A delivery that says hello; whoever asked for it sends it at once."""
    body = body_for(webhook, said := ping(at=now))
    return Delivery.objects.create(
        webhook=webhook,
        event=said.name,
        subject=f"test:{uuid4().hex[:12]}",
        body=json.dumps(body, ensure_ascii=False),
        made_at=now,
        next_try_at=now,
    )


def tell_by_rule(webhook: Webhook, ticket: Ticket, *, rule: str, now: datetime) -> Delivery:
    """A rule tells this endpoint of a ticket, in its turn among what else is told of the ticket."""
    doorbell.ring(DELIVERS)
    return Delivery.objects.create(
        webhook=webhook,
        event=RULE_ACTED,
        subject=f"ticket:{ticket.pk}",
        ticket=ticket,
        body=json.dumps(body_for(webhook, by_rule(ticket, rule=rule, at=now)), ensure_ascii=False),
        made_at=now,
        next_try_at=now,
    )


def send_again(delivery: Delivery, *, now: datetime) -> bool:
    """Have it sent once more, under its old name; False while it waits anyway."""
    ended = Delivery.objects.filter(pk=delivery.pk, next_try_at=None)
    sent = ended.update(
        state=Delivery.State.WAITING, next_try_at=now, made_at=now, attempts=0, sent_at=None
    )
    if sent:
        doorbell.ring(DELIVERS)
    return bool(sent)


def keep_listening() -> None:
    """What happens is noted exactly while somebody is to be told."""
    listen(Listener.Name.WEBHOOKS, is_wanted=Webhook.objects.filter(is_active=True).exists())
