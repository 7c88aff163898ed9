"""The only way to talk to an address that somebody typed in: never into our own network.

The name is resolved once, every address it has must be a public one, and the connection goes to
the address that was checked; so a name that says something else a moment later gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from threading import Timer
from typing import Any
from urllib.parse import urlsplit

import certifi
import urllib3
from django.conf import settings
from django.utils.translation import gettext as _
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError

SECONDS = 10.0
LONGEST_ANSWER = 64 * 1024
LONGEST_URL = 2000
PORTS = {"http": 80, "https": 443}
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# What stands for an IPv4 address within IPv6: NAT64 (RFC 6052, 8215); the last 32 bits are it.
WRAPPING = [ipaddress.ip_network(each) for each in ("64:ff9b::/96", "64:ff9b:1::/48", "::/96")]


class NotAllowed(Exception):
    """The desk does not send anything there; the message says why."""


class NotReached(Exception):
    """There was no answer; the message says what happened."""


@dataclass(frozen=True)
class Target:
    """Where to: a URL taken apart, and the one address to connect to."""

    scheme: str
    host: str
    port: int
    path: str
    address: str

    @property
    def host_header(self) -> str:
        """What the server is asked for."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True)
class Answer:
    """What came back; `body` is cut off at LONGEST_ANSWER bytes."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


def check_url(url: str) -> Target:
    """Where this URL leads now. Raises NotAllowed, and NotReached for a name that nobody knows."""
    scheme, host, port, path = _parts(url)
    found = _resolve(host, port)
    for each in found:
        if not is_allowed(each):
            raise NotAllowed(
                _("%(host)s is an address inside a network, and not a public one.") % {"host": host}
            )
    return Target(scheme, host, port, path, str(found[0]))


def post(url: str, body: bytes, headers: Mapping[str, str], *, seconds: float = SECONDS) -> Answer:
    """Send this, and wait so long for the whole answer. Raises NotAllowed and NotReached.

    No redirect is followed: the answer that says so is returned as any other.
    """
    until = time.monotonic() + seconds
    target = check_url(url)
    try:
        with closing(_connection(target, until - time.monotonic())) as connection:
            connection.connect()
            with _cut_off(connection, until):
                answer = _exchange(connection, target, body, headers)
            if time.monotonic() >= until:
                raise TimeoutError
            return answer
    except (HTTPError, OSError, ValueError) as error:
        if time.monotonic() >= until:
            raise NotReached(
                _("There was no complete answer within %(seconds)s seconds.")
                % {"seconds": f"{seconds:g}"}
            ) from None
        raise NotReached(_in_words(error)) from None


def is_allowed(address: Address) -> bool:
    """Whether it is public, or in a network that the operator has opened."""
    if any(address in network for network in _opened()):
        return True
    inner = _inner(address)
    if inner is not None:
        return is_allowed(inner)
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_unspecified
    )


def _parts(url: str) -> tuple[str, str, int, str]:
    wrong = NotAllowed(_("This is not an address that begins with https:// or http://."))
    if (
        len(url) > LONGEST_URL
        or not url.isascii()
        or any(sign <= " " or sign == "\\" for sign in url)
    ):
        raise wrong
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme not in PORTS or not parts.hostname or "%" in parts.netloc:
        raise wrong
    if parts.username is not None or parts.password is not None:
        raise NotAllowed(_("An address with a name or a password in it is not used."))
    if port == 0:
        raise wrong
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, parts.hostname, port or PORTS[parts.scheme], path


def _resolve(host: str, port: int) -> list[Address]:
    """All addresses. A number in an unusual spelling is what the system's resolver makes of it."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotReached(
            _("Nobody knows a server by the name %(host)s.") % {"host": host}
        ) from None
    # An address with a zone (fe80::1%eth0) is one of this link.
    return [ipaddress.ip_address(str(each[4][0]).split("%")[0]) for each in found]


def _inner(address: Address) -> Address | None:
    """The IPv4 address that an IPv6 address stands for."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if address.teredo:
        # The one behind it; through the server of the tunnel nobody is reached any more.
        return address.teredo[1]
    if address not in {ipaddress.IPv6Address("::"), ipaddress.IPv6Address("::1")} and any(
        address in network for network in WRAPPING
    ):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def _opened() -> Iterator[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    for each in settings.WEBHOOK_ALLOWED_NETWORKS:
        yield ipaddress.ip_network(each, strict=False)


def _connection(target: Target, seconds: float) -> HTTPConnection:
    """To the address that was checked; the certificate must be the name's."""
    timeout = max(seconds, 0.001)
    if target.scheme == "http":
        return urllib3.connection.HTTPConnection(target.address, target.port, timeout=timeout)
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return urllib3.connection.HTTPSConnection(
        target.address,
        target.port,
        timeout=timeout,
        ssl_context=context,
        server_hostname=target.host,
        assert_hostname=target.host,
    )


@contextmanager
def _cut_off(connection: HTTPConnection, until: float) -> Iterator[None]:
    """End it when the time is over: who sends a byte now and then would never time out."""

    def end() -> None:
        # It may have ended by itself a moment ago.
        with suppress(OSError):
            if connection.sock is not None:
                connection.sock.shutdown(socket.SHUT_RDWR)

    timer = Timer(max(until - time.monotonic(), 0.001), end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _exchange(
    connection: HTTPConnection, target: Target, body: bytes, headers: Mapping[str, str]
) -> Answer:
    connection.request(
        "POST",
        target.path,
        body=body,
        headers={"Host": target.host_header, "Accept-Encoding": "identity", **headers},
        preload_content=False,
    )
    response: Any = connection.getresponse()
    said = response.read(LONGEST_ANSWER, decode_content=False)
    return Answer(response.status, said, dict(response.headers))


def _in_words(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    if isinstance(reason, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY" in str(reason):
        return _("The certificate of the server is not valid.")
    if isinstance(reason, ConnectionRefusedError) or "refused" in str(reason):
        return _("The server does not accept connections.")
    return _("The connection failed (%(kind)s).") % {"kind": type(error).__name__}
