"""Where people sign in to their mailbox in the browser, and as which application the desk asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.conf import settings

from common.secrets import decrypt
from mail.models import MailboxSource, MailProvider, OAuthApp
from mail.secret_fields import reveal
from mail.troubles import NoApp

ANY_TENANT = "common"


@dataclass(frozen=True, kw_only=True)
class Provider:
    """What all mailboxes of one provider have in common."""

    key: MailProvider
    host: str
    smtp_host: str
    # What is asked for when somebody signs in; `needed` is the part that opens the mailbox.
    scope: str
    needed: str
    # How the provider is told to let people choose the account, and to give a refresh token.
    more: tuple[tuple[str, str], ...]
    # What the application asks for by itself; empty where it cannot.
    own_scope: str = ""

    @property
    def name(self) -> str:
        return str(self.key.label)

    def authorize_url(self, app: OAuthApp) -> str:
        return _fill(settings.OAUTH_ADDRESSES[self.key]["authorize"], app)

    def token_url(self, app: OAuthApp) -> str:
        return _fill(settings.OAUTH_ADDRESSES[self.key]["token"], app)


PROVIDERS = (
    Provider(
        key=MailProvider.MICROSOFT,
        host="outlook.office365.com",
        smtp_host="smtp.office365.com",
        scope=(
            "openid email profile offline_access"
            " https://outlook.office.com/IMAP.AccessAsUser.All"
            " https://outlook.office.com/SMTP.Send"
        ),
        needed="IMAP.AccessAsUser.All",
        more=(("prompt", "select_account"),),
        own_scope="https://outlook.office365.com/.default",
    ),
    Provider(
        key=MailProvider.GOOGLE,
        host="imap.gmail.com",
        smtp_host="smtp.gmail.com",
        scope="openid email https://mail.google.com/",
        needed="https://mail.google.com/",
        more=(("prompt", "consent select_account"), ("access_type", "offline")),
    ),
)


@dataclass(frozen=True, kw_only=True)
class Application:
    """Whom the desk is asked for a token as, and where."""

    token_url: str
    client_id: str
    client_secret: str


def provider_of(key: str) -> Provider | None:
    """One of PROVIDERS."""
    return next((each for each in PROVIDERS if each.key == key), None)


def application_of(source: MailboxSource) -> Application:
    """The application that asks for this mailbox. Raises NoApp, and common.secrets.Unreadable."""
    provider = provider_of(source.provider)
    if provider is None:
        return Application(
            token_url=source.token_url,
            client_id=source.app_id,
            client_secret=reveal(source, "app_secret"),
        )
    app = app_at(provider)
    return Application(
        token_url=provider.token_url(app),
        client_id=app.app_id,
        client_secret=decrypt(app.app_secret),
    )


def kept_app(provider: Provider) -> OAuthApp | None:
    """What administrators have entered for this provider."""
    return OAuthApp.objects.filter(provider=provider.key).first()


def app_at(provider: Provider) -> OAuthApp:
    """The same where it is needed. Raises NoApp."""
    app = kept_app(provider)
    if app is None:
        raise NoApp(provider.name)
    return app


def own_question(source: MailboxSource) -> dict[str, Any]:
    """What the application says to get a token without anybody's sign-in (RFC 6749 4.4). Raises
    NoApp."""
    provider = provider_of(source.provider)
    if provider is None or not provider.own_scope or not app_at(provider).tenant:
        raise NoApp(source.provider)
    return {"grant_type": "client_credentials", "scope": provider.own_scope}


def _fill(address: str, app: OAuthApp) -> str:
    return address.replace("{tenant}", quote(app.tenant or ANY_TENANT, safe=""))
