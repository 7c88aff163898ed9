"""The URL and the secrets of an endpoint: read for one moment, stored encrypted."""

from __future__ import annotations

from common.secrets import decrypt, encrypt, is_of_an_old_key
from integrations.models import Webhook

SECRETS = ("url", "secret", "old_secret")


def reveal(webhook: Webhook, name: str) -> str:
    """One of SECRETS in plain text; one of an earlier key is stored anew under the current one.
    Raises common.secrets.Unreadable."""
    stored: str = getattr(webhook, name)
    plain = decrypt(stored)
    if is_of_an_old_key(stored):
        anew = encrypt(plain)
        Webhook.objects.filter(pk=webhook.pk, **{name: stored}).update(**{name: anew})
        setattr(webhook, name, anew)
    return plain
