"""Endpoints for tests that send nothing."""

from __future__ import annotations

from django.utils import timezone

from common.secrets import encrypt
from integrations.models import Channel, Delivery, Webhook
from integrations.services import make_test
from integrations.signing import new_secret


def a_webhook() -> Delivery:
    """One that is off and leads nowhere, something it should have been told, and a channel."""
    Channel.objects.create(name="Shop chat")
    webhook = Webhook.objects.create(
        name="Shop",
        url=encrypt("https://192.0.2.1/hook"),
        host="192.0.2.1",
        events=["ticket.opened"],
        secret=encrypt(new_secret()),
        is_active=False,
    )
    return make_test(webhook, now=timezone.now())
