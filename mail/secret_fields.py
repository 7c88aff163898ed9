"""The passwords and tokens of a mailbox: read for one moment, stored encrypted."""

from __future__ import annotations

from common.secrets import Unreadable, decrypt, encrypt, is_of_an_old_key
from mail.models import MailboxSource

SECRETS = ("secret", "smtp_secret", "app_secret", "refresh_token", "access_token")


def reveal(source: MailboxSource, name: str) -> str:
    """One of SECRETS in plain text; one of an earlier key is stored anew under the current one.
    Raises common.secrets.Unreadable."""
    stored: str = getattr(source, name)
    plain = decrypt(stored)
    if is_of_an_old_key(stored):
        anew = encrypt(plain)
        MailboxSource.objects.filter(pk=source.pk, **{name: stored}).update(**{name: anew})
        setattr(source, name, anew)
    return plain


def known_secrets(source: MailboxSource) -> list[str]:
    """All of them that can be read, to keep them out of what others say."""
    found = []
    for name in SECRETS:
        try:
            found.append(decrypt(getattr(source, name)))
        except Unreadable:
            continue
    return [plain for plain in found if plain]
