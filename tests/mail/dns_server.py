"""A DNS server on this machine that knows what a test tells it."""

from __future__ import annotations

import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


@dataclass
class Zone:
    """Records by name and kind; `asked` are the questions that came."""

    records: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    is_silent: bool = False
    port: int = 0

    def answer(self, wire: bytes) -> bytes | None:
        query = dns.message.from_wire(wire)
        [question] = query.question
        name, kind = question.name.to_text(), dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name.rstrip("."), kind))
        if self.is_silent:
            return None
        response = dns.message.make_response(query)
        found = self.records.get((name.rstrip("."), kind))
        if found:
            response.answer.append(dns.rrset.from_text_list(name, 60, "IN", kind, found))
        else:
            response.set_rcode(dns.rcode.NXDOMAIN)
        return response.to_wire()


@contextmanager
def dns_server() -> Iterator[Zone]:
    """One that lasts as long as the block."""
    zone = Zone()

    class Answering(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            wire, plug = self.request
            if answer := zone.answer(wire):
                plug.sendto(answer, self.client_address)

    server: Any = socketserver.UDPServer(("127.0.0.1", 0), Answering)
    zone.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield zone
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
