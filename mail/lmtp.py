"""The way in for a mail server beside us: LMTP (RFC 2033), answered only after the commit."""

from __future__ import annotations

import asyncio
from typing import Any, AnyStr

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import Envelope, Session
from django.db import close_old_connections

from mail.reading.limits import LIMITS
from mail.receiving import take_in

logger = structlog.get_logger(__name__)
TAKEN = "250 2.0.0 Taken in"
LATER = "451 4.3.0 Not taken in, please send it again"
TOO_BIG = "552 Error: Too much mail data"
# Larger mails are refused before they are read (SIZE, RFC 1870) or with 552 after.
MOST_BYTES = LIMITS.letter_bytes


class Handler:
    """Takes in what a session delivers: one mail for all its recipients, who are written on it."""

    async def handle_DATA(self, _server: Any, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """One answer for every recipient, so that a mail server never sends to half of them again."""
        answer = await asyncio.to_thread(_keep, envelope)
        return "\r\n".join([answer] * len(envelope.rcpt_tos))


class Server(LMTP):
    """LMTP as mail servers speak it."""

    # Longer lines than RFC 5322 allows are common, and no reason to refuse a customer's mail.
    line_length_limit = 2**20

    async def push(self, status: AnyStr) -> None:
        """Too much data is said once for every recipient, as every answer after DATA (RFC 2033)."""
        await super().push(status)
        if self.envelope is not None and str(status).startswith(TOO_BIG):
            for _ in self.envelope.rcpt_tos[1:]:
                await super().push(status)


def lmtp_protocol() -> LMTP:
    """The server's side of one connection."""
    return Server(Handler(), data_size_limit=MOST_BYTES, enable_SMTPUTF8=True, ident="LMTP")


def _keep(envelope: Envelope) -> str:
    raw = envelope.original_content or b""
    try:
        close_old_connections()
        take_in(
            raw,
            mailbox=None,
            source="lmtp",
            # The empty sender of reports is handed on with its brackets.
            envelope_from=(envelope.mail_from or "").removeprefix("<").removesuffix(">"),
            envelope_to=envelope.rcpt_tos,
        )
    # Whatever it is: the mail server keeps the mail and tries again.
    except Exception as error:
        logger.warning("mail.lmtp_not_taken", error=type(error).__name__)
        return LATER
    return TAKEN
