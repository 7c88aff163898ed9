"""Ports to listen on."""

import socket

LAST_PORT = 65535
WAITING = 128


def free_port(host: str, *, wanted: int, except_for: int | None = None) -> int:
    """The wanted port, or the next one that nobody listens on."""
    for port in range(wanted, LAST_PORT + 1):
        if port != except_for and is_free(host, port):
            return port
    raise OSError(f"no free port on {host} from {wanted} on")


def is_free(host: str, port: int) -> bool:
    """Whether we could listen there now."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(family, kind, protocol) as probe:
        # As gunicorn does it: a port whose last connections only linger counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError:
            return False
    return True


def listen(host: str, port: int) -> socket.socket:
    """Hold the port: who comes waits until somebody answers."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=WAITING)


def is_listening(host: str, port: int) -> bool:
    """Whether somebody answers there."""
    try:
        with socket.create_connection((_reachable(host), port), timeout=1):
            return True
    except OSError:
        return False


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - an answer, not a bind
