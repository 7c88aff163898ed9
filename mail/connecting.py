"""Connections to the server of a mailbox, with a limit on every wait."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import MailboxLoginError

from mail.models import MailboxSource
from mail.oauth import access_token, forget_access_token, is_this_machine
from mail.secret_fields import known_secrets, reveal
from mail.troubles import (
    AppShutOut,
    SignInRefused,
    TokenRefused,
    Trouble,
    said_by,
    trouble_of,
)

# Wall seconds for each answer of the server.
PATIENCE = 20.0
FOLDERS_SHOWN = 100


@dataclass(frozen=True, kw_only=True)
class Check:
    """What a test of the connection found: who is signed in and which folders there are, or what
    is wrong."""

    user: str
    folders: tuple[str, ...] = ()
    has_folder: bool = False
    trouble: str = ""
    said: str = ""


@contextmanager
def connected(source: MailboxSource) -> Iterator[BaseMailBox]:
    """The mailbox, signed in, no folder opened. Raises what trouble_of() understands, and
    common.secrets.Unreadable."""
    box = _entered(source)
    try:
        _ask_what_it_can(box)
        yield box
    finally:
        _leave(box)


def check_connection(source: MailboxSource) -> Check:
    """Sign in and look around; nothing is changed or fetched."""
    try:
        with connected(source) as box:
            names = tuple(folder.name for folder in box.folder.list())
    except Exception as error:
        return Check(
            user=source.user,
            trouble=trouble_of(error),
            said=said_by(error, secrets=known_secrets(source)),
        )
    found = source.folder in names or source.folder.upper() == "INBOX"
    return Check(
        user=source.user,
        folders=names[:FOLDERS_SHOWN],
        has_folder=found,
        trouble="" if found else Trouble.NO_FOLDER,
    )


def _entered(source: MailboxSource) -> BaseMailBox:
    """The mailbox, signed in. A token that was refused before its time is tried once anew: it may
    have been withdrawn while the sign-in still holds."""
    try:
        return _enter(source)
    except SignInRefused as refusal:
        if source.takes_tokens and forget_access_token(source):
            return _entered_anew(source)
        raise _refusal_of(source, refusal) from None


def _entered_anew(source: MailboxSource) -> BaseMailBox:
    try:
        return _enter(source)
    except SignInRefused as refusal:
        raise _refusal_of(source, refusal) from None


def _refusal_of(source: MailboxSource, refusal: SignInRefused) -> Exception:
    """Who has to do something about it."""
    kinds: dict[str, type[Exception]] = {
        MailboxSource.Auth.XOAUTH2: TokenRefused,
        MailboxSource.Auth.APPLICATION: AppShutOut,
    }
    return kinds.get(source.auth, SignInRefused)(str(refusal))


def _enter(source: MailboxSource) -> BaseMailBox:
    # The secrets first: what cannot be said needs no connection.
    is_token = source.takes_tokens
    secret = access_token(source) if is_token else reveal(source, "secret")
    box = _open(source)
    try:
        _sign_in(box, source.user, secret, is_token=is_token)
    except BaseException:
        _leave(box)
        raise
    return box


def _leave(box: BaseMailBox) -> None:
    # Whether it was said goodbye to is the server's business, and must hide no error.
    with suppress(Exception):
        box.logout()
    with suppress(Exception):
        box.client.shutdown()


def _open(source: MailboxSource) -> BaseMailBox:
    security = source.security
    if security == MailboxSource.Security.NONE:
        if not is_this_machine(source.host):
            raise ssl.SSLError("a connection without encryption must not leave this machine")
        return MailBoxUnencrypted(source.host, source.port, timeout=PATIENCE)
    kind = MailBox if security == MailboxSource.Security.TLS else MailBoxStartTls
    context = ssl.create_default_context()
    return kind(source.host, source.port, timeout=PATIENCE, ssl_context=context)


def _sign_in(box: BaseMailBox, user: str, secret: str, *, is_token: bool) -> None:
    error = box.client.error
    try:
        if is_token:
            box.xoauth2(user, secret, initial_folder=None)
        elif user.isascii() and secret.isascii():
            box.login(user, secret, initial_folder=None)
        else:
            box.login_utf8(user, secret, initial_folder=None)
    except box.client.abort:
        raise
    # imaplib raises its own where imap-tools would have.
    except error as refusal:
        raise SignInRefused(str(refusal)) from None
    except MailboxLoginError as refusal:
        raise SignInRefused(_line(refusal.command_result)) from None


def _ask_what_it_can(box: BaseMailBox) -> None:
    """Servers tell more to whoever is signed in, and imaplib has asked before."""
    status, data = box.client.capability()
    if status == "OK" and data and isinstance(data[-1], bytes):
        box.client.capabilities = tuple(data[-1].decode("ascii", "replace").upper().split())


def _line(result: Sequence[object]) -> str:
    """What the server said, out of imaplib's answer."""
    data = result[1]
    first = data[0] if isinstance(data, list) and data else data
    return first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first)
