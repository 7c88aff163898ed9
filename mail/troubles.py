"""Why a mailbox cannot be used, in plain words, and what to do about it."""

from __future__ import annotations

import imaplib
import smtplib
import socket
import ssl
from collections.abc import Sequence

from django.db import models
from django.utils.translation import gettext_lazy as _
from imap_tools.errors import (
    MailboxFolderSelectError,
    MailboxFolderStatusError,
    MailboxMoveError,
    MailboxStarttlsError,
)

from common.secrets import Unreadable


class Trouble(models.TextChoices):
    """What happened."""

    UNKNOWN_HOST = "unknown_host", _("The server's name is not known.")
    UNREACHABLE = "unreachable", _("The server does not answer.")
    NOT_SAFE = "not_safe", _("No safe connection to the server came about.")
    NOT_TRUSTED = "not_trusted", _("The server's certificate is not trusted.")
    REFUSED = "refused", _("The server refused the user name or the password.")
    NO_APP = "no_app", _("The desk is not known to the provider yet.")
    NOT_SIGNED_IN = "not_signed_in", _("Nobody has signed in at the provider yet.")
    TOKEN_REFUSED = "token_refused", _("The provider no longer accepts the sign-in.")
    APP_REFUSED = "app_refused", _("The provider does not accept the desk's application.")
    APP_SHUT_OUT = "app_shut_out", _("The server does not let the application into this mailbox.")
    NOT_OPENED = "not_opened", _("Who signed in may not open this mailbox.")
    TOKEN_SERVER = "token_server", _("The provider's sign-in server does not answer.")
    NO_FOLDER = "no_folder", _("The folder does not exist, or may not be opened.")
    NOT_MOVED = "not_moved", _("Mail was taken in, but could not be moved to the other folder.")
    NO_SECRET = "no_secret", _("The stored password can no longer be read.")
    NOT_KEPT = "not_kept", _("The desk could not store the mail.")
    ODD = "odd", _("The server answered in a way that the desk does not understand.")


ADVICE = {
    Trouble.UNKNOWN_HOST: _("Check the server's name for a typing error."),
    Trouble.UNREACHABLE: _("Check the server, the port and the firewall between."),
    Trouble.NOT_SAFE: _("Check the port and the kind of security, and the server's certificate."),
    Trouble.NOT_TRUSTED: _(
        "It has expired, is for another name, or was made by somebody this machine does not know."
        " Check the server's name. For a certificate authority of your own set SSL_CERT_FILE."
    ),
    Trouble.REFUSED: _(
        "Enter both again. Many providers want a password made for this purpose (an app password)"
        " or the sign-in by OAuth."
    ),
    Trouble.NO_APP: _(
        "Enter the client ID and the client secret under “Mailboxes”; for access without a sign-in"
        " the tenant, too."
    ),
    Trouble.NOT_SIGNED_IN: _("Sign in: the button is on the page of the mailbox."),
    Trouble.TOKEN_REFUSED: _(
        "Sign in again: the permission has expired or was withdrawn, often because the password was"
        " changed."
    ),
    Trouble.APP_REFUSED: _(
        "Enter a new client secret: the old one has probably expired. Check the client ID and the"
        " tenant, too."
    ),
    Trouble.APP_SHUT_OUT: _(
        "In Exchange Online an administrator has to allow it: the permission IMAP.AccessAsApp, and"
        " the service principal as a user of this mailbox with full access."
    ),
    Trouble.NOT_OPENED: _(
        "Check the user name. For a shared mailbox the account that signs in needs full access."
    ),
    Trouble.TOKEN_SERVER: _("Usually this passes. If not, check the token address."),
    Trouble.NO_FOLDER: _(
        "Test the connection to see which folders there are, and whose mailbox was opened."
    ),
    Trouble.NOT_MOVED: _("Check the name of the folder to move to, and whether it may be written."),
    Trouble.NO_SECRET: _("SECRET_KEY has changed. Enter the password again."),
    Trouble.NOT_KEPT: _("Check the disk space of the desk. No mail is lost: it is fetched again."),
    Trouble.ODD: _("Usually this passes. If not, the provider's support can say more."),
}

# What Exchange answers to every command after a sign-in that is good, and not for this mailbox.
NOT_CONNECTED = "authenticated but not connected"


class SignInRefused(Exception):
    """User name and password, or the token, were not accepted."""


class TokenRefused(Exception):
    """The provider wants somebody to sign in again."""


class NotSignedIn(TokenRefused):
    """There is nothing yet that a token could be had for."""


class AppRefused(Exception):
    """The provider does not accept who the desk says it is, or its secret."""


class AppShutOut(Exception):
    """The server accepts no token that the application got for itself."""


class NoApp(Exception):
    """Nobody has entered as which application the desk signs in at the provider."""


class TokenServerAway(Exception):
    """The token server cannot be reached, or said something that is no answer."""


class NotKept(Exception):
    """A mail could not be stored on our side."""


def trouble_of(error: BaseException) -> Trouble:
    """What an error of a connection comes to."""
    if NOT_CONNECTED in str(error):
        return Trouble.NOT_OPENED
    for kinds, trouble in _KINDS:
        if isinstance(error, kinds):
            return trouble
    return Trouble.ODD


def said_by(error: BaseException, *, secrets: Sequence[str]) -> str:
    """What the other side said, without anything that must not be read."""
    said = str(error)
    for secret in secrets:
        if secret:
            said = said.replace(secret, "…")
    return " ".join("".join(each if each.isprintable() else " " for each in said).split())[:300]


_KINDS: list[tuple[type[BaseException] | tuple[type[BaseException], ...], Trouble]] = [
    (NoApp, Trouble.NO_APP),
    (NotSignedIn, Trouble.NOT_SIGNED_IN),
    (AppRefused, Trouble.APP_REFUSED),
    (AppShutOut, Trouble.APP_SHUT_OUT),
    (TokenRefused, Trouble.TOKEN_REFUSED),
    (TokenServerAway, Trouble.TOKEN_SERVER),
    (NotKept, Trouble.NOT_KEPT),
    (Unreadable, Trouble.NO_SECRET),
    (socket.gaierror, Trouble.UNKNOWN_HOST),
    (ssl.SSLCertVerificationError, Trouble.NOT_TRUSTED),
    ((ssl.SSLError, MailboxStarttlsError), Trouble.NOT_SAFE),
    ((SignInRefused, smtplib.SMTPAuthenticationError), Trouble.REFUSED),
    ((MailboxFolderSelectError, MailboxFolderStatusError), Trouble.NO_FOLDER),
    (MailboxMoveError, Trouble.NOT_MOVED),
    ((smtplib.SMTPException, UnicodeError, ValueError), Trouble.ODD),
    ((OSError, imaplib.IMAP4.abort), Trouble.UNREACHABLE),
]
