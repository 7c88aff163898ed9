"""A mail server on loopback that answers as a test tells it to."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from helpdesk.supervisor.ports import free_port

Answer = Callable[[SMTP], str]


def saying(text: str) -> Answer:
    return lambda _server: text


def hanging_up(server: SMTP) -> str:
    """The letter is here, but the sender never learns it."""
    assert server.transport is not None
    server.transport.abort()
    return "250 never read"


@dataclass
class Letterbox:
    """What arrived, in order, and what the server says next to each sender and receiver."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    receivers: list[list[str]] = field(default_factory=list)
    to_receivers: list[Answer] = field(default_factory=list)
    to_data: list[Answer] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        if self.to_receivers and (answer := self.to_receivers.pop(0)(server)) != "250 OK":
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        self.letters.append(message_from_bytes(content, policy=policy.default))
        self.receivers.append(list(envelope.rcpt_tos))
        return self.to_data.pop(0)(server) if self.to_data else "250 OK"

    @property
    def message_ids(self) -> list[str]:
        return [str(letter["Message-ID"]) for letter in self.letters]


@contextlib.contextmanager
def mail_server() -> Iterator[Letterbox]:
    letterbox = Letterbox(port=free_port("127.0.0.1", wanted=20_025))
    controller = Controller(letterbox, hostname="127.0.0.1", port=letterbox.port)
    controller.start()
    try:
        yield letterbox
    finally:
        controller.stop()
