"""By which server a letter leaves: the desk's, or that of the mailbox in its From."""

from __future__ import annotations

import base64
import smtplib
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.smtp import EmailBackend

from mail.models import MailboxSource, OutboundEmail
from mail.oauth import access_token, is_this_machine
from mail.secret_fields import reveal

SMTP = "mail.transports.MailboxBackend"


class MailboxBackend(EmailBackend):
    """SMTP with a password or an access token."""

    def __init__(self, *args: Any, token: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.token = token
        self.user = self.username
        if token:
            # Signing in by password is the base class's part, and there is none.
            self.username = self.password = ""

    def open(self) -> bool | None:
        opened = super().open()
        if opened and self.token and self.connection is not None:
            self.connection.ehlo_or_helo_if_needed()
            said = f"user={self.user}\1auth=Bearer {self.token}\1\1".encode()
            code, answer = self.connection.docmd(
                "AUTH", f"XOAUTH2 {base64.b64encode(said).decode()}"
            )
            if code != 235:
                self.close()
                raise smtplib.SMTPAuthenticationError(code, answer)
        return opened


def has_own_server() -> bool:
    """Whether the desk has a server for letters whose mailbox has none; else they are kept as files."""
    return not settings.EMAIL_BACKEND.endswith(".filebased.EmailBackend")


def do_letters_leave() -> bool:
    """Whether a letter of the desk itself, such as an invitation, goes to anybody."""
    of_default = MailboxSource.objects.filter(mailbox__is_default=True)
    by_mailbox = of_default.filter(transport=MailboxSource.Transport.SMTP)
    return has_own_server() or by_mailbox.exists()


def connection_for(email: OutboundEmail) -> Any:
    """The connection of the mailbox the letter is from; None for the server of the desk. Raises what
    access_token() raises, and common.secrets.Unreadable."""
    sender = parseaddr(email.from_email)[1].lower()
    source = MailboxSource.objects.filter(
        mailbox__address=sender, transport=MailboxSource.Transport.SMTP
    ).first()
    return smtp_connection(source) if source else None


def smtp_connection(source: MailboxSource) -> Any:
    """A connection to the mailbox's own server, not opened yet."""
    security = source.smtp_security
    if security == MailboxSource.Security.NONE and not is_this_machine(source.smtp_host):
        raise OSError("a connection without encryption must not leave this machine")
    secret = reveal(source, "smtp_secret")
    takes_token = source.takes_tokens and not secret
    return get_connection(
        SMTP,
        host=source.smtp_host,
        port=source.smtp_port,
        username=source.smtp_user or source.user,
        password=secret,
        token=access_token(source) if takes_token else "",
        use_tls=security == MailboxSource.Security.STARTTLS,
        use_ssl=security == MailboxSource.Security.TLS,
        timeout=settings.EMAIL_TIMEOUT,
    )
