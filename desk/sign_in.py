"""How agents sign in: django-allauth without signing up, its letters through our outbox."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import qrcode
import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from qrcode.image.svg import SvgPathFillImage

from accounts.devices import Device, device_of
from accounts.models import Agent
from accounts.sessions import end_sessions
from common.secrets import decrypt, encrypt
from desk import known_devices
from mail.sign_in_letters import News, send_new_password_link, tell_of

logger = structlog.get_logger(__name__)
# What the library's letters tell, by their names.
NEWS = {
    "account/email/password_changed": News.PASSWORD,
    "account/email/password_set": News.PASSWORD,
    "account/email/password_reset": News.PASSWORD,
    "mfa/email/totp_activated": News.APP_ADDED,
    "mfa/email/totp_deactivated": News.APP_REMOVED,
    "mfa/email/webauthn_added": News.PASSKEY_ADDED,
    "mfa/email/webauthn_removed": News.PASSKEY_REMOVED,
    "mfa/email/recovery_codes_generated": News.CODES,
}
# Stands before what is encrypted; what was kept before has none.
ENCRYPTED = "encrypted:"


class AgentAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """People are invited to work here; nobody signs up."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("The email address or the password is not right."),
        "too_many_login_attempts": _(
            "This was tried too often. Wait a quarter of an hour, then try again."
        ),
        "rate_limited": _("This was tried too often. Wait a minute, then try again."),
        "incorrect_password": _("The password is not right."),
        "enter_current_password": _("The current password is not right."),
    }

    def is_safe_url(self, url: str | None) -> bool:
        """An address that cannot even be read is not safe; the library would raise."""
        try:
            return bool(super().is_safe_url(url))
        except ValueError:
            return False

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def login(self, request: HttpRequest, user: Agent) -> None:
        """Somebody who comes for the first time was just invited, and needs no letter about it."""
        is_known = user.last_login is None or known_devices.knows(request, user)
        super().login(request, user)
        logger.info("sign_in.succeeded", agent=user.pk, is_known_device=is_known)
        if not is_known:
            tell_of(News.NEW_DEVICE, agent=user, device=device(request), now=timezone.now())

    def post_login(self, request: HttpRequest, user: Agent, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **kwargs)
        known_devices.remember(request, response, user)
        return response

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        agent = Agent.objects.filter(email__iexact=credentials.get("email", "")).first()
        logger.warning("sign_in.failed", agent=agent and agent.pk, by="password")

    def set_password(self, user: Agent, password: str) -> None:
        """Whoever knew the old one is out of every browser but this."""
        super().set_password(user, password)
        request = context.request
        end_sessions(user, but=request.session.session_key if request.user == user else None)
        logger.info("sign_in.password_changed", agent=user.pk)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account_security")

    def get_reauthentication_methods(self, user: Agent) -> list[dict[str, Any]]:
        """The library's, in our words."""
        words = {
            "reauthenticate": _("Use the password"),
            "mfa_reauthenticate": _("Use a code"),
            "mfa_reauthenticate:webauthn": _("Use a passkey"),
        }
        methods = super().get_reauthentication_methods(user)
        return [{**each, "description": words[each["id"]]} for each in methods]

    def send_password_reset_mail(self, user: Agent, email: str, context: dict[str, Any]) -> None:
        send_new_password_link(user, link=context["password_reset_url"], now=timezone.now())

    def get_reset_password_from_key_url(self, key: str) -> str:
        """On the address that is ours, whatever the request called us."""
        path = reverse("account_reset_password_from_key", args=["UID", "KEY"])
        return f"{settings.BASE_URL}{path.replace('UID-KEY', key)}"

    def send_notification_mail(
        self, template_prefix: str, user: Agent, *args: Any, **kwargs: Any
    ) -> None:
        news = NEWS[template_prefix]
        tell_of(news, agent=user, device=device(self.request), now=timezone.now())


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """The secrets of authenticator apps are kept encrypted."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code is not right, or its time is over. Enter the newest one."),
    }

    def encrypt(self, text: str) -> str:
        return f"{ENCRYPTED}{encrypt(text)}"

    def decrypt(self, encrypted_text: str) -> str:
        if not encrypted_text.startswith(ENCRYPTED):
            return encrypted_text
        return decrypt(encrypted_text.removeprefix(ENCRYPTED))

    def build_totp_svg(self, url: str) -> str:
        """On white, also where the page is dark."""
        picture = BytesIO()
        qrcode.make(url, image_factory=SvgPathFillImage).save(picture)
        return picture.getvalue().decode()

    def generate_authenticator_name(self, user: Agent, type: str) -> str:  # noqa: A002 - its name
        """The device at which they sit; they may call it something else."""
        found = device(context.request)
        return found.system or found.browser or str(_("Passkey"))


def device(request: HttpRequest) -> Device:
    """What the request comes from."""
    return device_of(request.headers.get("User-Agent", ""))
