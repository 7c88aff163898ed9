"""The end of the demo: everything goes but the secret key, and the desk starts again without it.

Whoever asks leaves a file. It stays until all the rest is gone and then takes another name, so that
whatever was broken off goes on at the next start."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

from helpdesk.embedded.addresses import socket_directory
from helpdesk.supervisor.register import LOCK, RECORD

ASKED = "demo-ends"
ENDED = "demo-ended"
KEPT = {"secret_key", LOCK, RECORD, ASKED}
BYTES = 32


def ask_for_the_end(data_dir: Path) -> str:
    """Have the demo ended; the token of the link by which the empty desk is set up. Whoever asks
    again gets the same."""
    if token := _read(data_dir / ASKED):
        return token
    token = secrets.token_urlsafe(BYTES)
    draft = data_dir / f"{ASKED}.new"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(token)
    draft.replace(data_dir / ASKED)
    return token


def is_asked_to_end(data_dir: Path) -> bool:
    """Whether somebody has asked, and it is not done."""
    return (data_dir / ASKED).exists()


def make_empty(data_dir: Path) -> None:
    """Delete what the demo left in the directory of a stopped desk, and remember that it is over."""
    shutil.rmtree(socket_directory(data_dir), ignore_errors=True)
    for path in data_dir.iterdir():
        if path.name in KEPT:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    (data_dir / ASKED).replace(data_dir / ENDED)


def has_ended(data_dir: Path) -> bool:
    """Whether there was a demo here that is over."""
    return (data_dir / ENDED).exists()


def first_token(data_dir: Path) -> str | None:
    """The token that whoever ended the demo has in their browser; None once it was told."""
    return _read(data_dir / ENDED)


def forget_first_token(data_dir: Path) -> None:
    """It was told; from now on there are only new ones."""
    if has_ended(data_dir):
        os.truncate(data_dir / ENDED, 0)


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii").strip() or None
    except FileNotFoundError:
        return None
