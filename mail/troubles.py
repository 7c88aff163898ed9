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
    REFUSED = "refused", _("The server refused the user name or the password.")
    TOKEN_REFUSED = "token_refused", _("The provider no longer accepts the connection.")
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
    Trouble.REFUSED: _(
        "Enter both again. Many providers want a password made for this purpose (an app password)"
        " or the sign-in by OAuth."
    ),
    Trouble.TOKEN_REFUSED: _(
        "Connect again: the client secret or the refresh token has expired or was withdrawn."
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


class SignInRefused(Exception):
    """User name and password, or the token, were not accepted."""


class TokenRefused(Exception):
    """The provider wants somebody to sign in again."""


class TokenServerAway(Exception):
    """The token server cannot be reached, or said something that is no answer."""


class NotKept(Exception):
    """A mail could not be stored on our side."""


def trouble_of(error: BaseException) -> Trouble:
    """What an error of a connection comes to."""
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
    (TokenRefused, Trouble.TOKEN_REFUSED),
    (TokenServerAway, Trouble.TOKEN_SERVER),
    (NotKept, Trouble.NOT_KEPT),
    (Unreadable, Trouble.NO_SECRET),
    (socket.gaierror, Trouble.UNKNOWN_HOST),
    ((ssl.SSLError, MailboxStarttlsError), Trouble.NOT_SAFE),
    ((SignInRefused, smtplib.SMTPAuthenticationError), Trouble.REFUSED),
    ((MailboxFolderSelectError, MailboxFolderStatusError), Trouble.NO_FOLDER),
    (MailboxMoveError, Trouble.NOT_MOVED),
    ((smtplib.SMTPException, UnicodeError, ValueError), Trouble.ODD),
    ((OSError, imaplib.IMAP4.abort), Trouble.UNREACHABLE),
]
