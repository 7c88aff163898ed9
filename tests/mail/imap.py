"""A real IMAP server on this machine, with one account and a folder for each test."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from uuid import uuid4

from imap_tools import BaseMailBox, MailBoxUnencrypted

from common.secrets import encrypt
from helpdesk.supervisor.ports import free_port
from mail.models import Mailbox, MailboxSource

USER, PASSWORD = "support", "a-mailbox-password"
SECONDS_TO_START = 20.0


class ImapServer:
    def __init__(self, port: int) -> None:
        self.port = port

    @contextmanager
    def box(self, folder: str | None = None) -> Iterator[BaseMailBox]:
        """The account as another mail program sees it."""
        with MailBoxUnencrypted("127.0.0.1", self.port, timeout=5) as box:
            box.login(USER, PASSWORD, initial_folder=folder)
            yield box

    def new_folder(self) -> str:
        name = f"Box{uuid4().hex[:10]}"
        with self.box() as box:
            box.folder.create(name)
        return name

    def put(self, folder: str, *mails: EmailMessage | bytes) -> None:
        with self.box() as box:
            for mail in mails:
                box.append(mail if isinstance(mail, bytes) else mail.as_bytes(), folder)

    def uids(self, folder: str) -> list[str]:
        with self.box(folder) as box:
            return box.uids()

    def source_of(self, mailbox: Mailbox, *, folder: str, **fields: object) -> MailboxSource:
        given = {
            "kind": "imap",
            "host": "127.0.0.1",
            "port": self.port,
            "security": "none",
            "user": USER,
            "secret": encrypt(PASSWORD),
            "folder": folder,
            "takes_what_is_there": True,
        }
        return MailboxSource.objects.create(mailbox=mailbox, **{**given, **fields})  # type: ignore[misc]


@contextmanager
def imap_server() -> Iterator[ImapServer]:
    """One that lasts as long as the block."""
    port = free_port("127.0.0.1", wanted=19_143)
    program = Path(sys.executable).with_name("pymap")
    process = subprocess.Popen(
        [
            *(program, "--host", "127.0.0.1", "--port", str(port), "--no-tls"),
            *("--no-service", "managesieve", "--no-service", "admin"),
            *("dict", "--demo-data", "--demo-user", USER, "--demo-password", PASSWORD),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, process)
        yield ImapServer(port)
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the IMAP server did not start")
