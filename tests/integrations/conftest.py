from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import LazySettings

from integrations.events import EVENTS
from integrations.models import Webhook
from integrations.services import save_webhook
from tests.integrations.receiver import Receiver, listening

MakeWebhook = Callable[..., Webhook]


@pytest.fixture
def receiver(settings: LazySettings) -> Iterator[Receiver]:
    """Another system, in a network that the operator has opened."""
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    with listening() as found:
        yield found


@pytest.fixture
def make_webhook(receiver: Receiver) -> MakeWebhook:
    """An endpoint that is told everything, unless it is said otherwise."""

    def make(url: str = "", teams: Any = (), **values: Any) -> Webhook:
        webhook = Webhook()
        given = {"name": "Test", "events": list(EVENTS), "language": "en", **values}
        webhook.clear_secret = save_webhook(  # type: ignore[attr-defined]
            webhook, values=given, url=url or receiver.url, teams=teams
        )
        return webhook

    return make
