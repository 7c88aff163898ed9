"""Mailboxes as administrators set them up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from accounts.models import Agent, Notification
from accounts.notifying import Notice
from accounts.permissions import Permission, holding
from accounts.services import notify_agents
from common import doorbell
from common.secrets import encrypt
from mail.changes import changes_between, note_changes, values_of
from mail.fetching import FETCHES
from mail.models import Mailbox, MailboxSource, OAuthApp
from mail.providers import Provider
from mail.secret_fields import SECRETS

# Which mail is on the server, and how far it is read, means something only for the same of these.
PLACE = ("kind", "host", "port", "user", "folder")
SIGN_IN = (
    *("auth", "provider", "account", "user"),
    *("token_url", "app_id", "app_secret", "refresh_token"),
)
SILENT_AFTER = timedelta(minutes=15)


@transaction.atomic
def save_mailbox(
    mailbox: Mailbox | None,
    *,
    fields: Mapping[str, Any],
    source: Mapping[str, Any],
    by: Agent | None = None,
) -> Mailbox:
    """Create or change a mailbox and where its mail comes from. Empty secrets stay as they are."""
    if fields["is_default"]:
        Mailbox.objects.filter(is_default=True).update(is_default=False)
    is_new, mailbox = mailbox is None, mailbox or Mailbox()
    of_mailbox = {} if is_new else values_of(mailbox, fields)
    for name, value in fields.items():
        setattr(mailbox, name, value)
    mailbox.save()
    stored = MailboxSource.objects.select_for_update().filter(mailbox=mailbox).first()
    found = stored or MailboxSource(mailbox=mailbox)
    of_source = values_of(found, source)
    _change(found, source)
    changes = changes_between(of_mailbox, values_of(mailbox, fields))
    changes += changes_between(of_source, values_of(found, source))
    note_changes(mailbox, [["created"]] if is_new else changes, by=by, now=timezone.now())
    return mailbox


@transaction.atomic
def save_app(provider: Provider, *, fields: Mapping[str, Any], by: Agent) -> None:
    """Keep as which application the desk is known at a provider. An empty secret stays as it is."""
    app = OAuthApp.objects.select_for_update().filter(provider=provider.key).first()
    app = app or OAuthApp(provider=provider.key)
    before = values_of(app, fields)
    for name, value in fields.items():
        if name != "app_secret":
            setattr(app, name, value)
        elif value:
            app.app_secret = encrypt(value)
    app.save()
    changes = changes_between(before, values_of(app, fields))
    now = timezone.now()
    note_changes(None, changes, by=by, now=now, provider=provider.key)
    if changes:
        # The next look asks as the new application.
        of_it = MailboxSource.objects.filter(provider=provider.key)
        of_it.update(access_token="", access_token_expires_at=None, next_fetch_at=now)


def fetch_now(source: MailboxSource) -> None:
    """Have somebody look into the mailbox at once."""
    MailboxSource.objects.filter(pk=source.pk).update(next_fetch_at=timezone.now())
    doorbell.ring(FETCHES, source.pk)


def silent_sources(now: datetime) -> Any:
    """Mailboxes that mail should come from and for a quarter of an hour nothing could be read."""
    seen = Greatest(Coalesce("last_success_at", "watched_since"), "watched_since")
    fetched = MailboxSource.objects.fetched().alias(seen=seen)
    return fetched.filter(seen__lte=now - SILENT_AFTER)


def tell_of_silent_mailboxes(*, now: datetime | None = None) -> int:
    """Tell the administrators, once for each outage."""
    now = now or timezone.now()
    told = 0
    for source in silent_sources(now).filter(alerted_at=None).select_related("mailbox"):
        with transaction.atomic():
            mine = MailboxSource.objects.filter(pk=source.pk, alerted_at=None)
            if mine.update(alerted_at=now):
                _tell(source.mailbox, now=now)
                told += 1
    return told


def _tell(mailbox: Mailbox, *, now: datetime) -> None:
    keepers = Agent.objects.filter(holding(Permission.MAIL), is_active=True)
    notices = [
        Notice(
            agent_id=agent_id,
            kind=Notification.Kind.MAILBOX_SILENT,
            label=mailbox.address,
            path=f"/desk/settings/mailboxes/{mailbox.pk}/",
            dedupe_key=f"mailbox_silent:{mailbox.pk}:{now.timestamp():.0f}:{agent_id}",
            mail_after=now,
        )
        for agent_id in keepers.values_list("pk", flat=True)
    ]
    notify_agents(notices, now=now)


def _change(source: MailboxSource, entered: Mapping[str, Any]) -> None:
    before = {name: getattr(source, name) for name in (*PLACE, *SIGN_IN)}
    for name, value in entered.items():
        if name not in SECRETS:
            setattr(source, name, value)
        elif value:
            setattr(source, name, encrypt(value))
    changed = {name for name, value in before.items() if getattr(source, name) != value}
    if "provider" in changed or source.signed_in_as not in {"", source.expected_account}:
        _sign_out(source, keeps_token="refresh_token" in changed)
    if changed & set(SIGN_IN):
        source.access_token, source.access_token_expires_at = "", None
    if changed & set(PLACE):
        source.uid_validity, source.last_uid, source.left_uids = None, 0, []
    now = timezone.now()
    # Whoever is looking into it now loses it, and the next look has the new settings.
    source.fetches += 1
    source.next_fetch_at = source.watched_since = now
    source.failures, source.alerted_at = 0, None
    source.save()


def _sign_out(source: MailboxSource, *, keeps_token: bool) -> None:
    """What one account was given at one provider is neither shown to another nor used for it."""
    source.signed_in_as, source.signed_in_at = "", None
    source.access_token, source.access_token_expires_at = "", None
    if not keeps_token:
        source.refresh_token = ""
