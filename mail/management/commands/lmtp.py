"""`manage.py lmtp [--listen 127.0.0.1:8024 | --socket PATH]`: the way in for a mail server here."""

from __future__ import annotations

import asyncio
import signal
from argparse import ArgumentParser
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mail.lmtp import lmtp_protocol
from mail.oauth import is_this_machine


class Command(BaseCommand):
    help = "Takes in mail by LMTP, on this machine only: whoever reaches it may deliver."

    def add_arguments(self, parser: ArgumentParser) -> None:
        where = parser.add_mutually_exclusive_group()
        where.add_argument("--listen", default="127.0.0.1:8024", help="address:port, loopback only")
        where.add_argument("--socket", type=Path, help="the path of a unix socket instead")

    def handle(
        self, *args: Any, listen: str = "", socket: Path | None = None, **options: Any
    ) -> None:
        host, _, port = listen.rpartition(":")
        if socket is None and not (is_this_machine(host) and port.isdecimal()):
            raise CommandError("Use a loopback address and a port, such as 127.0.0.1:8024.")
        asyncio.run(self._serve(host.strip("[]"), int(port or 0), socket))

    async def _serve(self, host: str, port: int, path: Path | None) -> None:
        loop, stopping = asyncio.get_running_loop(), asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopping.set)
        if path is None:
            server = await loop.create_server(lmtp_protocol, host, port)
        else:
            path.unlink(missing_ok=True)
            server = await loop.create_unix_server(lmtp_protocol, str(path))
            # The group of the desk may deliver; make the mail server a member of it.
            path.chmod(0o660)
        self.stdout.write(f"LMTP on {path or f'{host}:{port}'}")
        async with server:
            await stopping.wait()
        if path is not None:
            with suppress(FileNotFoundError):
                path.unlink()
