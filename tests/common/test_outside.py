"""Nobody gets the desk to talk to its own network, however the address is written."""

from __future__ import annotations

import ipaddress
import socket
import threading
from typing import Any

import pytest
from django.conf import LazySettings

from common.outside import NotAllowed, NotReached, check_url, is_allowed, post
from tests.integrations.receiver import Receiver, listening

INSIDE = [
    "http://127.0.0.1:{port}/",
    "http://127.1:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://0x7f.1:{port}/",
    "http://0:{port}/",
    "http://0.0.0.0:{port}/",
    "http://localhost:{port}/",
    "http://[::1]:{port}/",
    "http://[::]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[::127.0.0.1]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/",
    "http://[64:ff9b:1::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://10.0.0.1:{port}/",
    "http://172.16.0.1:{port}/",
    "http://192.168.1.1:{port}/",
    "http://169.254.169.254/latest/meta-data/",
    "http://100.64.0.1:{port}/",
    "http://224.0.0.1:{port}/",
    "http://255.255.255.255:{port}/",
    "http://[fe80::1]:{port}/",
    "http://[fc00::1]:{port}/",
    "http://user:word@127.0.0.1:{port}/",
    "http://public.example@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\\@public.example/",
    "http://１２７.0.0.1:{port}/",
    "http://127.0.0.1%00.example:{port}/",
    "http://127.0.0.1:0/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
    "http:///x",
    "",
]


@pytest.mark.parametrize("url", INSIDE)
def test_no_address_of_ours_is_reached(url: str):
    with listening() as canary:
        url = url.format(port=canary.port)

        with pytest.raises(NotAllowed):
            check_url(url)
        with pytest.raises(NotAllowed):
            post(url, b"{}", {})

    assert canary.requests == []


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2001:4860:4860::8888", "64:ff9b::808:808", "::ffff:8.8.8.8"]
)
def test_public_addresses_are_allowed(address: str):
    assert is_allowed(ipaddress.ip_address(address))


def test_a_name_with_one_address_inside_is_refused(monkeypatch: pytest.MonkeyPatch):
    _resolve_to(monkeypatch, [["93.184.216.34", "10.0.0.5"]])

    with pytest.raises(NotAllowed):
        check_url("https://two.example/")


def test_a_name_that_says_something_else_a_moment_later_gains_nothing(
    monkeypatch: pytest.MonkeyPatch,
):
    """The connection goes to the address that was checked, and nobody is asked again."""
    connected: list[Any] = []
    monkeypatch.setattr(
        "urllib3.util.connection.create_connection",
        lambda address, *_, **__: connected.append(address) or _refuse(),
    )
    with listening() as canary:
        asked = _resolve_to(monkeypatch, [["93.184.216.34"], ["127.0.0.1"]])

        with pytest.raises(NotReached):
            post(f"http://rebinding.example:{canary.port}/", b"{}", {})

    assert asked == ["rebinding.example"]
    assert connected == [("93.184.216.34", canary.port)]
    assert canary.requests == []


def test_the_operator_may_open_a_network(settings: LazySettings):
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    with listening() as receiver:
        answer = post(f"http://127.1:{receiver.port}/a?b=c", b"{}", {"X-Test": "1"})

        assert answer.status == 204
        [(headers, body)] = receiver.requests
        assert headers["host"] == f"127.1:{receiver.port}"
        assert (headers["x-test"], body) == ("1", b"{}")
        with pytest.raises(NotAllowed):
            check_url("http://10.0.0.1/")


def test_a_redirect_is_an_answer_as_any_other(settings: LazySettings):
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    with listening() as canary, listening() as receiver:
        receiver.answers = [(302, {"Location": canary.url})]

        assert post(receiver.url, b"{}", {}).status == 302

    assert canary.requests == []


def test_who_answers_byte_by_byte_is_cut_off(settings: LazySettings):
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    with socket.create_server(("127.0.0.1", 0)) as server:
        done = threading.Event()

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\n")
                while not done.wait(0.02):
                    try:
                        connection.sendall(b"X: y\r\n")
                    except OSError:
                        return

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        try:
            with pytest.raises(NotReached, match=r"0\.3"):
                post(f"http://127.0.0.1:{server.getsockname()[1]}/", b"{}", {}, seconds=0.3)
        finally:
            done.set()
            thread.join()


def test_a_long_answer_is_cut(settings: LazySettings, monkeypatch: pytest.MonkeyPatch):
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    monkeypatch.setattr("common.outside.LONGEST_ANSWER", 4)
    with listening(Receiver(answers=[(200, {})])) as receiver:
        assert post(receiver.url, b"{}", {}).body == b"said"


def _resolve_to(monkeypatch: pytest.MonkeyPatch, answers: list[list[str]]) -> list[str]:
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        return [(2, 1, 6, "", (each, port)) for each in answers[len(asked) - 1]]

    monkeypatch.setattr("common.outside.socket.getaddrinfo", getaddrinfo)
    return asked


def _refuse() -> Any:
    raise ConnectionRefusedError
